"""清單、總覽、工作台，對同樣五十行的普通 Django 頁。"""

import pytest
from django.core.cache import cache
from django.urls import reverse

from benchmarks.data import Bench
from benchmarks.site import Browser
from benchmarks.yardstick import race, show

pytestmark = [pytest.mark.bench, pytest.mark.django_db]
MOST_QUERIES = 12


def test_the_pages_beside_an_ordinary_page(bench: Bench) -> None:
    browser, code = Browser(bench.cast.office), bench.campaign.code
    paths = {
        "ordinary": reverse("ordinary", args=[code]),
        "bare": reverse("ordinary", args=[code]) + "?bare",
        "list": reverse("tasks:breakdown", args=[code]),
        "flat": reverse("tasks:breakdown", args=[code]) + "?group=none",
        "filtered": reverse("tasks:breakdown", args=[code]) + "?light=bad&group=lead",
        "overview": reverse("evaluations:overview", args=[code]),
        "desk": reverse("desk:home"),
    }
    jobs = {name: lambda path=path: browser.get(path) for name, path in paths.items()}
    for job in [*jobs.values()] * 3:
        job()

    def recounted(name: str) -> None:
        # 大活動的計數記到有人辦事為止；這裏當作剛有人辦過。
        cache.clear()
        jobs[name]()

    spent = race(**jobs)
    fresh = race(
        5,
        ordinary=jobs["ordinary"],
        list=lambda: recounted("list"),
        overview=lambda: recounted("overview"),
    )

    ordinary = spent["ordinary"]
    show("任務分解", spent["list"], ordinary, "普通頁", goal=1.0)
    show("　　　　", spent["list"], spent["bare"], "沒有外殼的普通頁")
    show("任務分解，剛有人辦過事", fresh["list"], fresh["ordinary"], "普通頁")
    show("任務分解，不分組", spent["flat"], ordinary, "普通頁", goal=1.0)
    show("任務分解，逾期的按單位", spent["filtered"], ordinary, "普通頁")
    show("創建總覽", spent["overview"], ordinary, "普通頁", goal=1.5)
    show("　　　　", spent["overview"], spent["bare"], "沒有外殼的普通頁")
    show("創建總覽，剛有人辦過事", fresh["overview"], fresh["ordinary"], "普通頁")
    show("工作台（創建辦）", spent["desk"], ordinary, "普通頁")
    assert max(row.queries for row in spent.values()) <= MOST_QUERIES
