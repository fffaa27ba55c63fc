"""別的縣的方案：序號、字體和標註都與我們的不同，規則不能只認一份文件。"""

from collections import Counter
from pathlib import Path

import pytest

from pingtan_civ.lib.plan import Kind, ParsedPlan, coded, parse_plan
from tests.lib.plan_text import letters

PLANS = Path(__file__).parent / "plans"


def read(name: str) -> ParsedPlan:
    return parse_plan((PLANS / f"{name}.txt").read_text(encoding="utf-8"), year=2026)


def clause(plan: ParsedPlan, words: str):
    (found,) = [c for c in plan.clauses if words in c.text]
    return found


@pytest.fixture(scope="module")
def linjiang() -> ParsedPlan:
    return read("linjiang")


@pytest.fixture(scope="module")
def donghai() -> ParsedPlan:
    return read("donghai")


@pytest.fixture(scope="module")
def shanhai() -> ParsedPlan:
    return read("shanhai")


@pytest.fixture(scope="module")
def dingxiang() -> ParsedPlan:
    return read("dingxiang")


def test_a_title_in_two_lines_is_joined(linjiang):
    assert linjiang.title == "临江县民政局关于印发《2026年文明行业创建实施方案》的通知"


def test_simplified_headings_give_the_same_kinds(linjiang):
    assert [(s.number, s.kind) for s in linjiang.sections] == [
        (None, Kind.BASIS),
        ("一", Kind.PRINCIPLE),
        ("二", Kind.OBJECTIVE),
        ("三", Kind.TASK),
        ("四", Kind.ORGANISATION),
    ]


def test_three_levels_become_section_item_and_marked_clauses(linjiang):
    item = linjiang.sections[3].items[0]

    assert (item.mark, item.heading) == ("（一）", "加强理想信念教育")
    assert [c.mark for c in item.clauses if c.mark] == ["1.", "2."]
    assert item.clauses[0].text.startswith("开展主题教育。每季度组织一次集中学习")


def test_bracketed_departments_and_cycle_are_proposed_and_the_wording_stays(linjiang):
    found = clause(linjiang, "每季度组织一次集中学习")

    assert found.text.endswith("（牵头单位：机关党委，配合单位：办公室、人事科）")
    assert found.proposals.lead == "机关党委"
    assert found.proposals.supporting == ("办公室", "人事科")
    assert found.proposals.cycle == "quarterly"


def test_the_first_named_responsible_unit_leads(linjiang):
    found = clause(linjiang, "微信公众号")

    assert (found.proposals.lead, found.proposals.supporting) == ("办公室", ("社会事务科",))


def test_tag_lines_of_their_own_belong_to_the_paragraph_above(linjiang):
    item = linjiang.sections[3].items[1]
    found = clause(linjiang, "公开办事指南")

    assert [tag.line for tag in item.tags] == [18, 19]
    assert (found.proposals.lead, found.proposals.due) == ("婚姻登记处", "2026-09-30")


def test_a_lead_told_in_the_sentence_is_read(linjiang):
    found = clause(linjiang, "3个敬老院")

    assert found.proposals.lead == "养老服务科"
    assert found.proposals.supporting == ("规划财务科",)
    assert found.proposals.due == "2026-12-15"


def test_an_item_with_differing_sub_items_claims_no_lead(linjiang):
    assert linjiang.sections[3].items[1].proposals.lead is None


def test_each_veto_is_a_clause_of_its_own(linjiang):
    texts = [c.text for c in linjiang.sections[2].items[1].clauses]

    assert texts[1:] == ["全年无违纪违法案件", "无重大安全责任事故", "无群体性上访事件"]


def test_a_condition_stays_with_its_consequence(linjiang):
    assert clause(linjiang, "予以通报批评").text == "对未按期完成任务的，予以通报批评"


def test_navigation_signature_page_number_and_links_are_dropped(linjiang):
    assert [d.line for d in linjiang.dropped] == [1, 2, 26, 27, 28, 29, 30, 31]


def test_a_clean_plan_has_no_problems(linjiang):
    assert linjiang.problems == ()


def test_chapters_and_articles_become_sections_and_items(donghai):
    assert [(s.number, s.mark, s.heading) for s in donghai.sections] == [
        ("一", "第一章", "總則"),
        ("二", "第二章", "創建目標"),
        ("三", "第三章", "工作任務"),
        ("四", "第四章", "附則"),
    ]
    assert [i.mark for s in donghai.sections for i in s.items] == [
        f"第{n}條" for n in "一二三四五六七八"
    ]


def test_articles_numbered_through_the_chapters_are_no_gap(donghai):
    assert donghai.problems == ()


def test_a_year_in_chinese_digits_gives_a_date(donghai):
    assert clause(donghai, "火化率").proposals.due == "2027-06-30"


def test_within_a_year_is_no_deadline(donghai):
    assert clause(donghai, "有效投訴").proposals.due is None


def test_a_plan_of_one_level_with_three_kinds_of_mark_is_one_list(shanhai):
    (section,) = shanhai.sections

    assert [i.mark for i in section.items] == ["１．", "２．", "（３）", "４、", "６、"]
    assert [i.heading for i in section.items] == ["建立台賬", None, "做好安全管理", None, None]


def test_enumerations_inside_an_item_are_clauses(shanhai):
    starts = [c.text[:2] for c in shanhai.sections[0].items[2].clauses]

    assert starts == ["一是", "二是", "三是"]


def test_what_is_odd_in_a_plan_is_said_at_its_line(shanhai):
    assert [p.line for p in shanhai.problems] == [2, 5, 6]


def test_indented_paragraphs_and_circled_marks_are_read(dingxiang):
    tasks = dingxiang.sections[3]

    assert [(i.mark, i.heading) for i in tasks.items] == [
        ("①", "制度先行"),
        ("②", "設施改善"),
        ("③", "作風轉變"),
    ]


def test_item_proposals_of_circled_items(dingxiang):
    first, second, third = (i.proposals for i in dingxiang.sections[3].items)

    assert (first.lead, first.supporting, first.due) == (
        "社會事務科",
        ("辦公室", "婚姻登記處"),
        "2027-03-15",
    )
    assert (second.lead, second.due) == ("規劃財務科", "2026-09-30")
    assert (third.lead, third.supporting) == ("紀檢監察室", ("人事科",))


def test_hard_wrapped_lines_are_one_paragraph_and_clauses_keep_their_line():
    plan = read("xishan")

    texts = [(c.text, c.line) for c in plan.sections[0].items[0].clauses]
    assert ("不断提高干部职工政治素质", 4) in texts
    assert ("做到有计划、有记录、有检查", 4) in texts


def test_sections_with_their_text_on_the_same_line_keep_both():
    plan = read("xishan")

    assert [s.heading for s in plan.sections] == [
        "加强理论学习",
        "抓好队伍建设，树立良好形象",
        None,
    ]
    assert plan.sections[0].kind is Kind.TASK
    assert plan.sections[2].items[0].text.startswith("全面完成2026年")


def test_headings_without_any_mark_divide_the_plan():
    plan = read("window")

    assert [(s.number, s.heading, s.kind) for s in plan.sections] == [
        (None, "指导思想", Kind.PRINCIPLE),
        (None, "工作目标", Kind.OBJECTIVE),
        (None, "工作措施", Kind.TASK),
    ]


def test_a_heading_may_carry_its_date_in_brackets():
    first = read("window").sections[2].items[0]

    assert (first.heading, first.proposals.due) == ("制定方案（3月底前）", "2026-03-31")


def test_a_list_of_attachments_is_offered_for_dropping():
    assert [d.line for d in read("window").dropped] == [10, 11]


@pytest.mark.parametrize(
    "name", ["linjiang", "donghai", "shanhai", "dingxiang", "xishan", "window"]
)
def test_codes_are_unique_and_nothing_is_lost(name):
    plan = read(name)
    source = (PLANS / f"{name}.txt").read_text(encoding="utf-8")

    codes = [c.code for c in coded(plan)]

    assert len(set(codes)) == len(codes)
    assert letters(plan) == Counter("".join(source.split()))
