"""實地考察：抽籤可以重抽，暗訪不走漏，現場在手機上記完。"""

from collections.abc import Callable
from datetime import date
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from evaluations.models import SiteVisit, VisitDraw
from evaluations.services import rounds, visits
from evaluations.services.visits import VisitPlan
from journal.models import Notice
from people.models import User
from pingtan_civ.lib.drawing import draw
from pingtan_civ.lib.scoring import Finding
from tests.cast import Cast
from tests.evaluations import round_stage as stage
from tests.evaluations.round_stage import Phase

SignIn = Callable[[User], Client]


def plan(cast: Cast, **changes: object) -> VisitPlan:
    return VisitPlan(**{"date": date(2026, 12, 9), "team": (cast.officer,)} | changes)


def photo() -> SimpleUploadedFile:
    picture = BytesIO()
    Image.new("RGB", (40, 30), "white").save(picture, "JPEG")
    return SimpleUploadedFile("大廳.jpg", picture.getvalue(), "image/jpeg")


def test_a_draw_is_written_down_and_can_be_drawn_again(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.SELF)
    sheets = list(found.sheets.all())

    drawn = visits.draw_visits(
        actor=cast.office,
        round_id=found.pk,
        sheet_ids=[sheet.pk for sheet in sheets],
        count=2,
        plan=plan(cast),
        seed="abc",
        at=stage.START,
    )

    assert drawn.picked == draw("abc", [key for key, _name in drawn.pool], 2)
    assert set(drawn.visits.values_list("sheet__department", flat=True)) == set(drawn.picked)
    assert "種子 abc" in Notice.objects.filter(recipient=cast.officer).latest("pk").title


def test_the_team_may_not_be_of_the_unit(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.SELF)
    sheet = stage.sheet_of(found, cast.registry)

    with pytest.raises(ValidationError, match="要迴避"):
        visits.plan_visit(
            actor=cast.office, sheet_id=sheet.pk, plan=plan(cast, team=(cast.clerk,)),
            at=stage.START,
        )  # fmt: skip
    with pytest.raises(PermissionDenied):
        visits.plan_visit(actor=cast.head, sheet_id=sheet.pk, plan=plan(cast), at=stage.START)
    assert not SiteVisit.objects.exists()


def test_a_covert_visit_is_not_seen_until_it_is_done(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.SELF)
    sheet = stage.sheet_of(found, cast.registry)
    told = Notice.objects.filter(recipient__in=[cast.head, cast.clerk])
    before = told.count()
    visit = visits.plan_visit(
        actor=cast.office, sheet_id=sheet.pk, plan=plan(cast, is_covert=True), at=stage.START
    )
    head = signed_in(cast.head)
    listed = reverse("evaluations:visit-list", args=[found.code])

    assert told.count() == before
    assert head.get(visit.get_absolute_url()).status_code == 404
    assert head.get(listed).context["visits"] == []

    visits.record_visit(
        actor=cast.officer, visit_id=visit.pk, notes="扶手缺一處。", at=stage.START, is_done=True
    )

    assert head.get(visit.get_absolute_url()).status_code == 200
    assert head.get(listed).context["visits"] == [visit]
    assert "考察辦完" in Notice.objects.filter(recipient=cast.head).latest("pk").title


def test_the_team_writes_and_photographs_on_the_spot(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.CHECK)
    sheet = stage.sheet_of(found, cast.registry)
    visit = visits.plan_visit(
        actor=cast.office, sheet_id=sheet.pk, plan=plan(cast, team=(cast.neighbour,)),
        at=stage.START,
    )  # fmt: skip
    member = signed_in(cast.neighbour)
    address = visit.get_absolute_url()

    assert "到婚姻登記處實地考察" in member.get("/desk/").content.decode()
    member.post(address, {"notes": "意見箱沒有鑰匙。", "upload": "1", "file": photo()})
    member.post(address, {"notes": "意見箱沒有鑰匙。", "upload": "1", "file": photo()})
    (kept,) = visit.photos.all()
    visit.refresh_from_db()
    assert (visit.notes, visit.done_at) == ("意見箱沒有鑰匙。", None)
    member.post(
        reverse("evaluations:visit-photo-remove", args=[kept.pk]), {"notes": "意見箱配了鑰匙。"}
    )
    visit.refresh_from_db()
    assert (visit.notes, visit.photos.filter(removed_at=None).exists()) == (
        "意見箱配了鑰匙。",
        False,
    )
    member.post(address, {"notes": visit.notes, "file": photo()})
    kept = visit.photos.get(removed_at__isnull=True)
    assert member.get(kept.get_absolute_url()).status_code == 200
    empty = member.post(address, {"notes": "", "done": "1"})
    assert "寫下現場看到的情況" in empty.content.decode()
    member.post(address, {"notes": "扶手缺一處。", "done": "1"})
    visit.refresh_from_db()
    assert visit.done_by == cast.neighbour

    late = member.post(reverse("evaluations:visit-photo-remove", args=[kept.pk]))
    assert late.status_code == 302
    assert visit.photos.filter(removed_at__isnull=True).exists()
    assert rounds.save_first_scores(
        actor=cast.neighbour,
        sheet_id=sheet.pk,
        marks=stage.marks(sheet, {"2.1": Finding(step="B")}, "扶手缺一處"),
        at=stage.START,
    )


def test_the_team_is_chosen_by_post_among_those_who_may_go(
    cast: Cast, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    found = stage.round_at(cast, Phase.SELF)
    office = signed_in(cast.office)

    sheet = stage.sheet_of(found, cast.registry)
    address = reverse("evaluations:visit-create", args=[found.code])
    chosen = office.post(address, {"sheet": sheet.pk})
    assert chosen.url == f"{address}?sheet={sheet.pk}"
    with django_assert_max_num_queries(16):
        page = office.get(chosen.url)

    offered = {label for _value, label in page.context["form"].fields["team"].choices}
    assert {"館長庚（殯儀館負責人）", "副組長乙（副局長）", "幹事丁（創建辦幹事）"} <= offered
    assert not [label for label in offered if "組長甲" in label or "管理員" in label]
    # 去的單位自己的人要迴避：不列，並說為什麼；硬交上來的也不收。
    assert not [label for label in offered if "處長戊" in label or "登記員己" in label]
    assert "處長戊、登記員己是婚姻登記處的人，要迴避，沒有列出" in page.content.decode()
    forced = office.post(chosen.url, {"date": "2026-12-09", "team": [cast.clerk.pk]})
    assert "請照列出的重選" in forced.content.decode()
    assert office.post(chosen.url, {"date": "2026-12-09", "team": [cast.officer.pk]}).url
    assert SiteVisit.objects.get().sheet == sheet


def test_who_is_of_a_drawn_unit_stays_away_from_it(cast: Cast) -> None:
    found = stage.round_at(cast, Phase.SELF)
    draw_with = {
        "actor": cast.office,
        "round_id": found.pk,
        "sheet_ids": [sheet.pk for sheet in found.sheets.all()],
        "count": 3,
        "at": stage.START,
    }

    # 有一家沒有人能去：抽以前就說，不能抽了再重抽。
    with pytest.raises(ValidationError, match="抽中婚姻登記處時沒有人能去"):
        visits.draw_visits(**draw_with, plan=plan(cast, team=(cast.clerk,)), seed="abc")
    assert not VisitDraw.objects.exists()
    both = plan(cast, team=(cast.clerk, cast.neighbour))
    visits.draw_visits(**draw_with, plan=both, seed="abc")

    teams = {
        visit.sheet.department: set(visit.team.all())
        for visit in SiteVisit.objects.select_related("sheet__department")
    }
    assert teams[cast.registry] == {cast.neighbour}
    assert teams[cast.funeral_home] == {cast.clerk}
    assert teams[cast.bureau_office] == {cast.clerk, cast.neighbour}


def test_the_office_draws_on_a_page(cast: Cast, signed_in: SignIn) -> None:
    found = stage.round_at(cast, Phase.SELF)
    office = signed_in(cast.office)
    sent = {
        "pool": [sheet.pk for sheet in found.sheets.all()],
        "count": "9",
        "date": "2026-12-09",
        "team": [cast.officer.pk],
    }
    address = reverse("evaluations:visit-draw", args=[found.code])

    assert "抽幾個應在 1 至 3 之間" in office.post(address, sent).content.decode()
    assert office.post(address, sent | {"count": "1"}).status_code == 302
    assert (
        VisitDraw.objects.get().seed
        in office.get(reverse("evaluations:visit-list", args=[found.code])).content.decode()
    )
