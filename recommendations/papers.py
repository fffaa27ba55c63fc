"""公文一覽上的推薦表和公示稿。"""

from collections.abc import Iterator, Mapping

from django.db.models import Case, Count, F, IntegerField, Q, Value, When, Window
from django.db.models.functions import RowNumber
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import Campaign
from campaigns.standing import Standing
from recommendations import policies
from recommendations.models import Candidate, Programme
from reports.paper_kinds import (
    Link,
    PaperFamily,
    PaperGroup,
    PaperKind,
    PaperRow,
    Shelf,
    register_papers,
)

FORM, NOTICE = "candidate-form", "publicity-notice"


def _kinds() -> Iterator[PaperKind]:
    yield PaperKind(
        key=FORM,
        label=gettext_lazy("推薦表"),
        hint=gettext_lazy("一個推薦對象一張：事蹟、條件審查、表決、公示和各級意見，報送上級。"),
        group=PaperGroup.RECOMMENDATION,
        create=_create,
        full_list=_programmes,
    )
    yield PaperKind(
        key=NOTICE,
        label=gettext_lazy("公示稿"),
        hint=gettext_lazy("擬推薦的名單、公示期和受理異議的電話，貼出去、掛上網。"),
        group=PaperGroup.RECOMMENDATION,
        full_list=_programmes,
    )


def _programmes(campaign: Campaign) -> str:
    return reverse("recommendations:programme-list", args=[campaign.code])


def _create(standing: Standing, campaign: Campaign) -> Link | None:
    if not policies.can_manage(standing, campaign):
        return None
    url = reverse("recommendations:programme-create", args=[campaign.code])
    return Link(_("擬推薦項目"), url)


def _list(standing: Standing, campaign: Campaign, limit: int) -> Mapping[str, Shelf]:
    """推薦表和公示稿一次查詢：公示稿從公示名單上的對象取它的項目，一個項目一份。

    推薦表給看得見全部材料的人（policies.can_see_whole_candidate），撤回的不列；公示了的人人可看。
    """
    whole = Q(programme__campaign=campaign)
    if not policies.can_see_votes(standing, campaign):
        whole &= Q(department__in=standing.departments) | Q(person=standing.user_id)
    listed = Q(state__in=Candidate.ON_LIST, programme__state__in=Programme.PUBLIC)
    newest = [F("nominated_at").desc(), F("pk").desc()]
    rows = (
        Candidate.objects.visible_to(standing)
        .filter(programme__campaign=campaign)
        .exclude(state=Candidate.State.WITHDRAWN)
        .annotate(is_whole=_one_if(whole), is_listed=_one_if(listed))
        .annotate(
            place_of_form=Window(RowNumber(), partition_by=F("is_whole"), order_by=newest),
            place_of_notice=Window(
                RowNumber(), partition_by=[F("programme"), F("is_listed")], order_by=newest
            ),
            total=Window(Count("pk"), partition_by=F("is_whole")),
        )
        .filter(Q(is_whole=1, place_of_form__lte=limit) | Q(is_listed=1, place_of_notice=1))
        .select_related("programme")
        .order_by("place_of_form")
    )
    found = list(rows)
    forms = [row for row in found if row.is_whole and row.place_of_form <= limit]
    public = [row.programme for row in found if row.is_listed and row.place_of_notice == 1]
    public.sort(key=lambda row: (row.publicity_start, row.pk), reverse=True)
    return {
        FORM: Shelf([_form_row(row) for row in forms], forms[0].total if forms else 0),
        NOTICE: Shelf([_notice_row(row) for row in public[:limit]], len(public)),
    }


def _one_if(condition: Q) -> Case:
    return Case(When(condition, then=Value(1)), default=Value(0), output_field=IntegerField())


def _form_row(row: Candidate) -> PaperRow:
    return PaperRow(
        title=_("%(who)s：%(programme)s") % {"who": row, "programme": row.programme.title},
        url=row.get_absolute_url(),
        day=localtime(row.nominated_at).date(),
        state=str(row.get_state_display()),
        tone="ok" if row.is_on_list else "plain",
        download=reverse("recommendations:candidate-form", args=[row.pk]),
    )


def _notice_row(row: Programme) -> PaperRow:
    return PaperRow(
        title=_("關於%(programme)s的公示") % {"programme": row.title},
        url=row.get_absolute_url(),
        day=row.publicity_start,
        state=str(row.get_state_display()),
        tone="act" if row.state == Programme.State.PUBLICITY else "plain",
        download=reverse("recommendations:publicity-notice", args=[row.pk]),
    )


def register() -> None:
    register_papers(PaperFamily("recommendations", _kinds, _list, 50))
