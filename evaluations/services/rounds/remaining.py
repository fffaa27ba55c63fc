"""一次考核這一階段還有什麼沒辦完：每件一句話，能點到去辦的地方。查詢次數固定，與單位無關。"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _

from evaluations.eligibility import blocks_of
from evaluations.models import (
    AssessmentRound,
    Criterion,
    Grade,
    Objection,
    Opinion,
    Score,
    Scorer,
    Sheet,
    SiteVisit,
    VetoEvent,
)
from evaluations.services.rounds.scoring import OPTIONAL
from evaluations.sheets import SheetView
from evaluations.sheets.reading import domain_of, place_of
from tasks.models import WrongState

Phase = AssessmentRound.Phase
SCORERS_IN = {
    Phase.CHECK: (Scorer.OFFICE, Scorer.DEPARTMENT),
    Phase.VISIT: (Scorer.INSPECTION,),
    Phase.OPINION: (Scorer.AUTHORITY, Scorer.SURVEY),
    Phase.DECISION: tuple(Scorer),
}
"""每個階段走完以前，該由誰評的要評完；審定時看全部。"""
MOST_LISTED = 8


@dataclass(frozen=True)
class Remaining:
    """一件沒辦完的事。url 是去辦的地方；就在考核頁上的為空。"""

    sentence: str
    url: str = ""


class Unfinished(WrongState):
    """還有沒辦完的：sentences 各說一件。帶着往下走要寫理由，缺的按 0 分計、留在表上。"""

    def __init__(self, rows: list[Remaining]) -> None:
        self.sentences = [row.sentence for row in rows]
        words = {"count": len(rows), "first": self.sentences[0]}
        super().__init__(
            _(
                "還有 %(count)d 件沒有辦完（%(first)s），全部的見旁邊的清單；確要往下走的，寫明理由。"
            )
            % words
            if len(rows) > 1
            else self.sentences[0] + _("確要往下走的，寫明理由。")
        )


def require_finished(round_: AssessmentRound, reason: str = "") -> None:
    """Raises Unfinished：還有沒辦完的，又沒有寫理由。"""
    rows = unfinished(round_)
    if rows and not reason.strip():
        raise Unfinished(rows)


Views = Mapping[int, SheetView]
"""單位 → 它的評分表。頁上反正要算的，傳進來就不再查一遍；空的自己查。"""


def unfinished(round_: AssessmentRound, views: Views | None = None) -> list[Remaining]:
    """這一階段還有什麼沒辦完。"""
    found: list[Remaining] = []
    if round_.phase == Phase.SELF:
        found += _unsubmitted(round_)
    if round_.phase == Phase.CHECK:
        found += _uncorrected(round_)
    if round_.phase == Phase.VISIT:
        found += _undone_visits(round_)
    if round_.phase == Phase.ANSWER:
        found += _undecided_objections(round_)
    if round_.phase == Phase.DECISION and views:
        found += _unscored_in(round_, views)
    elif round_.phase in SCORERS_IN:
        found += _unscored(round_, _scorers_due(round_))
    return found


def unsettled(round_: AssessmentRound, views: Views | None = None) -> list[Remaining]:
    """不攔着審定、但組長要先知道的：審定以後再認定的事進不了這次的結果，封不了的等次也是。"""
    if round_.phase != Phase.DECISION:
        return []
    if not views:
        return [*_unsettled_vetoes(round_), *_unanswered(round_)]
    lines = (line for view in views.values() for line in view.lines)
    asks = any(line.scorer == Scorer.AUTHORITY for line in lines)
    return [*_unsettled_in(round_, views), *(_unanswered(round_) if asks else ())]


def _unanswered(round_: AssessmentRound) -> Iterator[Remaining]:
    """徵求了意見、還沒有答覆的：未確認，不當作沒有意見。"""
    rows = Opinion.objects.current().filter(sheet__round=round_, answer="")
    for row in rows.select_related("sheet", "criterion"):
        words = {
            "unit": row.sheet.department_name,
            "number": row.criterion.number,
            "authority": row.authority,
        }
        yield Remaining(
            _("%(unit)s %(number)s：%(authority)s還沒有答覆，未確認。") % words,
            reverse(
                "evaluations:collected",
                args=[round_.code, row.sheet.department_id, row.criterion_id],
            ),
        )


def _unsubmitted(round_: AssessmentRound) -> Iterator[Remaining]:
    rows = round_.sheets.filter(self_submitted_at__isnull=True)
    names = list(rows.values_list("department_name", flat=True))
    if names:
        words = {"count": len(names), "names": _few(names)}
        yield Remaining(_("%(count)d 個單位還沒有提交自評：%(names)s。") % words)


def _uncorrected(round_: AssessmentRound) -> Iterator[Remaining]:
    """退回補正、開放補填，還沒有提交的自評。"""
    for sheet in round_.sheets.all():
        if sheet.self_returned_at and not sheet.self_submitted_at:
            yield Remaining(
                _("%(unit)s的自評退回補正或開放補填，還沒有重新提交。")
                % {"unit": sheet.department_name},
                sheet.get_absolute_url(),
            )


def _undone_visits(round_: AssessmentRound) -> Iterator[Remaining]:
    rows = SiteVisit.objects.filter(sheet__round=round_, done_at__isnull=True)
    names = list(rows.values_list("sheet__department_name", flat=True))
    if names:
        words = {"count": len(names), "names": _few(names)}
        yield Remaining(
            _("%(count)d 次實地考察還沒有辦完：%(names)s。") % words,
            reverse("evaluations:visit-list", args=[round_.code]),
        )


def _undecided_objections(round_: AssessmentRound) -> Iterator[Remaining]:
    rows = Objection.objects.open().filter(sheet__round=round_)
    units = Counter(
        rows.order_by("filed_at", "pk").values_list("sheet__department_name", flat=True)
    )
    if units:
        names = [_("%(unit)s %(count)d 件") % {"unit": u, "count": n} for u, n in units.items()]
        words = {"count": units.total(), "names": _few(names)}
        query = urlencode({"round": round_.code, "state": "open"})
        yield Remaining(
            _("還有 %(count)d 件異議沒有裁定：%(names)s。") % words,
            f"{reverse('evaluations:objection-list')}?{query}",
        )


def _scorers_due(round_: AssessmentRound) -> tuple[str, ...]:
    """這一階段走完以前要評完的：不設考察的，那幾條在初評裏評完；送審定以前要全部評完。"""
    present = {row.phase for row in round_.phases.all()}
    order = list(Phase)
    later = order[order.index(Phase(round_.phase)) + 1 : order.index(Phase.DECISION)]
    if not present & set(later):
        return tuple(Scorer)
    due = SCORERS_IN[Phase(round_.phase)]
    if round_.phase == Phase.CHECK:
        for phase in (Phase.VISIT, Phase.OPINION):
            due += () if phase in present else SCORERS_IN[phase]
    return due


def _unscored(round_: AssessmentRound, scorers: tuple[str, ...]) -> Iterator[Remaining]:
    """初評、定分都沒有的：這些在評分表上按 0 分計。"""
    criteria = Criterion.objects.filter(section__scheme=round_.scheme_id, scorer__in=scorers)
    criteria = criteria.exclude(rule__in=OPTIONAL).select_related("section__parent")
    asked = sorted(criteria, key=place_of)
    rows = Score.objects.filter(sheet__round=round_, replaced_at=None).exclude(
        stage=Score.Stage.SELF
    )
    scored = set(rows.order_by().values_list("sheet_id", "criterion_id"))
    for sheet in round_.sheets.all():
        lacking = [
            row
            for row in asked
            if domain_of(row).profile_id in (None, sheet.profile_id)
            and (sheet.pk, row.pk) not in scored
        ]
        if lacking:
            yield _lacking(sheet, [(row.pk, row.number) for row in lacking])


def _unscored_in(round_: AssessmentRound, views: Views) -> Iterator[Remaining]:
    """審定時看全部：評分表上缺的就是。"""
    for sheet in round_.sheets.all():
        if lacking := views[sheet.department_id].missing:
            yield _lacking(sheet, [(line.criterion_id, line.number) for line in lacking])


def _lacking(sheet: Sheet, lines: list[tuple[int, str]]) -> Remaining:
    words = {
        "unit": sheet.department_name,
        "count": len(lines),
        "numbers": _few([number for _key, number in lines]),
    }
    return Remaining(
        _("%(unit)s還有 %(count)d 條沒有評：%(numbers)s。") % words,
        f"{sheet.get_absolute_url()}#line-{lines[0][0]}",
    )


def _unsettled_vetoes(round_: AssessmentRound) -> Iterator[Remaining]:
    sheets = round_.sheets.all()
    blocks = blocks_of([sheet.department_id for sheet in sheets], round_.period_end)
    ceilings = {b.grade for held in blocks.values() for b in held if b.is_confirmed and b.grade}
    grades = Grade.objects.filter(scheme=round_.scheme_id, name__in=ceilings)
    unknown = ceilings - {grade.name for grade in grades} if ceilings else set()
    for sheet in sheets:
        held = blocks[sheet.department_id]
        pending = sum(not block.is_confirmed for block in held)
        own = unknown & {block.grade for block in held if block.is_confirmed}
        yield from _unsettled_of(sheet, pending, sorted(own))


def _unsettled_in(round_: AssessmentRound, views: Views) -> Iterator[Remaining]:
    for sheet in round_.sheets.all():
        view = views[sheet.department_id]
        yield from _unsettled_of(sheet, len(list(view.pending_vetoes)), view.unmatched_grades)


def _unsettled_of(sheet: Sheet, pending: int, unknown: Iterable[str]) -> Iterator[Remaining]:
    words = {"unit": sheet.department_name}
    if pending:
        query = {"department": sheet.department_id, "state": VetoEvent.State.PENDING}
        yield Remaining(
            _("%(unit)s有 %(count)d 件負面清單上的事待認定，審定以後認定的不進這次的結果。")
            % (words | {"count": pending}),
            f"{reverse('evaluations:veto-list')}?{urlencode(query)}",
        )
    for name in unknown:
        yield Remaining(
            _("%(unit)s按負面清單要封頂到「%(grade)s」，考核辦法裏沒有這一等，系統封不了。")
            % (words | {"grade": name}),
            sheet.get_absolute_url(),
        )


def _few(names: list[str]) -> str:
    shown = "、".join(names[:MOST_LISTED])
    return shown + (_("等") if len(names) > MOST_LISTED else "")
