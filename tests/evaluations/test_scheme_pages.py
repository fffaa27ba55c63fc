"""考核辦法的頁：誰看得見什麼；沒有腳本也能一條一條擬出來。"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from campaigns.models import EvidenceForm
from evaluations.models import Criterion, Scheme, Section
from evaluations.schemes import CriterionLine, problems, read_tree
from evaluations.services.schemes import adopt_scheme
from people.models import User
from tests.cast import Cast
from tests.evaluations.scheme_stage import D, a_draft, small_tree, with_full

SignIn = Callable[[User], Client]


def at(page: str, scheme: Scheme, *more: int) -> str:
    name = f"evaluations:scheme-{page}" if page else "evaluations:scheme"
    return reverse(name, args=[scheme.pk, *more])


def rows(prefix: str, *given: dict[str, object]) -> dict[str, object]:
    data: dict[str, object] = {f"{prefix}-TOTAL_FORMS": len(given), f"{prefix}-INITIAL_FORMS": 0}
    for index, row in enumerate(given):
        data |= {f"{prefix}-{index}-{name}": value for name, value in row.items()}
    return data


# ── 看 ────────────────────────────────────────────────


def test_everyone_reads_what_is_in_force_and_only_those_above_see_drafts(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    tree = small_tree(cast)
    adopted = adopt_scheme(actor=cast.office, scheme_id=a_draft(cast, now, tree).pk, at=now)
    draft = a_draft(cast, now, replace(tree, title="草稿一份"), year=2027)
    listing = reverse("evaluations:scheme-list", args=[cast.campaign.code])

    for person, sees in ((cast.clerk, False), (cast.leader, True), (cast.office, True)):
        client = signed_in(person)
        assert ("草稿一份" in client.get(listing).content.decode()) is sees
        assert client.get(at("", draft)).status_code == (200 if sees else 404)
        page = client.get(at("", adopted)).content.decode()
        assert "每發現一次扣 0.5 分，扣完為止。" in page
        assert "材料審核、實地考察 · 實景圖片" in page
        assert ("複製成下一版" in page) is (person == cast.office)
        assert "加測評項目" not in page


def test_one_kind_of_unit_sees_its_own_table(cast: Cast, signed_in: SignIn, now: datetime) -> None:
    scheme = adopt_scheme(actor=cast.office, scheme_id=a_draft(cast, now).pk, at=now)
    window = scheme.profiles.get(name="窗口單位")

    clerk = signed_in(cast.clerk)
    assert "您的單位按「窗口單位」計分" in clerk.get(at("", scheme)).content.decode()
    shown = clerk.get(f"{at('', scheme)}?profile={window.pk}").context["page"]

    assert [row.line.number for row in shown.rows if row.line] == [
        "1.1", "1.2.1", "1.2.2", "1.3.1", "2.1", "2.2", "4.1", "5.1",
    ]  # fmt: skip
    assert shown.left_out == ["殯儀館"]


def test_the_draft_says_what_is_off_and_links_to_it(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    tree = with_full(small_tree(cast), "2.1", D("46"))
    scheme = a_draft(cast, now, with_full(tree, "1.2.1", D(0)))
    row = Criterion.objects.get(number="1.2.1")
    office = signed_in(cast.office)

    page = office.get(at("", scheme)).content.decode()

    assert "業務科室合計 96 分，差 10 分，要正好 106 分。" in page
    assert f'<a href="#c-{row.pk}">測評內容 1.2.1</a>' in page
    assert at("adopt", scheme) not in page
    refused = office.post(at("adopt", scheme)).content.decode()
    assert "差 10 分" in refused


def test_the_page_takes_the_same_queries_however_long(
    cast: Cast, signed_in: SignIn, now: datetime, django_assert_max_num_queries: Callable
) -> None:
    scheme = a_draft(cast, now)
    office = signed_in(cast.office)
    # 頭一次要在會話裏記住選的是哪個活動。
    office.get(at("", scheme))

    with django_assert_max_num_queries(13):
        office.get(at("", scheme))
    with django_assert_max_num_queries(12):
        office.get(reverse("evaluations:scheme-list", args=[cast.campaign.code]))


# ── 擬 ────────────────────────────────────────────────


def test_a_scheme_is_drawn_up_by_hand_and_adopted(cast: Cast, signed_in: SignIn) -> None:
    office = signed_in(cast.office)
    create = reverse("evaluations:scheme-create", args=[cast.campaign.code])
    office.post(create, {"title": "辦法", "year": "2026", "full": "10", "bonus_cap": "2.5"})
    scheme = Scheme.objects.get()
    office.post(
        at("profiles", scheme),
        rows("rows", {"name": "窗口單位", "departments": [cast.registry.pk]}, {"name": ""}),
    )
    office.post(
        at("grades", scheme),
        rows(
            "rows",
            {"name": "合格", "at_least": "6"},
            {"name": "不合格", "at_least": "0", "is_failing": "on"},
        ),
    )
    office.post(
        at("section-create", scheme),
        {"number": "1", "title": "服務", "part": "base", "profile": "窗口單位"},
    )
    section = Section.objects.get()
    office.post(
        f"{at('section-create', scheme)}?parent={section.pk}", {"number": "1.1", "title": "態度"}
    )

    answer = office.post(at("criterion-create", scheme), criterion(section))

    assert answer.status_code == 302
    tree = read_tree(scheme)
    assert problems(tree)[0].text == "下面還沒有測評內容；不要的請刪去。"
    office.post(at("section-remove", scheme, Section.objects.get(number="1.1").pk))
    assert office.post(at("adopt", scheme)).url == at("", scheme)
    assert Scheme.objects.in_force(cast.campaign, 2026) == scheme
    line = next(read_tree(scheme).all_criteria())
    assert [step.label for step in line.rule.steps] == ["好", "中"]
    assert line.standards[0].forms[0].name == "實景圖片"


def criterion(section: Section, **more: object) -> dict[str, object]:
    photo = EvidenceForm.objects.get(code="photo")
    return {
        "section": section.pk,
        "number": "1.1.1",
        "text": "文明用語",
        "full": "10",
        "rule": "bands",
        "scorer": "office",
        **rows("steps", {"label": "好", "percent": "100"}, {"label": "中", "points": "5"}, {}),
        **rows(
            "standards",
            {"number": "1", "text": "用語規範", "method": "field", "forms": [photo.pk]},
            {"method": "papers"},
        ),
        **more,
    }


def test_a_line_is_edited_and_what_was_there_is_in_the_form(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    scheme = a_draft(cast, now)
    office = signed_in(cast.office)
    before = {each.number: each for each in read_tree(scheme).all_criteria()}
    for row in Criterion.objects.filter(section__scheme=scheme):
        url = at("criterion-edit", scheme, row.pk)

        answer = office.post(url, as_filled(office.get(url)))

        assert answer.status_code == 302, answer.context["errors"]
    assert {each.number: each for each in read_tree(scheme).all_criteria()} == before


def as_filled(page: HttpResponse) -> dict[str, object]:
    """打開表單什麼也不改，瀏覽器會交上來的樣子。"""
    data: dict[str, object] = {}
    forms = [page.context["form"]]
    for formset in (page.context["steps"], page.context["standards"]):
        forms += formset.forms
        data |= {f"{formset.prefix}-TOTAL_FORMS": len(formset.forms)}
        data |= {f"{formset.prefix}-INITIAL_FORMS": 0}
    for form in forms:
        for bound in form:
            value = bound.value()
            if isinstance(value, bool):
                value = "on" if value else None
            if value is not None:
                data[bound.html_name] = bound.field.prepare_value(value)
    return data


def test_rows_are_added_and_removed_without_script_and_nothing_typed_is_lost(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    scheme = a_draft(cast, now)
    section = Section.objects.get(scheme=scheme, number="3")
    office, url = signed_in(cast.office), at("criterion-create", scheme)

    added = office.post(url, criterion(section, step="steps-add"))
    removed = office.post(url, criterion(section, step="standards-remove-0"))
    part = office.post(
        url, criterion(section, step="steps-add"), headers={"HX-Request": "true"}
    ).content.decode()

    assert len(added.context["steps"].forms) == 4
    assert "文明用語" in added.content.decode()
    assert [form["method"].value() for form in removed.context["standards"].forms] == ["papers"]
    assert "steps-3-label" in part
    assert "<html" not in part
    assert not Criterion.objects.filter(number="1.1.1").exists()


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"full": "三"}, "請填數字，最多兩位小數"),
        ({"full": "1.234"}, "請填數字，最多兩位小數"),
        ({"number": "1.1"}, "這個編號別的測評內容已經用過"),
        ({"scorer": "department"}, "請選由哪個科室評"),
        ({"scorer": "system"}, "請選取哪個數"),
        ({"steps-0-points": "3"}, "只寫一樣"),
        ({"steps-1-label": "好"}, "上面一行已經用過"),
        ({"standards-0-text": ""}, "填寫測評標準，或者選它依據的方案條文"),
        ({"section": "999999"}, "選擇"),
    ],
)
def test_what_cannot_be_is_said_at_its_field(
    cast: Cast, signed_in: SignIn, now: datetime, given: dict, sentence: str
) -> None:
    scheme = a_draft(cast, now)
    section = Section.objects.get(scheme=scheme, number="3")

    answer = signed_in(cast.office).post(at("criterion-create", scheme), criterion(section) | given)

    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_two_kinds_cannot_share_a_unit(cast: Cast, signed_in: SignIn, now: datetime) -> None:
    scheme = a_draft(cast, now)
    both = [{"name": name, "departments": [cast.registry.pk]} for name in ("甲", "乙")]

    answer = signed_in(cast.office).post(at("profiles", scheme), rows("rows", *both))

    assert answer.status_code == 422
    assert "上面一行已經用過" in answer.content.decode()


def test_lines_are_moved_and_thrown_away(cast: Cast, signed_in: SignIn, now: datetime) -> None:
    scheme = a_draft(cast, now)
    office = signed_in(cast.office)
    row = Criterion.objects.get(number="2.1")

    moved = office.post(at("criterion-move", scheme, row.pk), {"way": "down"})

    assert moved.url.endswith(f"#c-{row.pk}")
    assert [each.number for each in read_tree(scheme).sections[1].criteria] == ["2.2", "2.1"]
    office.post(at("criterion-remove", scheme, row.pk))
    office.post(at("discard", scheme))
    assert not Scheme.objects.exists()


def test_the_copy_of_last_year_is_one_click(cast: Cast, signed_in: SignIn, now: datetime) -> None:
    scheme = adopt_scheme(actor=cast.office, scheme_id=a_draft(cast, now).pk, at=now)

    signed_in(cast.office).post(at("copy", scheme), {"year": "2027", "title": "考核辦法"})

    copy = Scheme.objects.get(year=2027)
    assert read_tree(copy) == read_tree(scheme)


def test_an_adopted_scheme_shows_no_way_to_edit(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    scheme = adopt_scheme(actor=cast.office, scheme_id=a_draft(cast, now).pk, at=now)
    office = signed_in(cast.office)

    for page in ("edit", "profiles", "grades", "section-create", "criterion-create", "discard"):
        assert office.get(at(page, scheme)).status_code == 403


def test_leaving_indicators_blank_takes_those_of_the_clauses(
    cast: Cast, signed_in: SignIn, now: datetime
) -> None:
    scheme = a_draft(cast, now)
    held = read_tree(scheme).sections[0].criteria[0]
    clause = held.standards[0].clause
    section = Section.objects.get(scheme=scheme, number="3")
    filled = criterion(section, **{"standards-0-clause": clause.pk, "standards-0-text": ""})

    signed_in(cast.office).post(at("criterion-create", scheme), filled)

    line: CriterionLine = read_tree(scheme).sections[2].criteria[1]
    assert line.indicators == held.indicators
    assert line.standards[0].text == "群眾滿意率高"
