"""真的 worker：通知寫下之後，郵件由另一個進程發出去，一封不少、一封不多；停得乾淨。"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.live import Site, running_site

pytestmark = pytest.mark.worker

TELL = """
from journal.services import Message, announce
from people.models import User
from pingtan_civ.lib import clock
user = User.objects.get(username="office1")
user.email = "office1@example.test"
user.save(update_fields=["email"])
for _ in range(2):
    announce(message=Message(title="請審核", key="test:1"), recipients=[user], at=clock.now())
"""
DELIVERED = """
import time
from journal.models import Delivery
for _ in range(300):
    states = list(Delivery.objects.values_list("state", flat=True))
    if states and "waiting" not in states and "sending" not in states:
        break
    time.sleep(0.2)
print(",".join(states))
"""


@pytest.fixture(scope="module")
def outbox(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("outbox")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, outbox: Path) -> Iterator[Site]:
    with running_site(
        tmp_path_factory.mktemp("site"),
        database_url=os.environ.get("DATABASE_URL", ""),
        redis_url=os.environ.get("REDIS_URL", ""),
        # django-environ 去掉路徑的第一個斜線，絕對路徑要寫兩個。
        EMAIL_URL=f"filemail:///{outbox}",
    ) as site:
        yield site


def test_a_notice_is_mailed_once_by_the_worker(site: Site, outbox: Path) -> None:
    site.manage("shell", "--verbosity", "0", "-c", TELL)

    states = site.manage("shell", "--verbosity", "0", "-c", DELIVERED).split()[-1]

    letters = [path.read_text(encoding="utf-8") for path in outbox.iterdir()]
    assert states == "sent"
    assert sum(letter.count("office1@example.test") for letter in letters) == 1


def test_everything_stops_and_nothing_stays_behind(site: Site) -> None:
    code = site.stop()

    mine = f"VAR_DIR={site.var}".encode()
    left = [path for path in Path("/proc").glob("[0-9]*/environ") if mine in environ(path)]
    assert (code, site.said[-1]) == (0, "已全部停止，數據都在。")
    assert left == []


def environ(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""
