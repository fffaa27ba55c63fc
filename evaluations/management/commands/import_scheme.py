"""從 Excel 導入一份考核辦法；--check 只查不存。"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand

from campaigns.models import Campaign
from campaigns.standing import office_members
from evaluations.scheme_cells import Names
from evaluations.scheme_reading import MAX_BYTES, Found, UnreadableScheme, read_workbook
from evaluations.schemes import problems
from evaluations.services.schemes import import_scheme
from people.models import User
from pingtan_civ.lib import clock


class Refused(Exception):
    """不能照辦；參數是給人看的一句話，可以有幾行。"""


class Command(BaseCommand):
    help = "從 .xlsx 讀進一份考核辦法，成為草稿；有一格讀不懂就什麼也不存，逐格說明。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="考核辦法的 .xlsx（從辦法頁導出的樣子）")
        parser.add_argument("--campaign", metavar="代碼", help="活動代碼，默認唯一進行中的那個")
        parser.add_argument("--year", type=int, metavar="年", help="年度，默認表裏寫的")
        parser.add_argument(
            "--by", metavar="賬號", help="以誰的名義擬訂，默認活動辦公室的第一位（多為主任）"
        )
        parser.add_argument("--check", action="store_true", help="只查不存")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            campaign = _campaign(options["campaign"])
            found = _read(Path(options["file"]), campaign)
            for each in problems(found.tree):
                self.stdout.write(f"啟用之前要改：{each}")
            if options["check"]:
                self.stdout.write("讀得懂；只查不存，沒有導入。")
                return
            scheme = import_scheme(
                actor=_drafter(options["by"], campaign),
                campaign_id=campaign.pk,
                year=options["year"] or found.year or campaign.start_date.year,
                tree=found.tree,
                source=Path(options["file"]).name,
                at=clock.now(),
            )
        except (Refused, UnreadableScheme, PermissionDenied) as error:
            self.stderr.write(str(error))  # 只給一句話，不帶 CommandError 字樣
            raise SystemExit(1) from error
        self.stdout.write(
            f"已導入成草稿「{scheme}」（{scheme.year} 年），請到考核辦法頁核對、啟用。"
        )


def _campaign(code: str | None) -> Campaign:
    if code:
        campaign = Campaign.objects.filter(code=code).first()
        if campaign is None:
            raise Refused(f"沒有代碼為「{code}」的創建活動。")
        return campaign
    running = list(Campaign.objects.open())
    if len(running) != 1:
        raise Refused("進行中的創建活動不是正好一個，請用 --campaign 寫明代碼。")
    return running[0]


def _read(path: Path, campaign: Campaign) -> Found:
    try:
        with path.open("rb") as file:
            if path.stat().st_size > MAX_BYTES:
                raise Refused(f"「{path}」超過 {MAX_BYTES >> 20} MB，不像一份考核辦法。")
            found = read_workbook(file, path.name, Names.of(campaign))
    except OSError as error:
        raise Refused(f"打不開文件「{path}」，請檢查路徑和權限。") from error
    if found.faults:
        lines = [str(each) for each in found.faults]
        raise Refused("\n".join([*lines, f"共 {len(lines)} 處要改，什麼也沒有存。"]))
    return found


def _drafter(username: str | None, campaign: Campaign) -> User:
    if username:
        user = User.objects.filter(username=username).first()
        if user is None:
            raise Refused(f"沒有「{username}」這個賬號。")
        return user
    members = office_members(campaign, clock.today())
    if not members:
        raise Refused("這個活動的辦公室還沒有人，請先設席位，或用 --by 寫明賬號。")
    return members[0]
