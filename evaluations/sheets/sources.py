"""一條的分從哪裏來：評分裏引了的榮譽、記下的問卷、主管部門的意見，各成一句話。查詢次數固定。"""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from django.utils.translation import gettext as _

from evaluations.collecting import opinion_words, pooled, share_words, survey_words
from evaluations.findings import honours_in
from evaluations.models import Collected, Criterion, Honour, Opinion, Questionnaire, Scorer, Sheet
from evaluations.sheets.values import Paper, Source, SourceKind
from pingtan_civ.lib.dates import long_date

Key = tuple[int, int]
"""（表、測評內容）。"""
Sources = dict[Key, tuple[Source, ...]]
Findings = Iterable[tuple[int, int, Mapping[str, Any]]]


def sources_of(
    sheets: Collection[Sheet], criteria: Collection[Criterion], findings: Findings
) -> Sources:
    """這些表上各條的來源。沒有引榮譽、辦法裏沒有問卷和主管部門評的，各少查一次；

    打開一張表時問清了沒有的（round_doors.sheet_or_404）也不查。
    """
    scorers = {row.scorer for row in criteria}
    found = _honours(findings)
    if Scorer.SURVEY in scorers and any(getattr(row, "has_surveys", True) for row in sheets):
        found |= _surveys(sheets)
    if Scorer.AUTHORITY in scorers and any(getattr(row, "has_opinions", True) for row in sheets):
        found |= _opinions(sheets)
    return found


def _surveys(sheets: Collection[Sheet]) -> Sources:
    """各次問卷一句，後面一句說合起來是多少。"""
    found: Sources = {}
    for key, rows in _grouped(Questionnaire, sheets).items():
        each = [
            Source(SourceKind.SURVEY.value, row.pk, survey_words(row), _papers(row, "survey"))
            for row in rows
        ]
        whole = Source(
            SourceKind.POOLED.value,
            0,
            share_words(rows),
            is_doubtful=pooled(rows).share is None,
        )
        found[key] = (*each, whole)
    return found


def _opinions(sheets: Collection[Sheet]) -> Sources:
    return {
        key: tuple(
            Source(
                SourceKind.OPINION.value,
                row.pk,
                opinion_words(row),
                _papers(row, "opinion"),
                is_doubtful=row.is_unconfirmed,
            )
            for row in rows
        )
        for key, rows in _grouped(Opinion, sheets).items()
    }


def _grouped(model: type[Collected], sheets: Collection[Sheet]) -> dict[Key, list[Any]]:
    rows = model.objects.current().filter(sheet__in=[sheet.pk for sheet in sheets])
    found: dict[Key, list[Any]] = {}
    for row in rows.select_related("file"):
        found.setdefault((row.sheet_id, row.criterion_id), []).append(row)
    return found


def _papers(row: Collected, kind: str) -> tuple[Paper, ...]:
    if row.file is None:
        return ()
    return (Paper(kind, row.pk, row.file_name, row.file.sha256),)


def _honours(findings: Findings) -> Sources:
    picked: dict[Key, dict[int, None]] = {}
    for sheet_id, criterion_id, finding in findings:
        if keys := honours_in(finding):
            picked.setdefault((sheet_id, criterion_id), {}).update(dict.fromkeys(keys))
    if not picked:
        return {}
    wanted = {key for keys in picked.values() for key in keys}
    rows = Honour.objects.filter(pk__in=wanted).with_recipients().with_files()
    said = {row.pk: honour_source(row) for row in rows}
    return {
        place: tuple(said[key] for key in sorted(keys) if key in said)
        for place, keys in picked.items()
    }


def honour_source(honour: Honour) -> Source:
    """「省級「福建省文明單位」，福建省委授予婚姻登記處，2026年2月1日，閩委文明〔2026〕12號。」"""
    words = {
        "honour": honour,
        "by": honour.granted_by,
        "who": honour.recipient,
        "day": long_date(honour.granted_date),
    }
    said = _("%(honour)s，%(by)s授予%(who)s，%(day)s") % words
    if honour.document_number:
        said += _("，文號 %(number)s") % {"number": honour.document_number}
    if honour.revoked_date:
        said += _("，%(day)s已撤銷") % {"day": long_date(honour.revoked_date)}
    papers = tuple(
        Paper(SourceKind.HONOUR.value, each.pk, each.name, each.file.sha256)
        for each in honour.held_files
    )
    if not papers:
        said += _("，沒有上傳證書或文件")
    return Source(
        SourceKind.HONOUR.value,
        honour.pk,
        said + _("。"),
        papers,
        is_doubtful=honour.revoked_date is not None,
    )
