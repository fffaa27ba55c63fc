"""頁旁邊的登記：誰登記的擺出來，返回空的不擺，重複登記只算一次。"""

from collections.abc import Iterator

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from tasks import beside
from tasks.beside import Beside, panels_beside, register_panel
from tasks.models import Measure


@pytest.fixture
def request_(rf: RequestFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpRequest]:
    monkeypatch.setattr(beside, "_builders", {})
    return rf.get("/")


def test_what_is_registered_for_a_model_stands_beside_it(request_: HttpRequest) -> None:
    def build(request: HttpRequest, subject: Measure) -> Beside | None:
        return Beside("one.html", subject.code) if subject.code else None

    register_panel(Measure, build)
    register_panel(Measure, build)

    assert panels_beside(request_, Measure(code="3-04")) == [Beside("one.html", "3-04")]
    assert panels_beside(request_, Measure(code="")) == []


def test_a_page_with_nothing_registered_has_nothing_beside(request_: HttpRequest) -> None:
    assert panels_beside(request_, Measure(code="3-04")) == []
