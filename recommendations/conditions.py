"""條件逐條查：每個對象的每一項，滿足、不滿足，還是沒有確認，憑什麼數。

頁面、推薦表和報送的定稿都調 examine，所以是同一句話。對象再多，查庫的次數不變。

- 一票否決的回溯期從申報截止日往前數；截止以後到今天又出的事也攔。
- 待認定的事、沒有答覆的徵詢是「未確認」，不算滿足，也不說成「沒有」。
- 豁免的照樣寫明本來為什麼不滿足。
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import DemonstrationStatus, Department
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.scoring import show
from recommendations.facts import Facts
from recommendations.models import Candidate, Condition, Programme, Ruling

Kind = Condition.Kind
#: 一句話裏最多列幾個，其餘說個數。
LISTED = 3


class Verdict(models.TextChoices):
    MET = "met", gettext_lazy("滿足")
    NOT_MET = "not_met", gettext_lazy("不滿足")
    NOT_CONFIRMED = "not_confirmed", gettext_lazy("未確認")
    WAIVED = "waived", gettext_lazy("豁免")


@dataclass(frozen=True)
class Finding:
    """一個對象的一項條件查得怎樣。reason 是憑什麼，url 是到哪裏看。"""

    condition_id: int
    kind: str
    text: str
    verdict: str
    reason: str
    url: str = ""
    is_waivable: bool = False
    waiver: str = ""

    @property
    def is_passed(self) -> bool:
        return self.verdict in (Verdict.MET, Verdict.WAIVED)

    @property
    def label(self) -> str:
        return str(Verdict(self.verdict).label)

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> "Finding":
        return cls(**data)


Judgement = tuple[str, str, str]
"""（結論, 憑什麼, 到哪裏看）。"""
Found = dict[int, list[Finding]]
"""對象的主鍵 → 它的各項。"""


def examine(
    programme: Programme,
    candidates: Collection[Candidate],
    on: date,
    conditions: Sequence[Condition] | None = None,
) -> Found:
    """各對象的各項條件在 on 那天查得怎樣。programme.campaign 要先取好。"""
    if conditions is None:
        conditions = list(programme.conditions.select_related("round"))
    facts = Facts(programme, candidates, conditions, on)
    return {
        candidate.pk: [
            _finding(condition, candidate, facts)
            for condition in conditions
            if applies(condition, candidate)
        ]
        for candidate in candidates
    }


def applies(condition: Condition, candidate: Candidate) -> bool:
    """這一項問不問這個對象：寫明對誰的只問誰；問下屬單位和重複申報的不問個人。"""
    if condition.applies_to:
        return condition.applies_to == candidate.kind
    is_of_units = condition.kind in (Kind.TITLED_SHARE, Kind.NOT_ALSO_WITHIN)
    return not (is_of_units and candidate.kind == Candidate.Kind.PERSON)


def is_eligible(findings: Iterable[Finding]) -> bool:
    """各項都滿足（或豁免）的才能表決。"""
    return all(finding.is_passed for finding in findings)


def unmet_words(findings: Iterable[Finding]) -> str:
    """沒有滿足的各項，連成一段話。"""
    return "；".join(
        f"{finding.text}：{finding.reason.rstrip('。')}"
        for finding in findings
        if not finding.is_passed
    )


def _finding(condition: Condition, candidate: Candidate, facts: Facts) -> Finding:
    verdict, reason, url = _JUDGES[condition.kind](condition, candidate, facts)
    finding = Finding(
        condition_id=condition.pk,
        kind=condition.kind,
        text=condition.text,
        verdict=verdict,
        reason=reason,
        url=url,
        is_waivable=condition.is_waivable,
    )
    ruling = facts.rulings.get((candidate.pk, condition.pk))
    if finding.is_passed or ruling is None or ruling.outcome != Ruling.Outcome.WAIVED:
        return finding
    return replace(finding, verdict=Verdict.WAIVED, waiver=_ruling_words(ruling))


def _ruling_words(ruling: Ruling) -> str:
    words = {"reason": ruling.reason.rstrip("。"), "who": ruling.by.name}
    return _("%(reason)s（%(who)s認定）。") % words


# ── 考核 ──────────────────────────────────────────────


def _minimum_score(condition: Condition, candidate: Candidate, facts: Facts) -> Judgement:
    sheet, refusal = _frozen_sheet(condition, candidate, facts)
    if sheet is None:
        return refusal
    words = {
        "unit": sheet.department,
        "round": condition.round.title,
        "points": show(sheet.total),
        "least": show(condition.points),
    }
    if sheet.total >= condition.points:
        said = _("%(unit)s%(round)s得 %(points)s 分，不低於 %(least)s 分。") % words
        return Verdict.MET, said, sheet.url
    said = _("%(unit)s%(round)s得 %(points)s 分，低於 %(least)s 分。") % words
    return Verdict.NOT_MET, said, sheet.url


def _grade_at_least(condition: Condition, candidate: Candidate, facts: Facts) -> Judgement:
    sheet, refusal = _frozen_sheet(condition, candidate, facts)
    if sheet is None:
        return refusal
    words = {
        "unit": sheet.department,
        "round": condition.round.title,
        "grade": sheet.grade,
        "least": condition.grade,
    }
    least = facts.results[condition.round_id].grades.get(condition.grade)
    if least is None:
        said = _("%(round)s的等次裏沒有「%(least)s」，請核對條件。") % words
        return Verdict.NOT_CONFIRMED, said, ""
    if sheet.grade_at_least >= least:
        said = _("%(unit)s%(round)s是「%(grade)s」，不低於「%(least)s」。") % words
        return Verdict.MET, said, sheet.url
    said = _("%(unit)s%(round)s是「%(grade)s」，低於「%(least)s」。") % words
    return Verdict.NOT_MET, said, sheet.url


def _frozen_sheet(
    condition: Condition, candidate: Candidate, facts: Facts
) -> tuple[Any, Judgement]:
    """定稿裏這個單位的那一張；沒有的，說是還沒審定還是沒有參加。"""
    result = facts.results.get(condition.round_id)
    words = {"round": condition.round.title, "unit": candidate.department_name}
    url = condition.round.get_absolute_url()
    if result is None:
        said = _("%(round)s還沒有審定，分數未確認。") % words
        return None, (Verdict.NOT_CONFIRMED, said, url)
    sheet = result.sheets.get(candidate.department_id)
    if sheet is None:
        return None, (Verdict.NOT_MET, _("%(unit)s沒有參加%(round)s。") % words, url)
    return sheet, (Verdict.MET, "", "")


# ── 稱號 ──────────────────────────────────────────────


def _titled_share(condition: Condition, candidate: Candidate, facts: Facts) -> Judgement:
    units = facts.below(candidate.department_id)
    if condition.counted == Condition.Counted.WINDOWS:
        units = [unit for unit in units if unit.kind == Department.Kind.WINDOW]
    url = candidate.department.get_absolute_url()
    if not units:
        said = _("%(unit)s沒有下屬單位可算比例；這一項只對整個行業，請核對條件的「對誰」。")
        return Verdict.NOT_MET, said % {"unit": candidate.department_name}, url
    titled = [unit for unit in units if facts.holds(unit.pk, condition.level)]
    without = [unit.name for unit in units if unit not in titled]
    words = {
        "all": len(units),
        "titled": len(titled),
        "level": _level(condition.level),
        "percent": show(round_percent(len(titled), len(units))),
        "least": show(condition.share),
        "without": _some(without),
    }
    if len(titled) * 10000 >= condition.share_hundredths * len(units):
        said = _(
            "下屬單位 %(all)d 個，%(level)s以上示範點 %(titled)d 個，占 %(percent)s%%，"
            "不低於 %(least)s%%。"
        )
        return Verdict.MET, said % words, url
    said = _(
        "下屬單位 %(all)d 個，%(level)s以上示範點 %(titled)d 個，占 %(percent)s%%，"
        "低於 %(least)s%%；還不是的：%(without)s。"
    )
    return Verdict.NOT_MET, said % words, url


def round_percent(part: int, whole: int) -> Decimal:
    """給人看的百分數，一位小數，只舍不入：89.96% 不寫成 90%。"""
    return Decimal(part * 1000 // whole) / 10


def _holds_title(condition: Condition, candidate: Candidate, facts: Facts) -> Judgement:
    words = {"who": str(candidate), "level": _level(condition.level)}
    if candidate.person_id:
        held = facts.honours_of(candidate.person_id, condition.level)
        url = ""
    else:
        held = facts.titles_of(candidate.department_id, condition.level)
        url = candidate.department.get_absolute_url()
    if held:
        words["held"] = held
        return Verdict.MET, _("%(who)s已有%(held)s。") % words, url
    return Verdict.NOT_MET, _("%(who)s還沒有%(level)s以上的稱號。") % words, url


# ── 負面清單、整改、重複申報 ──────────────────────────


def _no_veto(condition: Condition, candidate: Candidate, facts: Facts) -> Judgement:
    blocks = [row for row in facts.blocks[candidate.department_id] if row.stops_recommendation]
    if certain := [row for row in blocks if row.is_confirmed]:
        return Verdict.NOT_MET, "".join(row.sentence for row in certain), certain[0].url
    if blocks:
        return Verdict.NOT_CONFIRMED, "".join(row.sentence for row in blocks), blocks[0].url
    if gaps := facts.unanswered[candidate.department_id]:
        said = "".join(gap.sentence for gap in gaps[:LISTED])
        if len(gaps) > LISTED:
            said += _("另有 %(count)d 種情形未確認。") % {"count": len(gaps) - LISTED}
        return Verdict.NOT_CONFIRMED, said, next((gap.url for gap in gaps if gap.url), "")
    words = {"day": long_date(facts.programme.apply_by), "unit": candidate.department_name}
    said = _(
        "從申報截止日（%(day)s）往前數，%(unit)s在各項回溯期內沒有不得推薦的事，該確認的都已確認。"
    )
    return Verdict.MET, said % words, ""


def _no_open_rectification(condition: Condition, candidate: Candidate, facts: Facts) -> Judgement:
    orders = facts.rectifications[candidate.department_id]
    if not orders:
        words = {"unit": candidate.department_name}
        return Verdict.MET, _("%(unit)s沒有未銷號的整改。") % words, ""
    words = {"count": len(orders), "titles": _some([row.title for row in orders])}
    said = _("還有 %(count)d 張整改單沒有銷號：%(titles)s。") % words
    return Verdict.NOT_MET, said, orders[0].get_absolute_url()


def _not_also_within(condition: Condition, candidate: Candidate, facts: Facts) -> Judgement:
    above = facts.whole_industry_of(candidate)
    words = {"unit": candidate.department_name}
    if above is None:
        return Verdict.MET, _("%(unit)s沒有隨所在行業整體申報。") % words, ""
    words["industry"] = above.department_name
    said = _("%(industry)s已作為行業整體申報，%(unit)s隨它一起，不再單獨申報；兩個只能留一個。")
    return Verdict.NOT_MET, said % words, above.get_absolute_url()


def _manual(condition: Condition, candidate: Candidate, facts: Facts) -> Judgement:
    ruling = facts.rulings.get((candidate.pk, condition.pk))
    if ruling is None or ruling.outcome == Ruling.Outcome.WAIVED:
        return Verdict.NOT_CONFIRMED, _("未確認：等辦公室查實後寫明。"), ""
    is_met = ruling.outcome == Ruling.Outcome.MET
    return Verdict.MET if is_met else Verdict.NOT_MET, _ruling_words(ruling), ""


def _level(level: str) -> str:
    return str(DemonstrationStatus.Level(level).label)


def _some(names: Sequence[str]) -> str:
    said = "、".join(names[:LISTED])
    if len(names) > LISTED:
        said += _("等 %(count)d 個") % {"count": len(names)}
    return said


_JUDGES: dict[str, Callable[[Condition, Candidate, Facts], Judgement]] = {
    Kind.MINIMUM_SCORE: _minimum_score,
    Kind.GRADE_AT_LEAST: _grade_at_least,
    Kind.TITLED_SHARE: _titled_share,
    Kind.HOLDS_TITLE: _holds_title,
    Kind.NO_VETO: _no_veto,
    Kind.NO_OPEN_RECTIFICATION: _no_open_rectification,
    Kind.NOT_ALSO_WITHIN: _not_also_within,
    Kind.MANUAL: _manual,
}
