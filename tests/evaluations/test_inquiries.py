"""徵詢函：發出、記答覆、催、撤回、公文；沒有答覆的一直是「未確認」。"""

from collections.abc import Callable, Collection
from datetime import date, datetime, timedelta
from io import BytesIO

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from docx import Document
from pypdf import PdfReader

from evaluations.eligibility import unanswered
from evaluations.models import (
    AuthorityInquiry,
    InquiryAnswer,
    InquiryFile,
    VetoEvent,
    VetoItem,
)
from evaluations.services.inquiries import Reply, ask_authority, record_replies, withdraw_inquiry
from evaluations.services.vetoes import register_event
from journal.models import Entry
from people.models import Department, User
from tests import factories as make
from tests.cast import TODAY, Cast
from tests.evaluations.stage import picture

SignIn = Callable[[User], Client]


@pytest.fixture
def item(cast: Cast) -> VetoItem:
    return make.VetoItemFactory(campaign=cast.campaign, text="無刑事案件", authority="公安機關")


def ask(
    cast: Cast,
    item: VetoItem,
    at: datetime,
    by: str = "office",
    items: Collection[VetoItem] = (),
) -> AuthorityInquiry:
    return ask_authority(
        actor=getattr(cast, by),
        campaign=cast.campaign,
        authority="平潭縣公安局",
        items=items or [item],
        departments=[cast.registry, cast.funeral_home],
        period=(date(2025, 11, 23), TODAY),
        days=10,
        at=at,
    )


def reply(
    cast: Cast, inquiry: AuthorityInquiry, at: datetime, answer: str, **given: object
) -> AuthorityInquiry:
    values = {"answered_date": at.date(), "document_number": "嵐公函〔2026〕8號"} | given
    return record_replies(
        actor=cast.office,
        inquiry_id=inquiry.pk,
        replies={
            row.pk: Reply(answer, "說明")
            for row in inquiry.answers.filter(department=cast.registry)
        },
        at=at,
        **values,
    )


def test_the_limit_is_in_working_days_and_nobody_is_clear_yet(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    inquiry = ask(cast, item, now)

    assert inquiry.due_date == date(2026, 12, 7)
    assert {row.get_answer_display() for row in inquiry.answers.all()} == {"未確認"}
    assert Entry.objects.about(inquiry).get().summary == "徵詢平潭縣公安局：2個單位，1種情形。"


def test_an_answer_is_kept_with_its_paper_and_the_other_unit_stays_open(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    inquiry = reply(cast, ask(cast, item, now), now, "clear")

    answers = dict(inquiry.answers.values_list("department", "answer"))
    assert answers == {cast.registry.pk: "clear", cast.funeral_home.pk: ""}
    entry = Entry.objects.about(inquiry).first()
    assert entry.changes == {"婚姻登記處發生刑事案件": ["未確認", "無"]}
    reply(cast, inquiry, now, "clear")
    assert Entry.objects.about(inquiry).count() == 2


@pytest.mark.parametrize("days", [-1, 1])
def test_an_answer_comes_between_the_letter_and_today(
    cast: Cast, item: VetoItem, now: datetime, days: int
) -> None:
    inquiry = ask(cast, item, now)

    with pytest.raises(ValidationError, match="發函之後"):
        reply(cast, inquiry, now, "clear", answered_date=TODAY + timedelta(days=days))


def test_an_answer_needs_a_date_in_the_database(cast: Cast, item: VetoItem, now: datetime) -> None:
    ask(cast, item, now)

    with pytest.raises(IntegrityError), transaction.atomic():
        InquiryAnswer.objects.update(answer="clear")


def test_an_answer_behind_an_event_does_not_turn_clear(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    inquiry = reply(cast, ask(cast, item, now), now, "event")
    event = make.VetoEventFactory(item=item, department=cast.registry)
    inquiry.answers.filter(department=cast.registry).update(event=event)

    with pytest.raises(ValidationError, match="已據答覆登記事件"):
        reply(cast, inquiry, now, "clear")


def test_each_item_has_its_own_answer_and_the_rest_may_be_clear_at_once(
    cast: Cast, item: VetoItem, now: datetime, signed_in: SignIn
) -> None:
    """問兩種情形：一種「有情況」，另一種「無」；據答覆登記的事連着它自己那一種。"""
    other = make.VetoItemFactory(campaign=cast.campaign, text="無「黃賭毒」和邪教活動")
    inquiry = ask(cast, item, now, items=[item, other])
    office, address = signed_in(cast.office), inquiry.get_absolute_url()
    hit = inquiry.answers.get(department=cast.registry, item=item)

    office.post(
        address,
        {f"answer_{hit.pk}": "event", "rest_is_clear": "on", "answered_date": "2026-11-23"},
    )

    answers = inquiry.answers.order_by("pk").values_list("department", "item", "answer")
    assert {row[2] for row in answers if row[:2] != (cast.registry.pk, item.pk)} == {"clear"}
    assert len(answers) == 4
    entry = Entry.objects.about(inquiry).first()
    assert entry.summary == "登記平潭縣公安局的答覆：4項。"
    assert entry.changes["婚姻登記處發生刑事案件"] == ["未確認", "有情況"]
    gaps = unanswered(cast.campaign, [cast.registry.pk], TODAY)[cast.registry.pk]
    assert [gap.item for gap in gaps] == ["發生刑事案件"]
    fact = {"description": "查獲。", "date_of_event": date(2026, 6, 1)}
    for happened in (other, item):
        register_event(
            actor=cast.office, item=happened, department=cast.registry, values=fact, at=now,
            answer=hit,
        )  # fmt: skip
    hit.refresh_from_db()
    assert hit.event.item == item
    assert unanswered(cast.campaign, [cast.registry.pk], TODAY)[cast.registry.pk] == []
    assert "待認定" in office.get(address).content.decode()


def test_the_reply_letter_is_kept_with_the_answers(
    cast: Cast, item: VetoItem, now: datetime, signed_in: SignIn
) -> None:
    inquiry = ask(cast, item, now)
    office, address = signed_in(cast.office), inquiry.get_absolute_url()
    row, said = inquiry.answers.first(), {"answered_date": "2026-11-23"}

    bad = office.post(
        address,
        said | {f"answer_{row.pk}": "clear", "paper": SimpleUploadedFile("復函.exe", b"MZ")},
    )
    assert bad.context["form"].errors["paper"]
    assert not inquiry.answers.exclude(answer="").exists()
    for _time in range(2):
        office.post(address, said | {"paper": picture("復函.png")})
    file = InquiryFile.objects.get()

    assert Entry.objects.about(inquiry).first().summary == f"上傳復函「{file.name}」。"
    assert file.name in signed_in(cast.leader).get(address).content.decode()
    assert signed_in(cast.leader).get(file.get_absolute_url()).status_code == 200
    assert signed_in(cast.head).get(file.get_absolute_url()).status_code == 404
    remove = reverse("evaluations:inquiry-file-remove", args=[file.pk])
    assert signed_in(cast.leader).post(remove).status_code == 403
    office.post(remove)
    assert office.get(file.get_absolute_url()).status_code == 404
    assert Entry.objects.about(inquiry).first().summary == f"撤下復函「{file.name}」。"


@pytest.mark.parametrize("by", ["leader", "head", "admin"])
def test_only_the_office_asks(cast: Cast, item: VetoItem, now: datetime, by: str) -> None:
    with pytest.raises(PermissionDenied):
        ask(cast, item, now, by=by)


def test_an_unanswered_letter_is_withdrawn_and_stays_on_record(
    cast: Cast, item: VetoItem, now: datetime
) -> None:
    mistaken, answered = ask(cast, item, now), ask(cast, item, now)
    withdraw_inquiry(actor=cast.office, inquiry_id=mistaken.pk, reason="發錯機關", at=now)
    reply(cast, answered, now, "clear")

    with pytest.raises(ValidationError, match="已撤回"):
        reply(cast, mistaken, now, "clear")
    with pytest.raises(ValidationError, match="不能撤回"):
        withdraw_inquiry(actor=cast.office, inquiry_id=answered.pk, reason="晚了", at=now)
    assert AuthorityInquiry.objects.count() == 2


def test_the_menu_of_the_office_counts_what_is_overdue(
    cast: Cast, item: VetoItem, now: datetime, signed_in: SignIn
) -> None:
    inquiry = ask(cast, item, now - timedelta(days=60))

    def waiting(user: User) -> int:
        return signed_in(user).get("/desk/").context["shell"].waiting.get("inquiries", 0)

    assert list(AuthorityInquiry.objects.overdue(inquiry.due_date)) == []
    assert (waiting(cast.office), waiting(cast.leader)) == (1, 0)
    InquiryAnswer.objects.update(answer="clear", answered_date=TODAY, recorded_by=cast.office)
    assert waiting(cast.office) == 0


def test_the_whole_way_on_the_pages(cast: Cast, item: VetoItem, signed_in: SignIn) -> None:
    office, code = signed_in(cast.office), cast.campaign.code
    new = reverse("evaluations:inquiry-create", args=[code])
    offered = office.get(new, {"authority": "公安機關"}).context["form"].initial
    assert offered["items"] == [item]
    form = {
        "authority": "平潭縣公安局",
        "items": [item.pk],
        "departments": [cast.registry.pk],
        "period_start": "2025-11-23",
        "period_end": "2026-11-23",
        "days": 5,
    }
    wrong = office.post(new, form | {"period_end": "2020-01-01", "departments": []})
    assert "止日早於起日" in wrong.content.decode()
    assert "至少選一個單位" in wrong.content.decode()
    office.post(new, form)
    inquiry = AuthorityInquiry.objects.get()
    page = office.get(inquiry.get_absolute_url()).content.decode()
    assert "未確認" in page

    asked = InquiryAnswer.objects.get()
    said = {
        f"answer_{asked.pk}": "event",
        f"note_{asked.pk}": "一名職工酒後駕車。",
        "answered_date": "2026-11-23",
        "document_number": "嵐公函〔2026〕8號",
    }
    future = office.post(inquiry.get_absolute_url(), said | {"answered_date": "2026-11-24"})
    assert "發函之後" in future.content.decode()
    assert office.post(inquiry.get_absolute_url(), said).status_code == 302
    register = reverse("evaluations:veto-create", args=[code]) + f"?answer={asked.pk}"
    initial = office.get(register).context["form"].initial
    assert initial["authority"] == "平潭縣公安局"
    office.post(
        register,
        {
            "item": item.pk,
            "department": cast.registry.pk,
            "date_of_event": "2026-06-01",
            "description": "一名職工酒後駕車。",
        },
    )
    asked.refresh_from_db()
    assert asked.event == VetoEvent.objects.get()


def test_the_letters_are_for_the_office_and_the_leaders(
    cast: Cast, item: VetoItem, now: datetime, signed_in: SignIn
) -> None:
    inquiry = ask(cast, item, now)

    assert signed_in(cast.head).get(inquiry.get_absolute_url()).status_code == 404
    assert signed_in(cast.admin).get(inquiry.get_absolute_url()).status_code == 404
    leader = signed_in(cast.leader)
    assert leader.get(inquiry.get_absolute_url()).status_code == 200
    assert leader.post(inquiry.get_absolute_url(), {}).status_code == 403


def test_more_letters_take_no_more_queries(
    cast: Cast,
    item: VetoItem,
    now: datetime,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable,
) -> None:
    for number in range(8):
        make.VetoItemFactory(campaign=cast.campaign)
        inquiry = ask(cast, item, now, items=VetoItem.objects.all()[: number + 1])
    office = signed_in(cast.office)

    with django_assert_max_num_queries(12):
        office.get(reverse("evaluations:inquiry-list", args=[cast.campaign.code]))
    with django_assert_max_num_queries(12):
        office.get(inquiry.get_absolute_url())


def test_the_letter_says_all_it_must(
    cast: Cast, item: VetoItem, now: datetime, signed_in: SignIn
) -> None:
    make.DepartmentFactory(name="平潭縣民政局", kind=Department.Kind.BUREAU)
    url = reverse("evaluations:inquiry-letter", args=[ask(cast, item, now).pk])
    office = signed_in(cast.office)

    document = Document(BytesIO(b"".join(office.get(url).streaming_content)))

    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    words = "\n".join([*(each.text for each in document.paragraphs), *cells])
    for part in (
        "關於徵詢有關單位負面清單情形的函",
        "平潭縣公安局：",
        "2025年11月23日至2026年11月23日",
        "（1）發生刑事案件",
        "請於2026年12月7日前答覆",
        "徵詢情況答覆單",
        "婚姻登記處",
        "殯儀館",
        "平潭縣民政局創建工作領導小組辦公室",
    ):
        assert part in words
    pdf = office.get(url, {"format": "pdf", "script": "hans"})
    text = "".join(
        page.extract_text() for page in PdfReader(BytesIO(b"".join(pdf.streaming_content))).pages
    )
    assert "关于征询有关单位" in text
    assert office.get(url, {"format": "odt"}).status_code == 404
