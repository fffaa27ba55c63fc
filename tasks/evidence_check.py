"""填報時當場核對佐證：每種要求齊不齊，每一份有什麼毛病。只算，不查庫。

判斷都問 tasks.specification；這裏只把正在填的一輪排成頁面要的樣子，並寫成話。
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _

from tasks.models import EvidenceLink, MeasureEvidence, Submission
from tasks.specification import Finding, Level, Span, faults_of

#: 提交時的一句話裏最多列這麼多處。
LISTED = 4


@dataclass(frozen=True)
class Need:
    """要的一種佐證：合要求的有幾份，另有幾份交了而有毛病。"""

    spec: MeasureEvidence
    good: int
    faulty: int

    @property
    def missing(self) -> int:
        return max(self.spec.count - self.good, 0)

    @property
    def is_met(self) -> bool:
        return not self.missing

    @property
    def words(self) -> str:
        """「還差 1 張，另有 1 張要改」。"""
        if self.is_met:
            return _("已齊")
        words = {"missing": self.missing, "faulty": self.faulty}
        is_picture = self.spec.form.is_picture
        lack = _("還差 %(missing)d 張") if is_picture else _("還差 %(missing)d 份")
        more = _("，有 %(faulty)d 份要改") if self.faulty else ""
        return (lack + more) % words


@dataclass(frozen=True)
class Checked:
    """一輪佐證核對的結果。faults 為 {EvidenceLink.pk: 毛病}，沒有毛病的不在其中。"""

    needs: list[Need]
    faults: dict[int, list[Finding]]
    links: tuple[EvidenceLink, ...] = ()

    @property
    def is_complete(self) -> bool:
        return all(need.is_met for need in self.needs)

    @property
    def gaps(self) -> list[str]:
        """還沒齊的、有毛病的，各一句，提交時列給人看。"""
        lacks = [
            _("%(form)s%(words)s") % {"form": _(need.spec.form.name), "words": need.words}
            for need in self.needs
            if not need.is_met
        ]
        wrong = [
            _("「%(name)s」%(fault)s") % {"name": link.name, "fault": each.sentence.rstrip("。")}
            for link in self.links
            for each in self.faults.get(link.pk, ())
            if each.level == Level.ERROR
        ]
        return lacks + wrong

    @property
    def gap_words(self) -> str:
        """合成一句；太多的說還有幾處。"""
        gaps = self.gaps
        listed = "；".join(gaps[:LISTED])
        if len(gaps) > LISTED:
            words = {"listed": listed, "count": len(gaps)}
            return _("%(listed)s等 %(count)d 處") % words
        return listed


def period_of(submission: Submission) -> Span:
    return Span(submission.period_start, submission.period_end)


def check(specs: Sequence[MeasureEvidence], links: Iterable[EvidenceLink], period: Span) -> Checked:
    """核對在用的各份。file.reading 要已取好，否則字數不核。"""
    links = tuple(links)
    by_form = {spec.form_id: spec for spec in specs}
    faults = {}
    for link in links:
        found = _faults(by_form, link, period)
        if found:
            faults[link.pk] = found
    return Checked([_need(spec, links, faults) for spec in specs], faults, links)


def _faults(by_form: dict[int, MeasureEvidence], link: EvidenceLink, period: Span) -> list[Finding]:
    if link.form_id in by_form:
        return faults_of(by_form[link.form_id], link, period)
    if by_form and link.form_id is None:
        return [
            Finding(
                Level.WARNING,
                "form_missing",
                _("沒有選形式，不算在哪一種要求裏。"),
                _("選定它是哪一種佐證。"),
            )
        ]
    return []


def _need(
    spec: MeasureEvidence, links: Iterable[EvidenceLink], faults: dict[int, list[Finding]]
) -> Need:
    mine = [link for link in links if link.form_id == spec.form_id]
    wrong = {
        link.file_id
        for link in mine
        if any(each.level == Level.ERROR for each in faults.get(link.pk, ()))
    }
    good = {link.file_id for link in mine} - wrong
    return Need(spec, len(good), len(wrong))
