"""經辦人給各份佐證寫的形式、說明、文號和材料日期：放到那一份上，看有沒有改動。不存。"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet

from campaigns.models import EvidenceForm
from tasks.models import EvidenceLink, MeasureEvidence, Round

FIELDS = ("form", "caption", "number", "dated")
CAPTION_LIMIT = 200
NUMBER_LIMIT = 60


@dataclass(frozen=True)
class Description:
    """經辦人給一份佐證寫的形式、說明、文號和材料日期。

    number 為 None 表示表單上沒有這一項；has_date 為假表示沒有，或寫的看不懂：都照原來的。
    """

    form_id: int | None
    caption: str
    number: str | None = None
    dated: date | None = None
    has_date: bool = False


def selectable_forms(measure_id: int) -> QuerySet[EvidenceForm]:
    """這項措施的佐證可選的形式：可選用的，和它自己要的（那種形式後來停用了也在）。"""
    wanted = MeasureEvidence.objects.filter(measure=measure_id).order_by().values("form")
    return EvidenceForm.objects.filter(Q(is_active=True) | Q(pk__in=wanted))


def redescribed(round_: Round, descriptions: Mapping[int, Description]) -> list[EvidenceLink]:
    """這一輪裏照寫的改了的各份（還沒有存）；不在這一輪的不理會。"""
    if not descriptions:
        return []
    measure_id = round_.submission.assignment.measure_id
    forms = set(selectable_forms(measure_id).order_by().values_list("pk", flat=True))
    links = round_.evidence.filter(pk__in=descriptions, removed_at__isnull=True)
    return [link for link in links if apply_description(link, descriptions[link.pk], forms)]


def apply_description(link: EvidenceLink, wanted: Description, forms: Collection[int]) -> bool:
    """把寫的放到這一份上（不存）；返回有沒有改動。forms 是可選的形式，這一份現有的總可以留着。"""
    before = (link.form_id, link.caption, link.number, link.dated)
    if wanted.form_id is None or wanted.form_id in forms:
        link.form_id = wanted.form_id
    link.caption = wanted.caption.strip()[:CAPTION_LIMIT]
    if wanted.number is not None:
        link.number = wanted.number.strip()[:NUMBER_LIMIT]
    if wanted.has_date:
        link.dated = wanted.dated
    return before != (link.form_id, link.caption, link.number, link.dated)
