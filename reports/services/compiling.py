"""彙集：建一份草稿，或把草稿按此刻的材料重新彙集。編報的人改過的字從不蓋掉。"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import Count
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import standing_of
from journal.services import record, source_script
from people.models import User
from reports import paper, policies
from reports.composing import compose
from reports.marks import Mark, mark
from reports.material import Span, gather
from reports.models import Figure, Outline, Paragraph, ParagraphSource, Report, Section, Suggestion
from reports.outline import Chapter, chapters_in, chapters_of
from reports.prose import find_phrase
from reports.services.holding import refuse_any_held
from reports.services.opening import open_draft, touch


@dataclass(frozen=True)
class Settings:
    """一份彙報的封面信息。"""

    title: str
    period_start: date
    period_end: date
    salutation: str = ""
    signature: str = ""
    script: str = Report.Script.HANT
    head_text: str = ""
    copied_to: str = ""
    has_seal_place: bool = False
    prints_marks: bool = False
    annexes: list[str] = field(default_factory=list)


@transaction.atomic
def create_report(
    *,
    actor: User,
    campaign: Campaign,
    settings: Settings,
    at: datetime,
    kind: str = Report.Kind.SITUATION,
    outline: Outline | None = None,
    tasks: Iterable[str] = (),
    highlights: Iterable[str] = (),
) -> Report:
    """建一份草稿並彙集到此刻為止的內容。outline 的各章抄一份，日後改提綱不動這一份。

    tasks 是只說哪幾項主要任務（專題），highlights 是選作經驗的措施，都是編碼，記在抄下的各章裏。
    Raises PermissionDenied（不是本活動辦公室）、ValidationError（期末早於期初；提綱不是這一種的）。
    """
    if not policies.can_compile(standing_of(actor, localtime(at).date()), campaign):
        raise PermissionDenied(_("只有本活動辦公室能編製彙報。"))
    _check_period(settings)
    if outline and (outline.campaign_id, outline.kind) != (campaign.pk, kind):
        raise ValidationError(_("這份提綱不是給這一種文件用的，請另選。"))
    chapters = scoped(chapters_of(outline, kind), tasks, highlights)
    report = Report.objects.create(
        campaign=campaign,
        kind=kind,
        outline=outline,
        chapters=[asdict(chapter) for chapter in chapters],
        **asdict(settings),
        cutoff_at=at,
        created_at=at,
        created_by=actor,
        saved_at=at,
    )
    _compile(report, at)
    with source_script():
        record(
            actor=actor,
            action="reports.created",
            target=report,
            topic=report,
            at=at,
            summary=_("編製%(kind)s「%(title)s」，彙集到此刻為止審核通過的內容。")
            % {"kind": report.get_kind_display(), "title": report.title},
        )
    return report


def scoped(
    chapters: Iterable[Chapter], tasks: Iterable[str], highlights: Iterable[str]
) -> list[Chapter]:
    """把選定的主要任務、作經驗的措施記進各章。"""
    tasks, highlights = tuple(tasks), tuple(highlights)
    return [
        replace(chapter, scope=highlights if chapter.flow == "highlights" else tasks)
        for chapter in chapters
    ]


@transaction.atomic
def recompile(*, actor: User, report_id: int, at: datetime) -> Report:
    """截止時刻移到此刻，重新彙集。改過的段落保留改動，來源變了的標出來。"""
    report = open_draft(actor, report_id, at)
    refuse_any_held(report, actor, at)
    _compile(report, at)
    touch(report, at)
    with source_script():
        record(
            actor=actor,
            action="reports.recompiled",
            target=report,
            at=at,
            summary=_("重新彙集到此刻為止審核通過的內容。"),
        )
    return report


@transaction.atomic
def change_settings(*, actor: User, report_id: int, settings: Settings, at: datetime) -> Report:
    """改標題、期間、落款；期間變了就重新彙集。"""
    _check_period(settings)
    report = open_draft(actor, report_id, at)
    new = asdict(settings)
    changes = {
        name: [str(getattr(report, name)), str(value)]
        for name, value in new.items()
        if getattr(report, name) != value
    }
    if not changes:
        return report
    for name, value in new.items():
        setattr(report, name, value)
    report.save(update_fields=list(new))
    if {"period_start", "period_end"} & changes.keys():
        _compile(report, at)
    touch(report, at)
    with source_script():
        record(
            actor=actor,
            action="reports.settings_changed",
            target=report,
            at=at,
            summary=_("修改了標題、期間、落款、版式或附件。"),
            changes=changes,
        )
    return report


@transaction.atomic
def discard(*, actor: User, report_id: int, at: datetime) -> Report:
    """作廢一份草稿：不再列出，內容仍留在庫裏。"""
    report = open_draft(actor, report_id, at)
    refuse_any_held(report, actor, at)
    report.state = Report.State.DISCARDED
    report.save(update_fields=["state"])
    with source_script():
        record(
            actor=actor,
            action="reports.discarded",
            target=report,
            at=at,
            summary=_("作廢了草稿「%(title)s」。") % {"title": report.title},
        )
    return report


def _check_period(settings: Settings) -> None:
    if settings.period_end < settings.period_start:
        raise ValidationError(_("期末早於期初，請改正其中一個。"))


def _compile(report: Report, at: datetime) -> None:
    """按此刻的材料重排草稿。全部成批讀寫，查詢次數不隨段落數增長。"""
    report.cutoff_at = at
    report.save(update_fields=["cutoff_at"])
    span = Span(report.period_start, report.period_end, at)
    material = gather(report.campaign, span, report.kind, report.supersedes_id)
    known = _composed_before(report)
    material.extras.apart = _spoken_for(known)
    composed = _keeping_keys(compose(material, chapters_in(report)), known)
    sections = _store_sections(report, composed)
    _store_paragraphs(report, sections, composed, known, mark(composed, material))
    _drop_empty_sections(report, composed)


def _composed_before(report: Report) -> dict[str, Paragraph]:
    """草稿裏彙集來的各段，按 key。"""
    rows = Paragraph.objects.filter(section__report=report, is_own=False)
    return {row.key: row for row in rows.order_by("section__position", "position", "pk")}


def _spoken_for(known: dict[str, Paragraph]) -> frozenset[str]:
    """一個單位自成一段、辦公室改過或不採用的：別的單位說得一樣，也不合進去，改的字不丟。"""
    decided = [row for row in known.values() if row.is_edited or row.is_left_out]
    alone = (
        Paragraph.objects.filter(pk__in=[row.pk for row in decided])
        .annotate(said_by=Count("sources__round"))
        .filter(said_by=1)
    )
    return frozenset(alone.values_list("key", flat=True))


def _keeping_keys(
    composed: list[paper.Section], known: dict[str, Paragraph]
) -> list[paper.Section]:
    """幾個單位合說的一段，key 是頭一個單位的。頭一個換了人，說的還是原來那一段：
    改過的字、不採用、意見和先後跟着它走，不當作來源撤回。
    """
    rows = [row for section in composed for row in section.paragraphs]
    left = [row for key, row in known.items() if key not in {row.key for row in rows}]
    if not left or all(row.key in known for row in rows):
        return composed
    held = {
        (_subject(key), submission): key
        for key, submission in ParagraphSource.objects.filter(
            paragraph__in=left, round__isnull=False
        )
        .order_by("-position", "-pk")
        .values_list("paragraph__key", "round__submission")
    }
    kept: dict[str, str] = {}
    for row in rows:
        told = [(_subject(row.key), source.submission_id) for source in row.sources]
        former = next((held[each] for each in told if each in held), None)
        if former and row.key not in known and former not in kept.values():
            kept[row.key] = former
    return [
        replace(
            section,
            paragraphs=tuple(
                replace(row, key=kept.get(row.key, row.key)) for row in section.paragraphs
            ),
        )
        for section in composed
    ]


def _subject(key: str) -> str:
    """「round.12」說的是哪一樣：原文、問題、需要協調的。"""
    return key.rpartition(".")[0]


def _store_sections(report: Report, composed: list[paper.Section]) -> dict[str, Section]:
    """各章節按 key 對上：有的更新，沒有的新建。"""
    known = {row.key: row for row in report.sections.all()}
    values: list[dict[str, Any]] = [
        {
            "key": row.key,
            "heading": row.heading,
            "level": row.level,
            "clause_id": row.clause_id,
            "position": position,
        }
        for position, row in enumerate(composed)
    ]
    fresh = [Section(report=report, **row) for row in values if row["key"] not in known]
    changed = []
    for row in values:
        if section := known.get(row["key"]):
            for name, value in row.items():
                setattr(section, name, value)
            changed.append(section)
    Section.objects.bulk_update(changed, ["heading", "level", "clause_id", "position"])
    Section.objects.bulk_create(fresh)
    return known | {section.key: section for section in fresh}


def _store_paragraphs(
    report: Report,
    sections: dict[str, Section],
    composed: list[paper.Section],
    known: dict[str, Paragraph],
    marks: dict[str, Mark],
) -> None:
    quoted = _quoted_figures(report)
    fresh, changed, wanted = [], [], {}
    for section in composed:
        for index, new in enumerate(section.paragraphs):
            wanted[new.key] = new
            place = {"section": sections[section.key]}
            if new.key in known:
                changed.append(_renewed(known[new.key], new, place["section"]))
            else:
                fresh.append(_fresh(new, sections[section.key], _gap_after(section, index, known)))
    for row in (*changed, *fresh):
        marked = marks.get(row.key, Mark(()))
        row.marks, row.prior_text = list(marked.codes), marked.prior_text
    Paragraph.objects.bulk_update(
        changed,
        ["section", "kind", "composed_text", "text", "is_stale", "marks", "prior_text"],
    )
    Paragraph.objects.filter(pk__in=[row.pk for row in changed]).update(is_withdrawn=False)
    Paragraph.objects.bulk_create(fresh)
    _withdraw([row for key, row in known.items() if key not in wanted])
    rows = {row.key: row for row in [*changed, *fresh]}
    _renumber(report, composed)
    _store_evidence(rows, wanted, quoted)


def _gap_after(section: paper.Section, index: int, known: dict[str, Paragraph]) -> int:
    """新的一段插在哪裏：緊跟彙集次序裏的前一段；前面沒有舊段的放在最前。"""
    for earlier in reversed(section.paragraphs[:index]):
        if earlier.key in known:
            return known[earlier.key].position
    return -1


def _fresh(new: paper.Paragraph, section: Section, position: int) -> Paragraph:
    return Paragraph(
        section=section,
        key=new.key,
        kind=new.kind,
        composed_text=new.text,
        text=new.text,
        position=max(position, 0),
    )


def _renewed(row: Paragraph, new: paper.Paragraph, section: Section) -> Paragraph:
    """彙集的原文變了：沒改過的跟着變，改過的只標「來源已更新」。"""
    row.section, row.kind = section, new.kind
    if row.composed_text != new.text:
        row.is_stale = row.is_edited
        row.composed_text = new.text
    if not row.is_edited:
        row.text, row.is_stale = new.text, False
    return row


def _withdraw(rows: list[Paragraph]) -> None:
    """不再有出處的：沒改過的去掉，改過的留着並標明。"""
    # 有待處理的建議的不能跟着刪；沒有出處的原文不再印，等人看過建議再定。
    untouched = Paragraph.objects.filter(pk__in=[row.pk for row in rows if not row.is_edited])
    pending = Suggestion.objects.filter(state=Suggestion.State.PENDING)
    asked = set(pending.filter(paragraph__in=untouched).values_list("paragraph", flat=True))
    untouched.exclude(pk__in=asked).delete()
    Paragraph.objects.filter(pk__in=asked).update(is_withdrawn=True, is_left_out=True)
    edited = Paragraph.objects.filter(pk__in=[row.pk for row in rows if row.is_edited])
    edited.update(is_withdrawn=True, composed_text="", is_stale=False)


def _renumber(report: Report, composed: list[paper.Section]) -> None:
    """各節內重排次序：人調過的先後不動，新來的跟在彙集次序的前一段之後。"""
    rank = {
        row.key: index
        for index, row in enumerate(row for section in composed for row in section.paragraphs)
    }
    rows = list(Paragraph.objects.filter(section__report=report).select_related("section"))
    rows.sort(key=lambda row: (row.section_id, row.position, row.is_own, rank.get(row.key, 10**6)))
    for position, row in enumerate(rows):
        row.position = position
    Paragraph.objects.bulk_update(rows, ["position"])


def _quoted_figures(report: Report) -> dict[tuple[str, str], str]:
    """改過的段落裏，各個數現在寫成什麼樣。"""
    figures = Figure.objects.filter(
        paragraph__section__report=report, paragraph__is_edited=True
    ).values_list("paragraph__key", "key", "quoted")
    return {(paragraph, key): quoted for paragraph, key, quoted in figures}


def _store_evidence(
    rows: dict[str, Paragraph],
    wanted: dict[str, paper.Paragraph],
    quoted: dict[tuple[str, str], str],
) -> None:
    """來源和數據整批換新；改過的段落裏，數的寫法照舊，由人決定更不更新。"""
    ids = [row.pk for row in rows.values()]
    ParagraphSource.objects.filter(paragraph__in=ids).delete()
    Figure.objects.filter(paragraph__in=ids).delete()
    sources, figures = [], []
    for key, row in rows.items():
        for position, source in enumerate(wanted[key].sources):
            sources.append(_source(row, source, position))
        for position, figure in enumerate(wanted[key].figures):
            kept = quoted.get((key, figure.key), "")
            is_kept = bool(kept) and row.is_edited and find_phrase(row.text, kept) >= 0
            figures.append(_figure(row, figure, position, kept if is_kept else figure.phrase))
    ParagraphSource.objects.bulk_create(sources)
    Figure.objects.bulk_create(figures)


def _source(row: Paragraph, source: paper.Source, position: int) -> ParagraphSource:
    return ParagraphSource(
        paragraph=row,
        position=position,
        round_id=source.round_id,
        clause_id=source.clause_id,
        label=source.label,
        department_name=source.department,
        text_sha256=source.text_sha256,
    )


def _figure(row: Paragraph, figure: paper.Figure, position: int, quoted: str) -> Figure:
    return Figure(
        paragraph=row,
        key=figure.key,
        kind=figure.kind,
        position=position,
        label=figure.label,
        value=figure.value,
        unit=figure.unit,
        quoted=quoted,
        items=[asdict(item) for item in figure.items],
    )


def _drop_empty_sections(report: Report, composed: list[paper.Section]) -> None:
    """方案改版後不再有的節：裏面還有字的留着，空的去掉。"""
    keys = [section.key for section in composed]
    report.sections.exclude(key__in=keys).filter(paragraphs__isnull=True).delete()
