"""不給基層添負擔：平台不數誰登錄得多、在線多久，沒有打卡、積分、點讚和使用排名。

國務院辦公廳關於政務應用程序的規定禁止這幾樣；這裏守的是「沒有」，走遍所有的表和模板。
賬號的「最近登錄」只在賬號管理頁上看某一個人的，看得出賬號有沒有啟用過；不排序，不統計。
"""

import re

from django.apps import apps

from tests.test_architecture import name, ours, templates

COUNTING = re.compile(
    r"login_?count|sign_?in_?count|visit_?count|visitor|page_?view|online|check_?in\b|streak|badge|like_count|likes\b"
)
WORDS = re.compile(
    r"登錄次數|登錄率|在線時長|在線時間|活躍度|使用率|打卡|積分|點讚|點贊|學習時長|排行榜"
)
RANKING = re.compile(r"""order_by\([^)]*last_login|(Count|Max|Min|Sum|Avg)\([^)]*last_login""")


def test_no_table_counts_the_use_of_the_portal() -> None:
    fields = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model.__module__.split(".")[0] not in {"django", "axes"}
        for field in model._meta.get_fields()
        if COUNTING.search(field.name)
    ]

    assert fields == []


def test_no_page_speaks_of_using_it_more() -> None:
    found = [
        f"{name(path)}: {match.group()}"
        for path in templates()
        if (match := WORDS.search(path.read_text(encoding="utf-8")))
    ]

    assert found == []


def test_nobody_is_ranked_by_when_he_came() -> None:
    found = [
        name(path)
        for path in ours(".py")
        if "tests" not in path.parts and RANKING.search(path.read_text(encoding="utf-8"))
    ]

    assert found == []


def test_the_watch_would_see_what_it_watches_for() -> None:
    assert COUNTING.search("login_count")
    assert WORDS.search("本月積分排名")
    assert RANKING.search('User.objects.order_by("-last_login")')
