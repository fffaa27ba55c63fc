"""自動核對：機器看得出的毛病，交給審核的人參考。純函數，吃現成的事實，不查庫。"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from django.utils.translation import gettext as _


class Severity(StrEnum):
    """ok 通過；warn 要人看一眼；bad 不宜通過（批量通過不收）。"""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True)
class Check:
    """一條核對結果。"""

    severity: Severity
    text: str


@dataclass(frozen=True)
class EvidenceFacts:
    """一份佐證供核對的事實。used_elsewhere 是用到同一份內容的其他措施編號。"""

    name: str
    form_id: int | None
    is_picture: bool
    captured_at: datetime | None
    used_elsewhere: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()
    """不合要求的地方（tasks.specification 查出的），一句一條。"""
    is_dated_out: bool = False


@dataclass(frozen=True)
class RoundFacts:
    """一輪供核對的事實。wanted 為 {形式編號: (名稱, 份數)}。"""

    narrative: str
    is_nil: bool
    percent: int | None
    last_percent: int | None
    is_late: bool
    period_start: date
    period_end: date
    wanted: dict[int, tuple[str, int]]
    evidence: tuple[EvidenceFacts, ...]
    gap_reason: str = ""


SHORT_NARRATIVE = 15
"""說明短於這麼多字的，提醒審核人看看是否空泛。"""


def check_round(facts: RoundFacts) -> list[Check]:
    """對一輪的全部核對，按先後給出。零報告只核對是否逾期。"""
    checks = [_lateness(facts)]
    if facts.is_nil:
        return [*checks, Check(Severity.WARN, _("零報告，請看理由是否成立。"))]
    checks += [_narrative(facts), *_percent(facts), *_forms_wanted(facts)]
    checks += _each_evidence(facts)
    if facts.gap_reason:
        checks.append(Check(Severity.WARN, _("單位說明了佐證為什麼交不齊，請看理由。")))
    return checks


def passes(checks: Iterable[Check]) -> bool:
    """全部核對通過，可以批量通過。"""
    return all(check.severity == Severity.OK for check in checks)


def _lateness(facts: RoundFacts) -> Check:
    if facts.is_late:
        return Check(Severity.WARN, _("逾期報出。"))
    return Check(Severity.OK, _("按時報出。"))


def _narrative(facts: RoundFacts) -> Check:
    count = len(facts.narrative.strip())
    if count < SHORT_NARRATIVE:
        return Check(Severity.WARN, _("說明只有 %(count)s 字，看看是否空泛。") % {"count": count})
    return Check(Severity.OK, _("說明 %(count)s 字。") % {"count": count})


def _percent(facts: RoundFacts) -> list[Check]:
    if facts.percent is None or facts.last_percent is None:
        return []
    if facts.percent < facts.last_percent:
        words = {"now": facts.percent, "last": facts.last_percent}
        return [Check(Severity.BAD, _("進度 %(now)s%% 低於已核定的 %(last)s%%。") % words)]
    return [Check(Severity.OK, _("進度不低於上次。"))]


def _forms_wanted(facts: RoundFacts) -> list[Check]:
    have = Counter(evidence.form_id for evidence in facts.evidence)
    checks = []
    for form_id, (name, count) in facts.wanted.items():
        words = {"form": name, "have": have[form_id], "wanted": count}
        enough = have[form_id] >= count
        checks.append(
            Check(
                Severity.OK if enough else Severity.BAD,
                _("%(form)s %(have)s 份，要 %(wanted)s 份。") % words,
            )
        )
    return checks


def _each_evidence(facts: RoundFacts) -> list[Check]:
    checks = []
    for evidence in facts.evidence:
        if evidence.used_elsewhere:
            words = {"name": evidence.name, "codes": "、".join(evidence.used_elsewhere)}
            checks.append(Check(Severity.WARN, _("「%(name)s」也用在 %(codes)s。") % words))
        for fault in evidence.faults:
            words = {"name": evidence.name, "fault": fault}
            checks.append(Check(Severity.WARN, _("「%(name)s」%(fault)s") % words))
        taken = evidence.captured_at
        if (
            taken
            and not evidence.is_dated_out
            and not facts.period_start <= taken.date() <= facts.period_end
        ):
            words = {"name": evidence.name, "day": taken.date().isoformat()}
            checks.append(Check(Severity.WARN, _("「%(name)s」拍於 %(day)s，不在本期內。") % words))
    return checks
