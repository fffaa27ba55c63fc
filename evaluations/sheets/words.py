"""為什麼是這個分：先合計，後一條一條；差幾分用話說。"""

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from evaluations.sheets.values import Entry, SheetLine, SheetView
from pingtan_civ.lib.scoring import show
from pingtan_civ.templatetags.ui import in_script


def explain(view: SheetView) -> list[str]:
    """「為什麼是 86.4 分」：先合計，後一條一條。"""
    return [*_explain_total(view), *(_explain_line(line) for line in view.lines if _matters(line))]


def _explain_total(view: SheetView) -> Iterator[str]:
    total = view.result
    words = {
        "full": show(total.full),
        "earned": show(total.earned),
        "applicable": show(total.applicable),
        "left": show(total.full - total.applicable),
        "base": show(total.base),
    }
    if total.is_rescaled and total.applicable:
        yield (
            _(
                "基本分：不適用的 %(left)s 分不計，適用的 %(applicable)s 分裏得 %(earned)s 分，"
                "折算到 %(full)s 分是 %(base)s 分。"
            )
            % words
        )
    else:
        yield _("基本分：%(full)s 分裏得 %(base)s 分。") % words
    if total.bonus_before_cap:
        yield _capped(
            _("加分：合計 %(points)s 分。"),
            _("加分：合計 %(before)s 分，超過封頂，按 %(points)s 分計。"),
            total.bonus_before_cap,
            total.bonus,
        )
    if total.penalty_before_cap:
        yield _capped(
            _("扣分：合計扣 %(points)s 分。"),
            _("扣分：合計 %(before)s 分，超過上限，按扣 %(points)s 分計。"),
            -total.penalty_before_cap,
            -total.penalty,
        )
    yield _sum_of(view)


def _capped(plain: str, capped: str, before: Decimal, after: Decimal) -> str:
    words = {"before": show(before), "points": show(after)}
    return (plain if before == after else capped) % words


def _sum_of(view: SheetView) -> str:
    total = view.result
    terms = show(total.base)
    if total.bonus:
        terms += f" ＋ {show(total.bonus)}"
    if total.penalty:
        terms += f" － {show(-total.penalty)}"
    words = {"terms": terms, "total": show(total.total), "grade": view.grade}
    if terms == words["total"]:
        return _("總分 %(total)s 分，屬「%(grade)s」。") % words
    return _("總分：%(terms)s ＝ %(total)s 分，屬「%(grade)s」。") % words


def _matters(line: SheetLine) -> bool:
    """要解釋的行：丟了分的、不適用的、有加減分的。"""
    if line.is_base:
        return line.lost > 0 or line.result.is_not_applicable
    return bool(line.result.points)


def _explain_line(line: SheetLine) -> str:
    words = {
        "number": line.number,
        "text": line.text,
        "points": show(line.result.points),
        "full": show(line.full),
        "lost": show(line.lost),
        "why": in_script(line.result.why),
        "reason": line.result.reason,
    }
    if line.result.is_not_applicable or not line.is_base:
        said = _("%(number)s %(text)s：%(why)s") % words
    else:
        said = (
            _("%(number)s %(text)s：滿分 %(full)s 分，得 %(points)s 分，少 %(lost)s 分。%(why)s")
            % words
        )
    return said + (_("理由：%(reason)s") % words if line.result.reason else "")


def difference(lower: Entry | None, upper: Entry | None) -> str:
    """初評與自評的差，用話說：「比自評少 2」。一樣的、沒有自評的為空。"""
    if lower is None or upper is None or lower.points == upper.points:
        return ""
    gap = upper.points - lower.points
    if gap < 0:
        return _("比自評少 %(points)s") % {"points": show(-gap)}
    return _("比自評多 %(points)s") % {"points": show(gap)}
