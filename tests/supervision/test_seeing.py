"""誰看得見哪一張：查詢與單件判斷同一規則；佐證和反饋在每一條路上都守得住。"""

from collections.abc import Callable
from datetime import date, datetime
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client
from django.urls import reverse

from campaigns.services.seats import hand_over_seat
from supervision import policies, services
from supervision.models import Attachment, Order, readers_of
from supervision.services.attaching import attach, detach
from tasks.models import EvidenceFile, WrongState
from tests import factories as make
from tests.cast import TODAY, Cast
from tests.lib import make_files
from tests.supervision import stage

SignIn = Callable[..., Client]
PEOPLE = (
    "office",
    "leader",
    "deputy",
    "head",
    "clerk",
    "neighbour",
    "helper",
    "helper_head",
    "admin",
)


@pytest.fixture
def orders(cast: Cast, now: datetime) -> list[Order]:
    """各種狀態、各種來源的單子。"""
    report = stage.report_of(cast, now)
    return [
        *(stage.order(cast, now, state) for state in ("draft", "issued", "answered", "closed")),
        stage.order(cast, now, supporting_ids=[cast.bureau_office.pk]),
        stage.order(cast, now, lead_department_id=cast.funeral_home.pk),
        stage.instruct(cast, now, "answered"),
        stage.instruct(cast, now, actor=cast.deputy, text="分管的也看一下。"),
        stage.instruction(now, actor=cast.deputy, subject=report, text="請核實。").order,
    ]


@pytest.mark.parametrize("who", PEOPLE)
def test_the_list_and_the_single_order_agree_on_who_sees(
    cast: Cast, orders: list[Order], who: str
) -> None:
    standing = cast.standing(getattr(cast, who))

    listed = set(Order.objects.visible_to(standing).values_list("pk", flat=True))
    judged = {
        row.pk
        for row in map(stage.fresh, orders)
        if policies.can_see(
            standing,
            row,
            is_reader=bool(row.instruction)
            and standing.user_id in {person.pk for person in readers_of(row.instruction, TODAY)},
        )
    }

    assert listed == judged
    assert (len(listed) == 0) == (who == "admin")


def test_a_supporting_department_reads_the_answer_after_it_is_closed(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    order = stage.order(cast, now, "answered", supporting_ids=[cast.bureau_office.pk])
    helper = signed_in(cast.helper)

    before = helper.get(order.get_absolute_url()).content.decode()
    services.close_order(actor=cast.office, order_id=order.pk, round_number=1, at=now)
    after = helper.get(order.get_absolute_url()).content.decode()

    assert stage.ANSWER not in before
    assert stage.ANSWER in after


def test_the_office_does_not_read_an_answer_before_it_is_signed(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    order = stage.order(cast, now, "submitted")

    pages = {
        who: signed_in(getattr(cast, who)).get(order.get_absolute_url()).content.decode()
        for who in ("office", "leader", "head", "clerk")
    }

    read = {who for who, page in pages.items() if stage.ANSWER in page}
    assert read == {"head", "clerk"}


def test_what_the_head_said_inside_stays_inside(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    order = stage.order(cast, now, "submitted")
    services.give_back(
        actor=cast.head, order_id=order.pk, round_number=1, reason="錯字太多", at=now
    )

    office, clerk = (
        signed_in(person).get(order.get_absolute_url()).content.decode()
        for person in (cast.office, cast.clerk)
    )

    assert "錯字太多" not in office
    assert "錯字太多" in clerk


# ── 佐證 ──────────────────────────────────────────────


def send(cast: Cast, order: Order, at: datetime, who: str = "clerk") -> Attachment:
    return attach(
        actor=getattr(cast, who),
        order_id=order.pk,
        file=BytesIO(make_files.picture(make_files.scene())),
        name="大廳公示欄.jpg",
        at=at,
    )


def test_evidence_is_kept_once_by_content(cast: Cast, now: datetime) -> None:
    first, second = stage.order(cast, now, "accepted"), stage.order(cast, now, "accepted")

    links = [send(cast, first, now), send(cast, first, now), send(cast, second, now)]

    assert EvidenceFile.objects.count() == 1
    assert links[0] == links[1] != links[2]


ROADS = ("file", "file-thumb", "file-remove")


@pytest.mark.parametrize("road", ROADS)
def test_another_departments_evidence_is_refused_on_every_road(
    cast: Cast, now: datetime, signed_in: SignIn, road: str
) -> None:
    evidence = send(cast, stage.order(cast, now, "accepted"), now)
    url = reverse(f"supervision:{road}", args=[evidence.pk])
    method = "post" if road == "file-remove" else "get"

    answers = {
        who: getattr(signed_in(getattr(cast, who)), method)(url).status_code
        for who in ("neighbour", "helper", "admin", "office", "leader")
    }

    assert answers == {
        "neighbour": 404,
        "helper": 404,
        "admin": 404,
        "office": 403,
        "leader": 403,
    }
    evidence.refresh_from_db()
    assert evidence.removed_at is None


def test_signed_evidence_is_seen_above_and_no_longer_removed(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    order = stage.order(cast, now, "accepted")
    evidence = send(cast, order, now)
    services.submit_answer(actor=cast.clerk, order_id=order.pk, text="已辦。", version=0, at=now)
    services.sign_answer(actor=cast.head, order_id=order.pk, round_number=1, at=now)

    answer = signed_in(cast.office).get(evidence.get_absolute_url())

    assert answer.status_code == 200
    with pytest.raises(WrongState):
        detach(actor=cast.clerk, attachment_id=evidence.pk, at=now)


def test_a_neighbour_cannot_add_to_it(cast: Cast, now: datetime, signed_in: SignIn) -> None:
    order = stage.order(cast, now, "accepted")
    url = reverse("supervision:file-add", args=[order.pk])
    file = make_files.picture(make_files.scene())

    answer = signed_in(cast.neighbour).post(url, {"file": BytesIO(file)})

    assert answer.status_code == 404
    with pytest.raises(PermissionDenied):
        send(cast, order, now, "neighbour")
    assert not order.attachments.exists()


def test_evidence_goes_along_into_the_next_round(cast: Cast, now: datetime) -> None:
    order = stage.order(cast, now, "accepted")
    evidence = send(cast, order, now)
    services.submit_answer(actor=cast.clerk, order_id=order.pk, text="已辦。", version=0, at=now)
    services.give_back(
        actor=cast.head, order_id=order.pk, round_number=1, reason="再核一遍", at=now
    )

    carried = stage.fresh(order).current.evidence.get()

    assert (carried.file_id, carried.pk != evidence.pk) == (evidence.file_id, True)


def test_the_office_attaches_papers_the_department_reads(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    order = stage.order(cast, now)

    paper = send(cast, order, now, "office")

    assert paper.round is None
    assert signed_in(cast.clerk).get(paper.get_absolute_url()).status_code == 200
    assert signed_in(cast.neighbour).get(paper.get_absolute_url()).status_code == 404


def test_a_file_that_is_not_what_it_says_is_refused_with_a_sentence(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    order = stage.order(cast, now, "accepted")
    url = reverse("supervision:file-add", args=[order.pk])

    answer = signed_in(cast.clerk).post(url, {"file": BytesIO(b"MZ not a picture")})

    assert answer.status_code == 422
    assert answer.content.decode().endswith("。")


def test_a_leader_who_left_no_longer_reads_what_he_asked_for(cast: Cast, now: datetime) -> None:
    order = stage.instruct(cast, now, "answered")
    successor = make.UserFactory()
    hand_over_seat(
        actor=cast.admin,
        seat_id=order.instruction.seat_id,
        successor=successor,
        last_day=date(2026, 11, 24),
        at=now,
    )
    order, after = stage.fresh(order), date(2026, 11, 26)

    gone, new = cast.standing(cast.leader, after), cast.standing(successor, after)

    assert not Order.objects.visible_to(gone).exists()
    assert not policies.can_see(gone, order)
    assert not policies.can_read_answer(gone, order, order.current)
    assert Order.objects.visible_to(new).get() == order


def test_what_the_former_unit_said_inside_stays_inside(
    cast: Cast, now: datetime, signed_in: SignIn
) -> None:
    order = stage.order(cast, now, "submitted")
    services.give_back(
        actor=cast.head, order_id=order.pk, round_number=1, reason="內部的話", at=now
    )
    assert "內部的話" in signed_in(cast.clerk).get(order.get_absolute_url()).content.decode()

    services.change_order(
        actor=cast.office,
        order_id=order.pk,
        matter=stage.matter(cast, lead_department_id=cast.funeral_home.pk),
        version=stage.fresh(order).version,
        at=now,
    )

    page = signed_in(cast.neighbour).get(order.get_absolute_url())
    assert page.status_code == 200
    assert "內部的話" not in page.content.decode()
