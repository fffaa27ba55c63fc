"""沒有一處在用的文件：報送、督辦都不再掛着它。文件按規矩只撤下、不刪除，所以會有。"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, QuerySet

from campaigns.models import Campaign
from campaigns.standing import Standing
from evidence.library import with_places
from supervision.models import Attachment
from tasks.models import EvidenceFile, EvidenceLink


def unlinked_files() -> QuerySet[EvidenceFile]:
    """沒有一處在用的，新存入的在前。"""
    here = {"file": OuterRef("pk"), "removed_at__isnull": True}
    return EvidenceFile.objects.filter(
        ~Exists(EvidenceLink.objects.order_by().filter(**here)),
        ~Exists(Attachment.objects.order_by().filter(**here)),
    ).order_by("-pk")


@dataclass(frozen=True)
class Row:
    """一份沒有用到的文件；last 是最後撤下的那一處，看不到的為空。"""

    file: EvidenceFile
    last: EvidenceLink | None


def rows_of(
    files: Collection[EvidenceFile], standing: Standing, campaigns: Iterable[Campaign]
) -> list[Row]:
    """名稱和去處只在看的人看得到那一處時才說：報出之前撤下的，辦公室本來就沒看過。"""
    links = EvidenceLink.objects.readable_across(standing, campaigns).filter(
        file__in=files, removed_at__gt=F("round__endorsed_at")
    )
    found: dict[int, EvidenceLink] = {}
    for link in with_places(links, "removed_by").order_by("removed_at", "pk"):
        found[link.file_id] = link
    return [Row(file, found.get(file.pk)) for file in files]
