"""局裏的 Word 模板：收下、停用。核對不過的一點也不存；換下的一份停用，用它印過的仍查得到。"""

from datetime import datetime
from typing import BinaryIO

from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import standing_of
from journal.services import record, source_script
from people.models import User
from pingtan_civ.lib.file_names import safe_name
from pingtan_civ.lib.uploads import RefusedUpload, inspect
from pingtan_civ.lib.virus_scan import refuse_infected
from reports import policies
from reports.models import PaperTemplate
from reports.paper_kinds import PaperKind
from reports.templating import UnusableTemplate, check_template

MOST_MB = 5


def keep_template(
    *, actor: User, campaign: Campaign, kind: PaperKind, name: str, file: BinaryIO, at: datetime
) -> PaperTemplate:
    """收下一份模板；同一種文件同名的舊的一份隨即停用。

    先在事務外查驗、試填（慢），再一次寫入。Raises PermissionDenied、UnusableTemplate。
    """
    _permit(actor, campaign, at)
    file_name = getattr(file, "name", "") or "template.docx"
    try:
        found = inspect(file, file_name, max_bytes=MOST_MB * 1024 * 1024)
        refuse_infected(file)
    except RefusedUpload as refusal:
        raise UnusableTemplate([str(refusal.sentence)]) from refusal
    if found.extension != "docx":
        raise UnusableTemplate([_("模板要是 Word 的 .docx 文件，請在 Word 裏另存為 .docx 再傳。")])
    file.seek(0)
    data = file.read()
    used = check_template(data, kind.template)
    with transaction.atomic():
        Campaign.objects.select_for_update().get(pk=campaign.pk)
        kept = PaperTemplate.objects.filter(
            campaign=campaign, paper=kind.template.code, retired_at=None
        )
        replaced = kept.filter(name=name).update(retired_at=at)
        template = PaperTemplate.objects.create(
            campaign=campaign,
            paper=kind.template.code,
            name=name,
            content=data,
            sha256=found.sha256,
            file_name=safe_name(file_name, "docx", otherwise="template"),
            placeholders=used,
            uploaded_at=at,
            uploaded_by=actor,
        )
        _record(actor, template, at, replaced=bool(replaced))
    return template


@transaction.atomic
def retire_template(*, actor: User, campaign: Campaign, pk: int, at: datetime) -> PaperTemplate:
    """停用一份；已停用的照舊。Raises PermissionDenied、PaperTemplate.DoesNotExist。"""
    _permit(actor, campaign, at)
    template = PaperTemplate.objects.select_for_update().get(pk=pk, campaign=campaign)
    if template.retired_at is None:
        template.retired_at = at
        template.save(update_fields=["retired_at"])
        with source_script():
            record(
                actor=actor,
                action="reports.template_retired",
                target=campaign,
                at=at,
                summary=_("停用 Word 模板「%(name)s」。") % {"name": template.name},
            )
    return template


def _permit(actor: User, campaign: Campaign, at: datetime) -> None:
    if not policies.can_compile(standing_of(actor, localtime(at).date()), campaign):
        raise PermissionDenied(_("只有本活動辦公室能管理 Word 模板。"))


@source_script()
def _record(actor: User, template: PaperTemplate, at: datetime, *, replaced: bool) -> None:
    sentence = (
        _("換上新的 Word 模板「%(name)s」。") if replaced else _("上傳 Word 模板「%(name)s」。")
    )
    record(
        actor=actor,
        action="reports.template_replaced" if replaced else "reports.template_uploaded",
        target=template.campaign,
        at=at,
        summary=sentence % {"name": template.name},
    )
