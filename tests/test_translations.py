"""界面文字繁簡兩全：目錄不缺，模板裏沒有漏標的中文，Django 自帶文字用大陸說法。"""

import re
from pathlib import Path

import pytest
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.translation import gettext as _

from tools import catalogue

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
TAGS = re.compile(
    # 繁簡切換按鈕寫的是對方的文字，不隨界面語言變。
    r'<button class="c-icobtn c-icobtn--word".*?</button>|'
    r"{%\s*comment.*?endcomment\s*%}|{#.*?#}|{%\s*blocktrans(?:late)?.*?endblocktrans(?:late)?\s*%}"
    r"|{%.*?%}|{{.*?}}",
    re.S,
)


def test_every_chinese_message_has_a_simplified_form() -> None:
    assert catalogue.missing() == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_template_has_chinese_outside_translation(path: Path) -> None:
    bare = TAGS.sub("", path.read_text(encoding="utf-8"))

    assert catalogue.HAN.findall(bare) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_template_counts_in_plurals(path: Path) -> None:
    """中文不分單複數；寫了 plural，簡體目錄就對不上這一句。"""
    assert "{% plural %}" not in path.read_text(encoding="utf-8")


def test_simplified_words_keep_mainland_usage_and_quotes() -> None:
    with translation.override("zh-hans"):
        said = _("寫一兩句本期做了什麼；確實沒有進展，勾選「零報告」並說明理由。")

    assert said == "写一两句本期做了什么；确实没有进展，勾选“零报告”并说明理由。"


def test_no_simplified_message_keeps_a_traditional_character() -> None:
    simplified = [entry.msgstr for entry in catalogue.build_hans()]

    changed = [text for text in simplified if catalogue.simplify(text) != text]
    assert changed == []


@pytest.mark.parametrize(
    ("english", "mainland"),
    [
        ("Log in", "登錄"),
        ("Log out", "退出登錄"),
        ("Save", "保存"),
        ("Search", "搜索"),
        ("Add link", "增加鏈接"),
        ("Change or view list link", "更改或查看列表鏈接"),
    ],
)
def test_djangos_own_words_are_mainland_words_in_traditional_script(
    english: str, mainland: str
) -> None:
    with translation.override("zh-hant"):
        assert _(english) == mainland


def test_the_page_says_truthfully_which_script_it_is_in(rf) -> None:
    with translation.override("zh-hans"):
        page = render_to_string("404.html", {"display": {"lang": "zh-Hans"}})

    assert 'lang="zh-Hans"' in page
