"""為什麼是這個分：先合計，後負面清單，再一條一條；差幾分用話說。"""

from collections.abc import Iterator
from decimal import Decimal

from django.utils.translation import gettext as _

from evaluations.models import VetoItem
from evaluations.sheets.values import Entry, SheetLine, SheetView
from pingtan_civ.lib.scoring import show
from pingtan_civ.templatetags.ui import in_script


def explain(view: SheetView) -> list[str]:
    """「為什麼是 86.4 分」：先合計和負面清單，後一條一條。"""
    return [
        *_explain_total(view),
        *explain_vetoes(view),
        *(said for line in view.lines if _matters(line) for said in _explain(line)),
    ]


def _explain(line: SheetLine) -> Iterator[str]:
    """一條的一句話，和它的分從哪裏來：榮譽、問卷、主管部門的意見各一句。"""
    yield _explain_line(line)
    for source in line.sources:
        words = {"number": line.number, "sentence": in_script(source.sentence)}
        yield _("%(number)s 來源：%(sentence)s") % words


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
    if total.veto:
        yield _("負面清單：在總分之外扣 %(points)s 分。") % {"points": show(-total.veto)}
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
    if total.veto:
        terms += f" － {show(-total.veto)}"
    grade = view.earned_grade or view.grade
    words = {"terms": terms, "total": show(total.total), "grade": grade}
    if terms == words["total"]:
        return _("總分 %(total)s 分，屬「%(grade)s」。") % words
    if total.base + total.bonus + total.penalty + total.veto < 0:
        return _("總分：%(terms)s，不足 0 分按 0 分計，屬「%(grade)s」。") % words
    return _("總分：%(terms)s ＝ %(total)s 分，屬「%(grade)s」。") % words


def self_words(view: SheetView) -> str:
    """自評的合計怎樣來的：「可自評的 70 分中得 68.80 分，另加分 1.00 分」。"""
    total = view.self_total
    words = {
        "applicable": show(total.applicable),
        "earned": total.earned,
        "bonus": total.bonus,
        "penalty": -total.penalty,
    }
    said = _("可自評的 %(applicable)s 分中得 %(earned)s 分") % words
    if total.bonus:
        said += _("，另加分 %(bonus)s 分") % words
    if total.penalty:
        said += _("，扣分 %(penalty)s 分") % words
    return said


def explain_vetoes(view: SheetView) -> Iterator[str]:
    """負面清單怎樣動了這張表：先等次，後一件一件，待認定的另說。"""
    if view.is_capped:
        words = {"earned": view.earned_grade, "grade": view.grade}
        yield _("等次：按總分屬「%(earned)s」，負面清單封頂，定為「%(grade)s」。") % words
    for name in view.unmatched_grades:
        yield (
            _("等次：負面清單要封頂到「%(grade)s」，考核辦法裏沒有這一等，由領導小組定。")
            % {"grade": name}
        )
    for veto in view.confirmed_vetoes:
        words = {"sentence": in_script(veto.sentence)}
        yield (_("不得推薦：%(sentence)s") if veto.stops_recommendation else "%(sentence)s") % words
    for veto in view.pending_vetoes:
        yield (
            _("未確認：%(sentence)s這次不扣分、不動等次。") % {"sentence": in_script(veto.sentence)}
        )


def consequences(view: SheetView) -> list[str]:
    """已認定的事合起來的後果，不說是什麼事，與評分表同一個說法：

    「在總分之外扣 5 分」「等次按總分屬「優秀」，封頂定為「合格」」「不得推薦」。
    """
    found = []
    if view.result.veto:
        found.append(_("在總分之外扣 %(points)s 分") % {"points": show(-view.result.veto)})
    if view.is_capped:
        words = {"earned": view.earned_grade, "grade": view.grade}
        found.append(_("等次按總分屬「%(earned)s」，封頂定為「%(grade)s」") % words)
    found += [
        _("應封頂到「%(grade)s」，由領導小組定") % {"grade": name} for name in view.unmatched_grades
    ]
    stopping = [veto.effect_words for veto in view.confirmed_vetoes if veto.stops_recommendation]
    if stopping:
        found += dict.fromkeys([VetoItem.Effect.NOT_ELIGIBLE.label, *stopping])
    return [str(each) for each in found]


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
