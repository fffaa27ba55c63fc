"""佈景：權限表裏一票否決和徵詢函各網址要的對象。"""

from io import BytesIO
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from evaluations.models import AuthorityInquiry, HonourFile, InquiryFile, VetoFile, VetoRelease
from tasks.models import EvidenceFile
from tests import factories as make
from tests.cast import Cast


def picture(name: str = "認定書.png") -> SimpleUploadedFile:
    data = BytesIO()
    Image.new("RGB", (40, 30), "white").save(data, "PNG")
    return SimpleUploadedFile(name, data.getvalue())


def honour_keys(cast: Cast, picture: EvidenceFile) -> dict[str, dict[str, Any]]:
    """一項榮譽，附一份證書。"""
    honour = make.HonourFactory(department=cast.registry)
    certificate = HonourFile.objects.create(
        honour=honour,
        file=picture,
        name="證書.jpg",
        added_at=make.moment(2026, 11, 23),
        added_by=cast.office,
    )
    return {
        **{f"evaluations:honour{page}": {"pk": honour.pk} for page in ("", "-edit", "-file-add")},
        **{f"evaluations:honour-file{page}": {"pk": certificate.pk} for page in ("", "-remove")},
    }


def veto_keys(cast: Cast, code: dict[str, Any], picture: EvidenceFile) -> dict[str, dict[str, Any]]:
    """婚姻登記處的兩件事：一件待認定、附一份材料，一件已認定、提出了解除；一張徵詢函，附一份復函。"""
    at = make.moment(2026, 11, 23)
    item = make.VetoItemFactory(campaign=cast.campaign)
    event, upheld = (
        make.VetoEventFactory(item=item, department=cast.registry, reported_by=cast.office, **state)
        for state in ({}, {"upheld": True})
    )
    release = VetoRelease.objects.create(
        event=upheld, reason="整改合格", proposed_by=cast.office, proposed_at=at
    )
    file = VetoFile.objects.create(
        event=event,
        file=picture,
        name="認定書.jpg",
        added_at=at,
        added_by=cast.clerk,
    )
    inquiry = AuthorityInquiry.objects.create(
        campaign=cast.campaign,
        authority="公安機關",
        period_start=at.date(),
        period_end=at.date(),
        asked_date=at.date(),
        due_date=at.date(),
        asked_by=cast.office,
    )
    paper = InquiryFile.objects.create(
        inquiry=inquiry, file=picture, name="復函.jpg", added_at=at, added_by=cast.office
    )
    pages = ("detail", "edit", "statement", "decide", "file-add")
    return honour_keys(cast, picture) | {
        "evaluations:veto-list": {},
        "evaluations:veto-export": {},
        **{f"evaluations:veto-{page}": {"pk": event.pk} for page in pages},
        "evaluations:veto-release": {"pk": upheld.pk},
        **{
            f"evaluations:veto-release-{page}": {"pk": release.pk}
            for page in ("settle", "withdraw")
        },
        **{f"evaluations:veto-file{page}": {"pk": file.pk} for page in ("", "-thumb", "-remove")},
        **{f"evaluations:veto-item-{page}": code | {"pk": item.pk} for page in ("edit", "retire")},
        **{
            f"evaluations:inquiry-{page}": {"pk": inquiry.pk}
            for page in ("detail", "letter", "withdraw")
        },
        **{f"evaluations:inquiry-file{page}": {"pk": paper.pk} for page in ("", "-remove")},
    }
