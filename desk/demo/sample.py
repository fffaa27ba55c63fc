"""樣例的裝載：一次裝好，之後再不碰，用戶改過的都在。"""

from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

from django.db import transaction
from django.utils import timezone

from campaigns.models import Campaign
from desk.demo import accounts, after_round, organisation
from desk.demo.history import History
from desk.demo.honours import Honours
from desk.demo.letters import Letters
from desk.demo.orders import Orders
from desk.demo.plan import Breakdown, import_the_document
from desk.demo.recommendations import Recommendations
from desk.demo.report import issue_a_bulletin, issue_last_quarter, prepare_the_meeting
from desk.demo.rounds import rehearse_rounds
from desk.demo.scheme import adopt_the_scheme
from desk.demo.vetoes import Vetoes
from journal.models import Entry, Notice
from journal.services import record
from people.models import User
from pingtan_civ.lib import clock
from workdays.services import calendar

LOADED = "desk.sample_loaded"
UNREAD_DAYS = 4


class ForeignDatabase(Exception):
    """這個數據庫裏已有別人的數據。參數是給人看的一句話。"""


def sample_year(today: date) -> int:
    """活動從一月到次年三月；一至三月還在上一年度的活動裏。"""
    return today.year if today.month >= 4 else today.year - 1


@transaction.atomic
def load(*, accounts_path: Path, today: date) -> bool:
    """裝樣例；已裝過的只補齊賬號文件。返回這次是否新裝。

    整個過程是一個事務：中斷了就當沒裝過，下次從頭來。
    Raises ForeignDatabase：庫裏有不屬於樣例的用戶，不往真實數據裏摻樣例。
    """
    loaded = Entry.objects.filter(action=LOADED).exists()
    if not loaded and User.objects.exists():
        raise ForeignDatabase(
            "這個數據庫裏已有用戶，不是空庫，沒有裝入樣例。"
            "要試用樣例，請取消 DATABASE_URL，或用 VAR_DIR 另指一個空文件夾。"
        )
    users = accounts.open_accounts(organisation.people(), accounts_path)
    if not loaded:
        _load_content(users, today)
    return not loaded


def _load_content(users: dict[str, User], today: date) -> Campaign:
    year = sample_year(today)
    since = date(year, 1, 5)
    departments = organisation.lay_out_departments(users, since)
    campaign = organisation.open_campaign(year)
    organisation.seat_the_leading_group(campaign, users, departments)
    office, working = users["office1"], calendar()
    import_the_document(campaign, office, _morning(working.next_working(date(year, 2, 25))))
    breakdown = Breakdown(campaign, departments, today)
    completed = _morning(working.next_working(date(year, 3, 4)))
    measures = breakdown.complete(users, office, completed)
    adopt_the_scheme(campaign, office, completed + timedelta(hours=1))
    orders = Orders(campaign, departments)
    vetoes = Vetoes(campaign, departments)
    letters = Letters(campaign)
    recommendations = Recommendations(campaign, departments)
    rounds = partial(rehearse_rounds, campaign, today)
    History(users, measures, year, today).play(
        orders.rehearse,
        vetoes.rehearse,
        letters.rehearse,
        Honours(departments).rehearse,
        rounds,
        recommendations.rehearse,
    )
    after_all = timezone.localtime(Entry.objects.latest("at").at) + timedelta(minutes=1)
    issue_last_quarter(campaign, office, after_all)
    after_round.rectify(campaign, after_all + timedelta(minutes=5))
    issue_a_bulletin(campaign, office, after_all + timedelta(minutes=30))
    prepare_the_meeting(campaign, office, after_all + timedelta(minutes=35))
    _read_older_notices(working.add(today, -UNREAD_DAYS))
    record(
        actor=None,
        action=LOADED,
        target=campaign,
        summary="裝入樣例：單位、人員、領導小組和方案。",
        at=_morning(since),
    )
    return campaign


def _read_older_notices(day: date) -> None:
    """幾天前的通知都當讀過了，收件箱裏只留近日的。"""
    read_at = _morning(day)
    Notice.objects.filter(created_at__lt=read_at, read_at__isnull=True).update(read_at=read_at)


def _morning(day: date) -> datetime:
    return clock.at_hour(day, 9)
