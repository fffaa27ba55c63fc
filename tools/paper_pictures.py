"""重拍 docs/img/papers/ 裏的各張圖：新裝一份樣例，每種公文取最近的一份，排成 PDF，拍第一頁。

用法（在項目根目錄，要有 pdftoppm）：python -m tools.paper_pictures [種類…] [--script hans] [--into 文件夾]
種類是 reports.paper_kinds 登記的代碼，不寫就拍 PICTURED 裏的九種。樣例裏還沒有的說一句，不算錯；
用 VAR_DIR 指定已有的一份樣例時不另裝。
"""

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

TODAY = "2026-11-23"
FOLDER = Path("docs/img/papers")
DPI, LARGEST = 60, 120_000
READER = "office1"
PICTURED = (
    "breakdown",
    "letter",
    "order",
    "chase",
    "rectification",
    "bulletin",
    "candidate-form",
    "report-bulletin",
    "report-meeting",
)


@contextmanager
def sample() -> Iterator[None]:
    """新裝的樣例；在 django.setup 之前進來。"""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "pingtan_civ.settings")
    os.environ.setdefault("TODAY", TODAY)
    if "VAR_DIR" in os.environ:
        yield
        return
    with tempfile.TemporaryDirectory() as folder:
        os.environ["VAR_DIR"] = folder
        command = [sys.executable, "manage.py", "demo", "--no-serve"]
        subprocess.run(command, check=True, timeout=600, stdout=subprocess.DEVNULL)  # noqa: S603
        yield


def addresses() -> dict[str, str]:
    """{種類: 下載的網址}：辦完的優先，否則最近的一份。"""
    from django.urls import reverse

    from campaigns.models import Campaign
    from campaigns.standing import standing_of
    from people.models import User
    from pingtan_civ.lib import clock
    from reports.paper_kinds import papers_for

    campaign, reader = Campaign.objects.earliest("pk"), User.objects.get(username=READER)
    found = {}
    for _group, kinds in papers_for(standing_of(reader, clock.today()), campaign, 5):
        for shown in kinds:
            rows = [row for row in shown.shelf.rows if row.download]
            done = [row for row in rows if row.tone == "ok"]
            if rows:
                found[shown.kind.key] = (done or rows)[0].download
    found["chase"] = (
        f"{reverse('reports:chase-paper', args=[campaign.code])}?to={_first_unit(campaign)}"
    )
    return found


def _first_unit(campaign: object) -> int:
    """欠報的頭一個單位。"""
    from pingtan_civ.lib import clock
    from tasks.chase_board import build_board
    from tasks.chase_query import ChaseQuery
    from tasks.lights import LightRule
    from workdays.services import calendar

    rule = LightRule.on(clock.today(), calendar(), campaign.warn_days)
    return build_board(ChaseQuery(), campaign, rule).for_papers[0].department_id


def fetch(address: str, script: str, format_: str = "pdf") -> bytes:
    from django.conf import settings
    from django.test import Client

    from people.models import User

    settings.ALLOWED_HOSTS = ["testserver"]
    client = Client()
    client.force_login(User.objects.get(username=READER))
    mark = "&" if "?" in address else "?"
    answer = client.get(f"{address}{mark}format={format_}&script={script}")
    if answer.status_code != 200 or not answer.streaming:
        raise SystemExit(f"{address} 沒有排成 {format_}（{answer.status_code}）。")
    return b"".join(answer.streaming_content)


def picture(pdf: bytes, target: Path) -> None:
    """第一頁拍成 PNG。"""
    with tempfile.NamedTemporaryFile(suffix=".pdf") as kept:
        kept.write(pdf)
        kept.flush()
        size = ["-r", str(DPI), "-f", "1", "-l", "1", "-singlefile"]
        command = ["pdftoppm", "-png", *size, kept.name, str(target.with_suffix(""))]
        subprocess.run(command, check=True, timeout=60)  # noqa: S603
    if target.stat().st_size > LARGEST:
        print(f"{target} 有 {target.stat().st_size // 1000} KB，超過了 {LARGEST // 1000} KB。")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kinds", nargs="*")
    parser.add_argument("--script", choices=["hant", "hans"], default="hant")
    parser.add_argument("--into", type=Path, default=FOLDER)
    given = parser.parse_args()
    given.into.mkdir(parents=True, exist_ok=True)
    with sample():
        import django

        django.setup()
        known = addresses()
        for kind in given.kinds or PICTURED:
            if kind not in known:
                print(f"樣例裏還沒有 {kind}，這張沒有拍。")
                continue
            target = given.into / f"{kind}.png"
            picture(fetch(known[kind], given.script), target)
            print(target)


if __name__ == "__main__":
    main()
