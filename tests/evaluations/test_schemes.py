"""考核辦法：讀成一棵樹、查出哪裏不對、擬、抄、改、啟用。"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from decimal import Decimal

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from hypothesis import given
from hypothesis import strategies as st

from evaluations.models import Criterion, Scheme, Section
from evaluations.schemes import (
    CriterionLine,
    GradeLine,
    ProfileLine,
    Ref,
    SchemeTree,
    SectionNode,
    problems,
    read_tree,
    rule_words,
)
from evaluations.services import scheme_parts as parts
from evaluations.services.schemes import (
    adopt_scheme,
    copy_scheme,
    create_scheme,
    discard_scheme,
    update_scheme,
)
from journal.models import Entry, Notice
from pingtan_civ.lib.scoring import Part, Rule, RuleKind, Step
from tests.cast import Cast
from tests.evaluations.scheme_stage import ABCD, D, a_draft, line, small_tree, with_full

# ── 一棵樹 ────────────────────────────────────────────


def test_what_is_written_is_read_back_the_same(cast: Cast, now: datetime) -> None:
    tree = small_tree(cast)

    assert read_tree(a_draft(cast, now, tree)) == tree


def test_a_longer_scheme_takes_no_more_queries(
    cast: Cast, now: datetime, django_assert_num_queries: Callable
) -> None:
    tree = small_tree(cast)
    more = tuple(
        SectionNode(f"6.{n}", "多", criteria=(line(f"6.{n}.1", "bands", "1", steps=ABCD),))
        for n in range(30)
    )
    scheme = a_draft(cast, now, replace(tree, sections=tree.sections + more))

    with django_assert_num_queries(6):
        read_tree(scheme)


def test_a_unit_is_assessed_by_the_common_part_and_its_own(cast: Cast) -> None:
    tree = small_tree(cast)

    assert tree.profile_of(cast.registry.pk).name == "窗口單位"
    assert tree.profile_of(cast.funeral_home.pk) is None
    assert [each.number for each in tree.sections_for("窗口單位")] == ["1", "2", "4", "5"]
    assert [(each.common, each.own) for each in tree.sums()] == [(D("39.7"), D("66.3"))] * 2


# ── 合計要正好 ────────────────────────────────────────


def test_a_whole_scheme_has_no_problems(cast: Cast) -> None:
    assert problems(small_tree(cast)) == []


def tree_of(common: list[int], own: dict[str, list[int]], full: int) -> SchemeTree:
    """各條分值以百分之一分計。"""

    def section(number: int, profile: str, points: list[int]) -> SectionNode:
        lines = tuple(
            CriterionLine(f"{number}.{n}", "內容", Rule(RuleKind.BINARY, D(each) / 100))
            for n, each in enumerate(points, 1)
        )
        return SectionNode(str(number), "項目", profile=profile, criteria=lines)

    blocks = [("", common), *own.items()]
    return SchemeTree(
        title="辦法",
        full=D(full) / 100,
        profiles=tuple(ProfileLine(name) for name in own),
        grades=(GradeLine("合格", D(0)),),
        sections=tuple(section(n, *block) for n, block in enumerate(blocks, 1)),
    )


POINTS = st.lists(st.integers(1, 5000), min_size=1, max_size=6)


@given(common=POINTS, own=POINTS, other=POINTS, which=st.integers(0, 30), up=st.booleans())
def test_weights_always_sum_and_a_hundredth_more_or_less_is_refused(
    common: list[int], own: list[int], other: list[int], which: int, up: bool
) -> None:
    # 第二類補一條，湊成與第一類同樣的總分。
    gap = sum(own) - sum(other)
    own, other = (own, [*other, gap]) if gap > 0 else ([*own, -gap], other) if gap else (own, other)
    tree = tree_of(common, {"甲類": own, "乙類": other}, sum(common) + sum(own))
    assert problems(tree) == []
    assert all(each.total == tree.full for each in tree.sums())
    lines = list(tree.all_criteria())
    touched = lines[which % len(lines)]

    edited = with_full(tree, touched.number, touched.full + (D("0.01") if up else D("-0.01")))

    off = [str(each) for each in problems(edited)]
    assert any(("多 0.01 分" if up else "差 0.01 分") in sentence for sentence in off)


def test_the_sentence_says_which_kind_of_unit_is_off_and_by_how_much(cast: Cast) -> None:
    found = problems(with_full(small_tree(cast), "2.1", D("44.8")))

    assert [str(each) for each in found] == [
        "分值：窗口單位合計 104.5 分，差 1.5 分，要正好 106 分。"
    ]


@pytest.mark.parametrize(
    ("part", "bad", "sentence"),
    [
        (Part.BASE, line("9", "bands", "1"), "還沒有寫檔次"),
        (Part.BASE, line("9", "deduct_each", "1"), "每次扣多少分"),
        (Part.PENALTY, line("9", "penalty", "1"), "每次扣多少分，或者寫檔次"),
        (Part.BASE, line("9", "binary", "0"), "分值要大於 0"),
        (Part.BASE, line("9", "bonus_steps", "1", steps=ABCD), "只能放在加分項目裏"),
        (Part.BONUS, line("9", "binary", "1"), "只能放在基本分項目裏，現在放在加分項目裏"),
        (Part.BASE, line("9", "steps", "1", steps=(Step("高", D(1)),)), "沒有寫數值下限"),
        (
            Part.BASE,
            line("9", "steps", "1", steps=[Step(x, D(1), at_least=D(5)) for x in "甲乙"]),
            "有 2 檔的數值下限都是 5",
        ),
        (Part.BASE, line("9", "bands", "1", steps=(Step("高"),)), "只寫一樣"),
        (Part.BASE, line("9", "bands", "1", steps=(Step("高", D(2)),)), "超過本條分值 1 分"),
        (Part.BONUS, line("9", "bonus_steps", "0", steps=ABCD), "請改寫分數"),
        (Part.BASE, line("9", "binary", "1", scorer="department"), "請選評分科室"),
        (Part.BASE, line("9", "pro_rata", "1", scorer="system"), "請選用哪個數"),
        (
            Part.BASE,
            line("9", "binary", "1", scorer="system", figure="done_share"),
            "計分規則只能用「按數值分檔」、「按完成比例」",
        ),
    ],
)
def test_a_line_that_cannot_be_scored_is_named(
    part: Part, bad: CriterionLine, sentence: str
) -> None:
    tree = replace(
        tree_of([100], {"甲類": [100]}, 200),
        sections=(SectionNode("8", "項目", part, criteria=(bad,)),),
    )

    said = [str(each) for each in problems(tree) if each.where == "測評內容 9"]

    assert any(sentence in each for each in said)


def test_missing_kinds_grades_and_numbers_used_twice_are_named(cast: Cast) -> None:
    tree = small_tree(cast)
    again = replace(tree.sections[2], number="2")

    assert "還沒有計分類別" in str(problems(replace(tree, profiles=()))[0])
    assert "至少設一等" in str(problems(replace(tree, grades=()))[0])
    assert "再低的沒有等次" in str(problems(replace(tree, grades=tree.grades[:1]))[0])
    said = problems(replace(tree, sections=(*tree.sections[:2], again, *tree.sections[3:])))
    assert [str(each) for each in said] == ["測評項目 2：編號用了 2 次，請改成各不相同。"]
    empty = replace(tree, sections=(*tree.sections, SectionNode("9", "空")))
    assert "下面還沒有測評內容" in str(problems(empty)[0])


def test_the_rules_are_said_in_words(cast: Cast) -> None:
    words = {each.number: rule_words(each.rule) for each in small_tree(cast).all_criteria()}

    assert words["1.1"] == "分檔評定：A 9.7 分，B 6.4 分，C 3.2 分，D 0 分。"
    assert words["1.2.2"] == "每發現一次扣 0.5 分，扣完為止。"
    assert words["1.3.1"] == "按數值：高（95 以上）10 分，中（80 以上）5 分，再低不得分。"
    assert words["4.1"] == "按級別加分：省級 3 分；同一事只取最高，本條最多加 3 分。"
    assert words["5.1"] == "每次扣 2 分；隱瞞不報的加倍。"


# ── 一生 ──────────────────────────────────────────────


def test_the_office_adopts_a_sound_draft_and_the_heads_are_told(cast: Cast, now: datetime) -> None:
    scheme = adopt_scheme(actor=cast.office, scheme_id=a_draft(cast, now).pk, at=now)

    assert Scheme.objects.in_force(cast.campaign, 2026) == scheme
    assert (scheme.adopted_by, scheme.adopted_at) == (cast.office, now)
    notices = Notice.objects.filter(recipient__in=[cast.head, cast.helper_head])
    assert {notice.url for notice in notices} == {scheme.get_absolute_url()}
    assert notices.count() == 2
    assert Entry.objects.about(scheme).first().action == "evaluations.scheme_adopted"


def test_an_unsound_draft_is_refused_and_says_why(cast: Cast, now: datetime) -> None:
    scheme = a_draft(cast, now, with_full(small_tree(cast), "2.1", D("46.29")))

    with pytest.raises(ValidationError, match=r"差 0\.01 分"):
        adopt_scheme(actor=cast.office, scheme_id=scheme.pk, at=now)

    scheme.refresh_from_db()
    assert scheme.is_draft


def test_the_next_version_replaces_the_one_in_force(cast: Cast, now: datetime) -> None:
    first = adopt_scheme(actor=cast.office, scheme_id=a_draft(cast, now).pk, at=now)
    second = copy_scheme(actor=cast.office, scheme_id=first.pk, year=2026, title="新辦法", at=now)
    assert (second.version, second.copied_from, second.state) == (2, first, "draft")
    assert read_tree(second) == replace(read_tree(first), title="新辦法")

    adopt_scheme(actor=cast.office, scheme_id=second.pk, at=now)

    first.refresh_from_db()
    assert first.state == Scheme.State.RETIRED
    assert Scheme.objects.in_force(cast.campaign, 2026) == second


def test_last_years_scheme_is_copied_to_a_new_year(cast: Cast, now: datetime) -> None:
    first = a_draft(cast, now)

    copy = copy_scheme(actor=cast.office, scheme_id=first.pk, year=2027, title="考核辦法", at=now)

    assert (copy.year, copy.version) == (2027, 1)
    assert read_tree(copy) == read_tree(first)


def test_an_adopted_scheme_is_never_edited(cast: Cast, now: datetime) -> None:
    scheme = adopt_scheme(actor=cast.office, scheme_id=a_draft(cast, now).pk, at=now)
    common = {"actor": cast.office, "scheme_id": scheme.pk, "at": now}
    section = scheme.sections.first()
    criterion = Criterion.objects.filter(section__scheme=scheme).first()

    for act in (
        lambda: update_scheme(values={"title": "改"}, **common),
        lambda: discard_scheme(**common),
        lambda: adopt_scheme(**common),
        lambda: parts.remove_section(section_id=section.pk, **common),
        lambda: parts.move_section(section_id=section.pk, up=False, **common),
        lambda: parts.remove_criterion(criterion_id=criterion.pk, **common),
        lambda: parts.save_grades(lines=[], **common),
        lambda: parts.save_profiles(lines=[], **common),
    ):
        with pytest.raises(ValidationError, match="一個字也不能改"):
            act()


def test_only_the_office_draws_up_a_scheme(cast: Cast, now: datetime) -> None:
    values = {"year": 2026, "title": "辦法", "full": D(100)}
    for person in (cast.leader, cast.head, cast.admin):
        with pytest.raises(PermissionDenied):
            create_scheme(actor=person, campaign_id=cast.campaign.pk, values=values, at=now)

    made = create_scheme(actor=cast.office, campaign_id=cast.campaign.pk, values=values, at=now)

    assert (made.version, made.full, made.bonus_cap) == (1, D(100), None)


def test_a_draft_is_thrown_away_whole(cast: Cast, now: datetime) -> None:
    scheme = a_draft(cast, now)
    copy = copy_scheme(actor=cast.office, scheme_id=scheme.pk, year=2027, title="辦法", at=now)
    with pytest.raises(ValidationError, match="照這一份抄的"):
        discard_scheme(actor=cast.office, scheme_id=scheme.pk, at=now)

    discard_scheme(actor=cast.office, scheme_id=copy.pk, at=now)

    assert list(Scheme.objects.all()) == [scheme]


# ── 改一處 ────────────────────────────────────────────


def test_a_change_of_the_caps_is_journalled(cast: Cast, now: datetime) -> None:
    scheme = a_draft(cast, now)

    update_scheme(actor=cast.office, scheme_id=scheme.pk, values={"bonus_cap": D("7.5")}, at=now)
    update_scheme(actor=cast.office, scheme_id=scheme.pk, values={"bonus_cap": D("7.5")}, at=now)

    entry = Entry.objects.get(action="evaluations.scheme_changed")
    assert entry.changes == {"加分封頂": ["5", "7.5"]}


def test_sections_are_added_changed_moved_and_removed(cast: Cast, now: datetime) -> None:
    scheme = a_draft(cast, now)
    common = {"actor": cast.office, "scheme_id": scheme.pk, "at": now}
    window = Section.objects.get(scheme=scheme, number="2")

    child = parts.save_section(node=SectionNode("2.9", "環境"), parent_id=window.pk, **common)
    parts.save_section(
        node=SectionNode("2", "業務", profile="業務科室"), section_id=window.pk, **common
    )
    child.refresh_from_db()
    assert child.profile.name == "業務科室"
    parts.move_section(section_id=window.pk, up=True, **common)
    parts.move_section(section_id=window.pk, up=True, **common)
    numbers = [each.number for each in read_tree(scheme).sections]
    assert numbers == ["2", "1", "3", "4", "5"]
    parts.remove_section(section_id=window.pk, **common)

    assert [each.number for each in read_tree(scheme).sections] == numbers[1:]
    actions = Entry.objects.about(scheme).values_list("action", flat=True)
    assert list(actions).count("evaluations.scheme_section_moved") == 1


def test_a_number_used_twice_is_refused_at_its_field(cast: Cast, now: datetime) -> None:
    scheme = a_draft(cast, now)
    common = {"actor": cast.office, "scheme_id": scheme.pk, "at": now}
    second = Section.objects.get(scheme=scheme, number="2")

    with pytest.raises(ValidationError, match="請換一個"):
        parts.save_section(node=SectionNode("1", "重"), **common)
    with pytest.raises(ValidationError) as caught:
        parts.save_criterion(section_id=second.pk, line=line("1.1", "binary", "1"), **common)

    assert "number" in caught.value.message_dict


def test_a_line_is_rewritten_with_its_steps_and_standards(cast: Cast, now: datetime) -> None:
    scheme = a_draft(cast, now)
    common = {"actor": cast.office, "scheme_id": scheme.pk, "at": now}
    row = Criterion.objects.get(number="1.1", section__scheme=scheme)
    own = Section.objects.get(scheme=scheme, number="3")
    fresh = line("3.9", "steps", "2", steps=(Step("高", D(2), at_least=D("-1.5")),))

    parts.save_criterion(section_id=own.pk, line=fresh, criterion_id=row.pk, **common)
    parts.move_criterion(criterion_id=row.pk, up=True, **common)

    assert read_tree(scheme).sections[2].criteria == (fresh, line("3.1", "pro_rata", "66.3"))
    parts.remove_criterion(criterion_id=row.pk, **common)
    assert [each.number for each in read_tree(scheme).sections[2].criteria] == ["3.1"]


def test_kinds_of_units_are_saved_as_one_sheet(cast: Cast, now: datetime) -> None:
    scheme = a_draft(cast, now)
    common = {"actor": cast.office, "scheme_id": scheme.pk, "at": now}
    window, section = read_tree(scheme).profiles
    home = Ref(cast.funeral_home.pk, "殯儀館")

    with pytest.raises(ValidationError, match="還有測評項目「3 業務」只考它"):
        parts.save_profiles(lines=[window], **common)
    parts.save_profiles(
        lines=[replace(section, name="科室", departments=()), replace(window, departments=(home,))],
        **common,
    )

    tree = read_tree(scheme)
    assert [(each.name, each.departments) for each in tree.profiles] == [
        ("科室", ()),
        ("窗口單位", (home,)),
    ]
    assert [each.profile for each in tree.sections] == ["", "窗口單位", "科室", "", ""]


def test_grades_are_saved_as_one_sheet(cast: Cast, now: datetime) -> None:
    scheme = a_draft(cast, now)
    grades = [GradeLine("五星", Decimal("91")), GradeLine("不定星", Decimal(0), True)]

    parts.save_grades(actor=cast.office, scheme_id=scheme.pk, lines=grades, at=now)

    assert list(read_tree(scheme).grades) == grades
