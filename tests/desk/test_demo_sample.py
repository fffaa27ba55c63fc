"""樣例：裝一次，之後再不碰；每一行都由真的服務辦出來。"""

import json
import stat
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from django.db import transaction
from pytest_django.plugin import DjangoDbBlocker

from campaigns.models import Campaign, Seat
from desk.demo import accounts, organisation, sample
from evaluations.models import InquiryAnswer, TargetLetter, VetoEvent, VetoItem
from evaluations.services.letter_signing import verify_letters
from journal.models import Entry, Notice
from journal.services import broken_entries, seal_entries
from people.models import Appointment, Department, User
from recommendations.models import Programme, PublicityObjection
from supervision.models import Order
from tasks.lights import Light, LightRule
from tasks.models import Assignment, ChangeRequest, Measure, Round, Submission
from tasks.services.issuing import refresh_measure
from workdays.services import calendar

TODAY = date(2026, 11, 23)
pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def accounts_path(
    django_db_setup: None,
    django_db_blocker: DjangoDbBlocker,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Path]:
    """整個文件共用一份裝好的樣例；測完回滾。"""
    path = tmp_path_factory.mktemp("demo") / "demo-accounts.json"
    with django_db_blocker.unblock(), transaction.atomic():
        sample.load(accounts_path=path, today=TODAY)
        yield path
        transaction.set_rollback(True)


def rows(path: Path) -> list[dict[str, str]]:
    return json.loads(path.read_text(encoding="utf-8"))


def test_every_role_has_an_account_that_works(accounts_path: Path) -> None:
    listed = rows(accounts_path)

    roles = [row["role"] for row in listed]
    assert {role: roles.count(role) for role in ("組長", "副組長", "辦公室", "管理員")} == {
        "組長": 1,
        "副組長": 2,
        "辦公室": 2,
        "管理員": 1,
    }
    assert roles.count("負責人") == roles.count("經辦人") == len(organisation.UNITS) >= 8
    assert all(set(row) >= {"role", "username", "password", "department"} for row in listed)
    users = {user.username: user for user in User.objects.all()}
    assert all(users[row["username"]].check_password(row["password"]) for row in listed)


def test_passwords_are_random_and_for_the_owner_only(accounts_path: Path) -> None:
    passwords = [row["password"] for row in rows(accounts_path)]

    assert len(set(passwords)) == len(passwords)
    assert stat.S_IMODE(accounts_path.stat().st_mode) == 0o600


def test_loading_again_doubles_nothing_and_keeps_what_people_changed(accounts_path: Path) -> None:
    counted = [Department, Campaign, Seat, User, Appointment, Measure, Submission, Entry, Notice]
    before = [model.objects.count() for model in counted]
    Measure.objects.filter(code="3-03").update(title="我們改過的措施")
    clerk = User.objects.get(username="marriage-registry-clerk")
    clerk.name = "改過的姓名"
    clerk.set_password("自己改過的密碼一二三")
    clerk.save()
    file = accounts_path.read_text(encoding="utf-8")

    fresh = sample.load(accounts_path=accounts_path, today=date(2027, 5, 1))

    clerk.refresh_from_db()
    assert not fresh
    assert [model.objects.count() for model in counted] == before
    assert Measure.objects.filter(title="我們改過的措施").exists()
    assert (clerk.name, clerk.check_password("自己改過的密碼一二三")) == ("改過的姓名", True)
    assert accounts_path.read_text(encoding="utf-8") == file


def test_the_only_person_named_is_the_one_the_document_names(accounts_path: Path) -> None:
    chair = Seat.objects.get(role=Seat.Role.CHAIR)
    posts = {person.name for person in organisation.people()}

    assert chair.user.name == "游美髮"
    assert set(User.objects.values_list("name", flat=True)) == posts
    assert Seat.objects.filter(role=Seat.Role.DEPUTY, departments__isnull=False).exists()


def test_all_six_tasks_are_broken_down_and_every_light_shows(accounts_path: Path) -> None:
    campaign = Campaign.objects.get(code="pt2026")
    rule = LightRule.on(TODAY, calendar(), campaign.warn_days)
    measures = list(Measure.objects.filter(campaign=campaign).select_related("main_task"))

    assert {measure.main_task.code for measure in measures} == {f"T{n}" for n in range(1, 7)}
    lights = {rule.of(measure) for measure in measures}
    assert lights == {Light.OK, Light.WARN, Light.BAD, Light.TODO, Light.DONE}


def test_everyone_finds_something_waiting(accounts_path: Path) -> None:
    states = set(Submission.objects.values_list("state", flat=True))
    pending = ChangeRequest.objects.filter(state=ChangeRequest.State.PENDING)

    assert states == {"open", "submitted", "endorsed", "accepted"}
    assert set(pending.values_list("kind", flat=True)) == {"objection", "extension"}
    assert Round.objects.filter(decision=Round.Decision.SENT_BACK).exists()
    assert Assignment.objects.filter(state=Assignment.State.ISSUED).exists()
    assert Notice.objects.filter(read_at__isnull=True).exists()


def test_the_stored_dates_agree_with_the_rows(accounts_path: Path) -> None:
    """樣例經服務辦理，隨辦理維護的日期事實重算一遍不變。"""
    dates = ("pk", "owed_date", "behind_date")
    stored = list(Measure.objects.order_by("pk").values_list(*dates))

    for measure in Measure.objects.select_related("campaign"):
        refresh_measure(measure)

    assert any(owed for _pk, owed, _behind in stored)
    assert any(behind for _pk, _owed, behind in stored)
    assert list(Measure.objects.order_by("pk").values_list(*dates)) == stored


def test_the_journal_runs_forward_and_seals(accounts_path: Path) -> None:
    moments = list(Entry.objects.exclude(action=sample.LOADED).order_by("pk").values("at"))

    while seal_entries():
        pass

    assert moments == sorted(moments, key=lambda row: row["at"])
    assert moments[-1]["at"].date() < TODAY
    assert broken_entries() == []


def test_an_account_missing_from_the_file_gets_a_new_password(accounts_path: Path) -> None:
    kept = [row for row in rows(accounts_path) if row["username"] != "office2"]
    shorter = accounts_path.with_name("shorter.json")
    shorter.write_text(json.dumps(kept), encoding="utf-8")

    sample.load(accounts_path=shorter, today=TODAY)

    new = {row["username"]: row["password"] for row in rows(shorter)}
    old = {row["username"]: row["password"] for row in rows(accounts_path)}
    assert User.objects.get(username="office2").check_password(new["office2"])
    assert {name for name in old if old[name] != new[name]} == {"office2"}


@pytest.mark.parametrize("damaged", ["", "{", "[1, 2]", '{"a": 1}', "null"])
def test_a_damaged_accounts_file_counts_as_none(damaged: str, tmp_path: Path) -> None:
    path = tmp_path / "accounts.json"
    path.write_text(damaged, encoding="utf-8")

    assert accounts.known_passwords(path) == {}


@pytest.mark.parametrize(
    ("today", "year"),
    [(date(2026, 11, 23), 2026), (date(2027, 2, 1), 2026), (date(2027, 4, 1), 2027)],
)
def test_the_sample_belongs_to_the_campaign_running_that_day(today: date, year: int) -> None:
    assert sample.sample_year(today) == year


def test_the_sample_holds_orders_in_different_states(accounts_path: Path) -> None:
    supervised = Order.objects.with_everything().exclude(source=Order.Source.RECTIFICATION)
    orders = {order.lead_department.code: order for order in supervised}

    states = {code: order.state for code, order in orders.items()}
    assert states == {
        "funeral_home": "closed",
        "relief_station": "accepted",
        "marriage_registry": "answered",
        "welfare_home": "issued",
    }
    assert orders["marriage_registry"].instruction.by.username == "chair"
    assert Order.objects.overdue(TODAY).get() == orders["relief_station"]
    assert Order.objects.get(source=Order.Source.RECTIFICATION).state == "issued"


def test_the_sample_holds_a_released_veto_and_an_open_inquiry(accounts_path: Path) -> None:
    event = VetoEvent.objects.get(is_self_reported=True)
    release = event.releases.get()

    assert VetoItem.objects.count() == 9
    assert (event.state, event.is_self_reported) == ("released", True)
    assert release.proposed_by != release.decided_by
    assert set(InquiryAnswer.objects.values_list("answer", flat=True)) == {"", "clear"}


def test_the_sample_recommends_two_and_stops_one_by_a_veto(accounts_path: Path) -> None:
    programme = Programme.objects.get()
    states = {row.department.code: row.state for row in programme.candidates.all()}

    assert states == {
        "social_affairs": "passed",
        "elderly_children": "passed",
        "relief_station": "rejected",
    }
    stopped = programme.candidates.get(state="rejected")
    assert "發生重大安全責任事故" in stopped.settled_reason
    assert programme.state == "publicity"
    assert programme.is_in_publicity(TODAY)
    assert PublicityObjection.objects.filter(state="open").count() == 1


def test_every_unit_has_signed_its_letter_and_two_supplements_wait(accounts_path: Path) -> None:
    letters = TargetLetter.objects.filter(parent=None)
    supplements = TargetLetter.objects.exclude(parent=None)

    assert letters.count() == len(organisation.UNITS)
    assert {row.state for row in letters} == {"in_force"}
    assert sorted(row.state for row in supplements) == ["head_signed", "issued"]
    assert list(verify_letters()) == []
