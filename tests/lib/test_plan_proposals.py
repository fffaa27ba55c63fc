import pytest

from pingtan_civ.lib.plan.proposals import read_proposals, resolve_due, split_names


@pytest.mark.parametrize(
    ("text", "due"),
    [
        ("6月底前完成", "2027-06-30"),
        ("2月底前完成", "2027-02-28"),
        ("2027年3月15日前報送", "2027-03-15"),
        ("２０２７年３月１５日前", "2027-03-15"),
        ("2028年2月29日前", "2028-02-29"),
        ("年底前完成", "2027-12-31"),
        ("今年底前完成", "2027-12-31"),
        ("明年3月底前完成", "2028-03-31"),
        ("2026年底前", "2026-12-31"),
        ("上半年完成", "2027-06-30"),
        ("第三季度末完成", "2027-09-30"),
        ("三季度末前", "2027-09-30"),
        ("9月中旬前", "2027-09-20"),
        ("六月底前", "2027-06-30"),
        ("二〇二八年六月底前", "2028-06-30"),
        ("3月底前摸底，9月底前全面完成", "2027-09-30"),
        ("（完成時限：2027.6.30）", "2027-06-30"),
        ("完成時限：2027年3月至6月", "2027-06-30"),
        ("1月前", "2026-12-31"),
    ],
)
def test_deadlines_become_dates_of_the_given_year(text, due):
    assert read_proposals(text, 2027).due == due


@pytest.mark.parametrize(
    "text",
    ["自2012年以來", "12月4日國家憲法日", "一年內兩次", "2027年創建方案", "在創建中", "十二五期間"],
)
def test_a_date_without_a_limit_is_no_deadline(text):
    assert read_proposals(text, 2027).due is None


@pytest.mark.parametrize("text", ["13月底前", "2月30日前"])
def test_an_impossible_date_keeps_its_words(text):
    assert read_proposals(text, 2027).due == text


def test_without_a_year_the_words_are_kept():
    found = read_proposals("6月底前完成整改")

    assert found.due == "6月底前"
    assert resolve_due("6月底前") is None


@pytest.mark.parametrize(
    ("text", "cycle"),
    [
        ("每月上報", "monthly"),
        ("每季度檢查", "quarterly"),
        ("每半年演練", "half_yearly"),
        ("每年體檢", "yearly"),
        ("全年開展", "yearly"),
        ("完成時限：長期", "yearly"),
        ("考核週期：季報", "quarterly"),
        ("完成時限：一次性", "once"),
        ("制度化、常態化運作", None),
    ],
)
def test_cycles_are_recognised(text, cycle):
    assert read_proposals(text).cycle == cycle


@pytest.mark.parametrize(
    ("text", "lead", "supporting"),
    [
        (
            "（牽頭單位：社會事務科，配合單位：辦公室、婚姻登記處）",
            "社會事務科",
            ("辦公室", "婚姻登記處"),
        ),
        ("（牽頭單位:社會事務科;配合單位:辦公室)", "社會事務科", ("辦公室",)),
        ("（责任单位：办公室、人事科）", "办公室", ("人事科",)),
        ("責任單位：紀檢監察室、辦公室（牽頭）", "辦公室", ("紀檢監察室",)),
        ("牽頭科室：辦公室 責任科室：人事科、財務科", "辦公室", ("人事科", "財務科")),
        ("責任單位：基層政權和社區科", "基層政權和社區科", ()),
        ("由養老服務科牽頭，規劃財務科配合，6月底前完成", "養老服務科", ("規劃財務科",)),
        ("由辦公室負責", "辦公室", ()),
        ("由易到難推進", None, ()),
        ("相互配合，任務落實", None, ()),
        ("責任單位：", None, ()),
    ],
)
def test_departments_are_proposed(text, lead, supporting):
    found = read_proposals(text)

    assert (found.lead, found.supporting) == (lead, supporting)


def test_leader_and_owner_are_proposed_too():
    found = read_proposals("責任領導：分管副局長；責任人：辦公室主任")

    assert (found.leader, found.owner) == ("分管副局長", "辦公室主任")


def test_names_are_split_once_each():
    assert split_names("辦公室、人事科，辦公室等") == ("辦公室", "人事科")
