"""一期報送的毛病：缺佐證、不採用的沒換、空報送、零報告沒理由、辦結時還不齊。"""

from collections.abc import Iterable, Iterator
from functools import lru_cache

from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from evidence.checkup.facts import Entry, Facts
from evidence.checkup.rules import Mark, how_to_add, mark, rule
from evidence.completeness import says_nothing
from tasks.models import EvidenceLink, Submission
from tasks.services.handing_in import NARRATIVE_LIMIT
from tasks.specification import Held, Level, faults_of


@rule("evidence_missing", gettext_lazy("佐證不齊"))
def evidence_missing(facts: Facts) -> Iterator[Mark]:
    """到期或報出的一期，要的佐證不夠。待審核的、自身沒有毛病的先當作夠，不催單位。

    出處：任務分解表的佐證要求；逾期不交的按 0 計、仍列出（測評計分慣例）。
    """
    for entry in facts.counted:
        if entry.is_closed or entry.is_nil or _is_waiting_inside(entry):
            continue
        short = [(each, _short(entry, each)) for each in facts.held(entry)]
        short = [(each, count) for each, count in short if count > 0]
        if short:
            words = {"missing": _missing(short)}
            sentence = _("到期未報，%(missing)s。") if entry.is_open else _("%(missing)s。")
            yield mark(Level.ERROR, "evidence_missing", entry, sentence % words, how_to_add(entry))


def _is_waiting_inside(entry: Entry) -> bool:
    """報出了還在本單位初審，看的人讀不到附了什麼：不說缺。"""
    return entry.state == Submission.State.SUBMITTED and entry.content is None


def _short(entry: Entry, held: Held) -> int:
    """減去等審核的，還差幾份。"""
    waiting = {
        link.file_id
        for link in entry.links
        if link.state == EvidenceLink.State.PENDING
        and link.form_id == held.spec.form_id
        and not any(fault.level == Level.ERROR for fault in faults_of(held.spec, link, entry.span))
    }
    return held.missing - (len(waiting) if not entry.is_open else 0)


def _missing(short: Iterable[tuple[Held, int]]) -> str:
    """「規範文件缺 1 份（要 2 份）、實景圖片缺 1 份（要 1 份）」。"""
    return "、".join(
        _missing_words(held.spec.form.name, count, held.wanted, get_language())
        for held, count in short
    )


@lru_cache(maxsize=1024)
def _missing_words(form: str, count: int, wanted: int, _language: str | None) -> str:
    """同樣的話成千上萬處都說，記住不必每處再譯一遍；_language 只用來分開繁簡。"""
    words = {"form": _(form), "count": count, "wanted": wanted}
    return _("%(form)s缺 %(count)d 份（要 %(wanted)d 份）") % words


@rule("closed_incomplete", gettext_lazy("已辦結而佐證不齊"))
def closed_incomplete(facts: Facts) -> Iterator[Mark]:
    """任務銷了號，佐證卻不合要求：迎檢時拿不出東西。出處：本系統的完整度口徑。"""
    for entry in facts.counted:
        missing = [each for each in facts.held(entry) if each.missing] if entry.is_closed else []
        if missing:
            words = {"missing": _missing((each, each.missing) for each in missing)}
            yield mark(
                Level.ERROR,
                "closed_incomplete",
                entry,
                _("任務已辦結，%(missing)s。") % words,
                _("請創建辦補要材料，由單位補交。"),
            )


@rule("rejected_not_replaced", gettext_lazy("不採用的還沒有換"))
def rejected_not_replaced(facts: Facts) -> Iterator[Mark]:
    """辦公室不採用的一份，既沒有換，同一種也還不夠。出處：審核退回「逐件寫明理由」。"""
    for entry in facts.entries:
        if not entry.rejected or entry.is_nil:
            continue
        replaced = {link.replaces_id for link in entry.links}
        short = {each.spec.form_id for each in facts.held(entry) if _lacks(entry, each)}
        last = max(link.round_no for link in entry.rejected)
        for link in entry.rejected:
            if link.round_no == last and link.form_id in short and link.pk not in replaced:
                words = {"name": link.name, "why": link.reason}
                yield mark(
                    Level.ERROR,
                    "rejected_not_replaced",
                    entry,
                    _("「%(name)s」沒有採用，還沒有換一份：%(why)s") % words,
                    how_to_add(entry),
                    link,
                )


def _lacks(entry: Entry, held: Held) -> bool:
    """在用的（不論審沒審）加起來也不夠。"""
    same = {link.file_id for link in entry.links if link.form_id == held.spec.form_id}
    return len(same) < held.wanted


@rule("empty_report", gettext_lazy("空報送"))
def empty_report(facts: Facts) -> Iterator[Mark]:
    """報出來的只有「無」「略」「同上」，或附了幾份一份也沒有採用：報了等於沒報，完整度按 0 算。

    出處：中央整治形式主義的規定；空報送不能當成辦完。
    """
    for entry in facts.entries:
        content = entry.content
        if entry.is_open or content is None or content.is_nil:
            continue
        padded = says_nothing(content.narrative)
        if padded and not entry.links:
            sentence = _("報了一份空的：「做了什麼」沒有實際內容，也沒有佐證。")
            yield mark(Level.ERROR, "empty_report", entry, sentence, _how_to_fill(entry))
        elif entry.is_accepted and entry.rejected and not _accepted(entry):
            words = {"count": len(entry.rejected)}
            sentence = _("附了 %(count)d 份佐證，一份也沒有採用。") % words
            yield mark(Level.ERROR, "empty_report", entry, sentence, how_to_add(entry))
        elif padded:
            sentence = _("「做了什麼」只寫了「%(text)s」，沒有實際內容。") % {
                "text": content.narrative.strip()
            }
            yield mark(Level.WARNING, "empty_report", entry, sentence, _how_to_fill(entry))


def _accepted(entry: Entry) -> bool:
    return any(link.state == EvidenceLink.State.ACCEPTED for link in entry.links)


def _how_to_fill(entry: Entry) -> str:
    if entry.state == Submission.State.SUBMITTED:
        return _("請負責人退回，寫清本期做了什麼；確實沒有進展的改報零報告。")
    if entry.state == Submission.State.ENDORSED:
        return _("審核時退回，請單位寫清本期做了什麼；確實沒有進展的改報零報告。")
    return _("請單位在下一期寫清這一期做了什麼，創建辦可補要材料。")


@rule("narrative_too_long", gettext_lazy("說明超過 500 字"))
def narrative_too_long(facts: Facts) -> Iterator[Mark]:
    """填報的說明超過上限（現行 500 字）。出處：全國文明單位測評體系 2020 前言。"""
    for entry in facts.entries:
        count = len(entry.content.narrative) if entry.content else 0
        if count > NARRATIVE_LIMIT:
            words = {"count": count, "limit": NARRATIVE_LIMIT}
            yield mark(
                Level.ERROR,
                "narrative_too_long",
                entry,
                _("「做了什麼」有 %(count)d 字，超過 %(limit)d 字。") % words,
                _("壓到 %(limit)d 字以內。") % words
                if entry.is_open
                else _("退回請單位壓到 %(limit)d 字以內，或作為附件。") % words,
            )


@rule("nil_without_reason", gettext_lazy("零報告沒有理由"))
def nil_without_reason(facts: Facts) -> Iterator[Mark]:
    """零報告要寫明為什麼這一期沒有，審核通過才離開分母。出處：零報告制度。"""
    for entry in facts.entries:
        if not entry.is_nil or entry.is_open or not says_nothing(entry.content.nil_reason):
            continue
        yield mark(
            Level.ERROR,
            "nil_without_reason",
            entry,
            _("報了零報告，沒有寫理由。"),
            _("退回請單位寫明理由。")
            if not entry.is_accepted
            else _("請單位說明理由，創建辦記在下一期裏。"),
        )
