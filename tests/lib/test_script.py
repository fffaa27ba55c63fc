import pytest

from pingtan_civ.lib.script import search_key, simplified_slips, simplify


@pytest.mark.parametrize(
    ("traditional", "simplified"),
    [
        ("真情暖人心", "真情暖人心"),
        ("情況彙報", "情况汇报"),
        ("情況匯總", "情况汇总"),
        ("答覆來信，回覆群眾", "答复来信，回复群众"),
        ("著眼實際，著力解決", "着眼实际，着力解决"),
        ("成績顯著，著名的著作", "成绩显著，著名的著作"),
        ("討論著論著", "讨论着论著"),
        ("覆核材料，不顛覆核心，覆蓋全縣", "复核材料，不颠覆核心，覆盖全县"),
        ("關於後勤，裏面的皇后", "关于后勤，里面的皇后"),
        ("建立臺賬與台帳", "建立台账与台账"),
        ("創建活動的程序和信息", "创建活动的程序和信息"),
        ("幹部乾淨，準備批准", "干部干净，准备批准"),
        ("制定制度，製作展板", "制定制度，制作展板"),
        ("里程碑、公里、裡外", "里程碑、公里、里外"),
        ("爲羣衆、志願、紮實", "为群众、志愿、扎实"),
        ("甚麼身分，部份", "什么身份，部分"),
        ("", ""),
    ],
)
def test_phrases_of_the_bureau_come_out_right(traditional, simplified):
    assert simplify(traditional) == simplified


@pytest.mark.parametrize(
    "simplified",
    [
        "成绩显著，著称全县",
        "什么时候、怎么办、那么",
        "着眼长远，专著与论著",
        "复核、答复、覆盖",
        "后来的干部里面有于先生",
    ],
)
def test_simplified_text_stays_as_it_is(simplified):
    assert simplify(simplified) == simplified


def test_names_and_quoted_titles_are_kept_to_the_letter():
    text = "組長游美髮理髮後，讀《情況彙報》"

    assert simplify(text, keep=["游美髮"]) == "组长游美髮理发后，读《情况汇报》"
    assert simplify(text, keep=["游美髮", "《情況彙報》"]) == "组长游美髮理发后，读《情況彙報》"


def test_the_longer_name_is_kept_before_the_shorter_and_empty_ones_do_no_harm():
    assert simplify("張乾坤與張乾開會", keep=["張乾", "張乾坤", ""]) == "張乾坤与張乾开会"


def test_a_kept_term_is_no_pattern():
    assert simplify("後(後", keep=["(後"]) == "后(後"


def test_quotation_marks_change_only_when_asked():
    assert simplify("「『為』」") == "「『为』」"
    assert simplify("「『為』」", quotes=True) == "“‘为’”"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("情况汇报", "情況彙報"),
        ("ＡＢＣ（一）", "abc(一)"),
        ("显著", "顯著"),
        ("什么", "甚麼"),
        ("婚姻  登记处 ", "婚姻 登記處"),
    ],
)
def test_both_scripts_and_widths_find_each_other(typed, stored):
    assert search_key(typed) == search_key(stored)


@pytest.mark.parametrize(
    ("text", "slips"),
    [
        ("積極參與志願服務活動", []),
        ("积極参与志願服務活動", [(0, "积", "積"), (2, "参", "參"), (3, "与", "與")]),
        (
            "局黨支部积极開展学习，全體黨員幹部參加",
            [(4, "积", "積"), (5, "极", "極"), (8, "学", "學"), (9, "习", "習")],
        ),
        ("皇后、里程、台賬、干擾、於是、群眾、吃飯、范仲淹、證據、為民、裏面、着重", []),
        ("积极参与志愿服务活动", []),
        ("", []),
    ],
)
def test_simplified_characters_among_traditional_ones_are_found(text, slips):
    assert list(simplified_slips(text)) == slips
