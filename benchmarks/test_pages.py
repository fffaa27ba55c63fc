"""清單、總覽、工作台，對同樣五十行的普通 Django 頁。"""

import pytest
from django.urls import reverse

from benchmarks.data import Bench
from benchmarks.site import Browser
from benchmarks.yardstick import race, show

pytestmark = [pytest.mark.bench, pytest.mark.django_db]
AGAINST = "普通頁"


def test_the_pages_beside_an_ordinary_page(bench: Bench) -> None:
    browser, code = Browser(bench.cast.office), bench.campaign.code
    paths = {
        "ordinary": reverse("ordinary", args=[code]),
        "breakdown": reverse("tasks:breakdown", args=[code]),
        "flat": reverse("tasks:breakdown", args=[code]) + "?group=none",
        "part": reverse("tasks:breakdown", args=[code]),
        "overview": reverse("evaluations:overview", args=[code]),
        "desk": reverse("desk:home"),
    }

    spent = race(**{name: lambda path=path: browser.get(path) for name, path in paths.items()})

    ordinary = spent["ordinary"]
    show("任務分解", spent["breakdown"], ordinary, AGAINST, goal=1.0)
    show("任務分解（不分組）", spent["flat"], ordinary, AGAINST, goal=1.0)
    show("創建總覽", spent["overview"], ordinary, AGAINST, goal=1.5)
    show("工作台（創建辦）", spent["desk"], ordinary, AGAINST)
    assert max(row.queries for row in spent.values()) <= 20
