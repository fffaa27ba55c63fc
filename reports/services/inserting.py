"""把還沒用上的一段話放進一節：來源跟着走，重新彙集不動它。"""

from datetime import datetime

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from people.models import User
from reports.material import Span, accepted_rounds
from reports.models import Paragraph, ParagraphSource
from reports.services.editing import record_edit
from reports.services.holding import refuse_held
from reports.services.opening import open_draft, touch
from reports.unused import has_words, unused_of


@transaction.atomic
def insert_material(
    *, actor: User, report_id: int, section_id: int, round_id: int, at: datetime
) -> Paragraph:
    """放到這一節末尾。這一節裏本有、先前不採用的，恢復採用就是，不另添一段。

    Raises PermissionDenied、AlreadyIssued、Held、ValidationError（不再是審核通過的，已在文中）。
    """
    report = open_draft(actor, report_id, at)
    section = report.sections.select_related("held_by").get(pk=section_id)
    section.report = report
    refuse_held(section, actor, at)
    span = Span(report.period_start, report.period_end, report.cutoff_at)
    rounds = accepted_rounds(report.campaign, span).select_related(
        "submission__assignment__measure__main_task"
    )
    round_ = rounds.filter(pk=round_id).first()
    if round_ is None or not has_words(round_):
        raise ValidationError(_("這一段已不是期內審核通過的，不能放進來。"))
    held = Paragraph.objects.filter(section__report=report, sources__round=round_).distinct()
    if held.filter(is_left_out=False).exists():
        raise ValidationError(_("這一段已在文中，不必再放。"))
    touch(report, at)
    paragraph = held.filter(section=section).first()
    if paragraph:
        paragraph.is_left_out = False
        paragraph.save(update_fields=["is_left_out"])
    else:
        unused = unused_of(round_)
        last = section.paragraphs.aggregate(last=Max("position"))["last"]
        paragraph = Paragraph.objects.create(
            section=section,
            key=f"own.{report.version}",
            text=unused.text,
            is_own=True,
            position=0 if last is None else last + 1,
            edited_at=at,
            edited_by=actor,
        )
        ParagraphSource.objects.create(
            paragraph=paragraph,
            round=round_,
            label=unused.source.label,
            department_name=unused.source.department,
            text_sha256=unused.source.text_sha256,
        )
    paragraph.section = section
    summary = gettext_lazy("把%(unit)s的一段放進%(place)s。")
    unit = round_.submission.assignment.department.name
    record_edit(actor, paragraph, at, "reports.inserted", summary, unit=unit)
    return paragraph
