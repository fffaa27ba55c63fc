"""公文一覽上的目標責任書、考核結果通報和徵詢函。"""

from collections.abc import Iterator, Mapping

from django.db.models import Count, F, Window
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from campaigns.standing import Standing
from evaluations import policies
from evaluations.models import AssessmentRound, AuthorityInquiry, TargetLetter
from reports.paper_kinds import (
    Link,
    PaperFamily,
    PaperGroup,
    PaperKind,
    PaperRow,
    Shelf,
    register_papers,
)

LETTER, BULLETIN, INQUIRY = "letter", "bulletin", "inquiry"
_TOTAL = Window(Count("pk"))
_FROZEN = (
    AssessmentRound.Phase.FEEDBACK,
    AssessmentRound.Phase.ANSWER,
    AssessmentRound.Phase.PUBLISHED,
)


def _kinds() -> Iterator[PaperKind]:
    yield PaperKind(
        key=LETTER,
        label=gettext_lazy("目標責任書"),
        hint=gettext_lazy("領導小組與各單位簽訂的年度目標、考核辦法和結果運用，後附任務分解。"),
        group=PaperGroup.ASSESSMENT,
        create=_draft,
        full_list=lambda campaign: reverse("evaluations:letter-list", args=[campaign.code]),
    )
    yield PaperKind(
        key=BULLETIN,
        label=gettext_lazy("考核結果通報"),
        hint=gettext_lazy("審定以後印發：等次、名次、異議處理和下一步整改；公佈以前是徵求意見稿。"),
        group=PaperGroup.ASSESSMENT,
        create=_round,
        full_list=lambda campaign: reverse("evaluations:round-list"),
    )
    yield PaperKind(
        key=INQUIRY,
        label=gettext_lazy("徵詢函"),
        hint=gettext_lazy("向主管部門徵詢有關單位的負面清單情形，後附答覆單。"),
        group=PaperGroup.ASSESSMENT,
        create=_ask,
        full_list=lambda campaign: reverse("evaluations:inquiry-list", args=[campaign.code]),
    )


def _draft(standing: Standing, campaign: Campaign) -> Link | None:
    if not (policies.can_manage_letters(standing, campaign) and campaign.is_open):
        return None
    return Link(_("新擬"), reverse("evaluations:letter-list", args=[campaign.code]))


def _round(standing: Standing, campaign: Campaign) -> Link | None:
    if not policies.can_plan_round(standing, campaign):
        return None
    return Link(_("擬一次考核"), reverse("evaluations:round-create"))


def _ask(standing: Standing, campaign: Campaign) -> Link | None:
    if not (
        _is_above(standing, campaign) and policies.can_maintain_negative_list(standing, campaign)
    ):
        return None
    return Link(_("新擬"), reverse("evaluations:inquiry-create", args=[campaign.code]))


def _is_above(standing: Standing, campaign: Campaign) -> bool:
    return standing.is_office(campaign) or standing.is_leader(campaign)


def _list(standing: Standing, campaign: Campaign, limit: int) -> Mapping[str, Shelf]:
    """每種一次查詢；徵詢函只給辦公室和領導。"""
    found = {
        LETTER: _letters(standing, campaign, limit),
        BULLETIN: _bulletins(standing, campaign, limit),
    }
    if _is_above(standing, campaign):
        found[INQUIRY] = _inquiries(standing, campaign, limit)
    return found


def _letters(standing: Standing, campaign: Campaign, limit: int) -> Shelf:
    rows = list(
        TargetLetter.objects.visible_to(standing)
        .standing_papers()
        .filter(campaign=campaign)
        .select_related("department")
        .annotate(total=_TOTAL)
        .order_by("-year", F("number").desc(nulls_last=True), "pk")[:limit]
    )
    return Shelf([_letter_row(row) for row in rows], rows[0].total if rows else 0)


def _letter_row(row: TargetLetter) -> PaperRow:
    return PaperRow(
        title=f"{row.department.name}：{row.title}",
        url=row.get_absolute_url(),
        number=row.full_number,
        day=localtime(row.moved_at or row.created_at).date(),
        state=str(row.get_state_display()),
        tone="ok" if row.is_in_force else "act" if row.is_draft else "plain",
        download=reverse("evaluations:letter-paper", args=[row.pk]),
    )


def _bulletins(standing: Standing, campaign: Campaign, limit: int) -> Shelf:
    """與結果頁同一道門（policies.sees_whole_round）：辦公室和領導看審定以後的；旁人看全局公開的。"""
    rows = AssessmentRound.objects.filter(campaign=campaign, phase__in=_FROZEN)
    if not _is_above(standing, campaign):
        rows = rows.filter(phase=AssessmentRound.Phase.PUBLISHED, is_open_to_all=True)
    found = list(rows.annotate(total=_TOTAL)[:limit])
    return Shelf([_bulletin_row(row) for row in found], found[0].total if found else 0)


def _bulletin_row(row: AssessmentRound) -> PaperRow:
    is_out = row.published_at is not None
    return PaperRow(
        title=_("%(round)s結果的通報") % {"round": row.title},
        url=reverse("evaluations:result", args=[row.code]),
        day=localtime(row.published_at).date() if is_out else None,
        state=str(row.get_phase_display()) if is_out else _("徵求意見稿"),
        tone="ok" if is_out else "act",
        download=reverse("evaluations:bulletin", args=[row.code]),
    )


def _inquiries(standing: Standing, campaign: Campaign, limit: int) -> Shelf:
    rows = list(
        AuthorityInquiry.objects.visible_to(standing)
        .filter(campaign=campaign)
        .annotate(total=_TOTAL)[:limit]
    )
    return Shelf([_inquiry_row(row) for row in rows], rows[0].total if rows else 0)


def _inquiry_row(row: AuthorityInquiry) -> PaperRow:
    is_back = row.withdrawn_at is not None
    return PaperRow(
        title=str(row),
        url=row.get_absolute_url(),
        day=row.asked_date,
        state=_("已撤回") if is_back else _("已發函"),
        download=reverse("evaluations:inquiry-letter", args=[row.pk]),
    )


def register() -> None:
    register_papers(PaperFamily("evaluations", _kinds, _list, 40))
