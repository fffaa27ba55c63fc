"""樣例的負面清單：方案的「無……」各款，一件認定後解除的事，一張還沒答覆的徵詢函。"""

from datetime import datetime, timedelta
from functools import partial
from io import BytesIO

from campaigns.models import Campaign
from desk.demo import papers
from desk.demo.history import History
from evaluations.models import VetoEvent, VetoFile, VetoItem
from evaluations.services import inquiries, veto_files, vetoes
from evaluations.services.veto_items import seed_from_plan
from people.models import Department


class Vetoes:
    """一票否決的戲：各步排進 History 的日程，都經業務服務。"""

    def __init__(self, campaign: Campaign, departments: dict[str, Department]) -> None:
        self.campaign = campaign
        self.departments = departments
        self.event: VetoEvent | None = None

    def rehearse(self, history: History) -> None:
        """下達後第二天列清單；其餘在幾個工作日前，那時活動還沒開展的不演。"""
        calendar, today = history.calendar, history.today
        listed_on = calendar.add(history.issued_on, 1)
        history.plan(listed_on, 1, partial(self._seed, history))
        if calendar.add(today, -60) > listed_on:
            for days_ago, act in (
                (60, self._self_report),
                (58, self._state),
                (56, self._uphold),
                (20, self._propose),
                (18, self._release),
            ):
                day = calendar.add(today, -days_ago)
                history.plan(day, days_ago % 7, partial(act, history))
        if calendar.add(today, -6) > listed_on:
            history.plan(calendar.add(today, -6), 6, partial(self._ask, history))

    def _item(self, text: str) -> VetoItem:
        return self.campaign.veto_items.get(event_text__contains=text)

    def _seed(self, history: History, at: datetime) -> None:
        seed_from_plan(actor=history.users["office1"], campaign=self.campaign, at=at)

    def _self_report(self, history: History, at: datetime) -> None:
        self.event = vetoes.register_event(
            actor=history.person("relief_station", "head"),
            item=self._item("髒亂差"),
            department=self.departments["relief_station"],
            values={
                "description": "縣創城辦實地抽查，後院堆放廢舊床板和雜物，當場拍照指出。",
                "date_of_event": at.date() - timedelta(days=2),
                "date_confirmed": at.date() - timedelta(days=1),
                "authority": "平潭縣創城辦",
                "document_number": f"嵐創城通報〔{at.year}〕7號",
            },
            at=at,
        )

    def _state(self, history: History, at: datetime) -> None:
        head = history.person("relief_station", "head")
        picture = papers.picture("救助管理站", "後院清理之後", at.date(), 3)
        veto_files.attach(
            actor=head,
            event_id=self.event.pk,
            file=BytesIO(picture),
            name="後院清理之後.jpg",
            at=at,
        )
        vetoes.state_case(
            actor=head,
            event_id=self.event.pk,
            text="雜物當天清運完畢，後院劃了堆放區，值班員每日巡查登記。",
            at=at,
        )

    def _uphold(self, history: History, at: datetime) -> None:
        vetoes.uphold(
            actor=history.users["chair"],
            event_id=self.event.pk,
            confirmed={"date_confirmed": self.event.date_confirmed, "is_concealed": False},
            reason="有通報和照片，事實清楚；單位及時自報。",
            at=at,
        )

    def _propose(self, history: History, at: datetime) -> None:
        opinion = papers.scan(
            "平潭縣創城辦", "復查意見書", f"嵐創城復〔{at.year}〕3號", at.date() - timedelta(days=1)
        )
        veto_files.attach(
            actor=history.users["office1"],
            event_id=self.event.pk,
            file=BytesIO(opinion),
            name="復查意見書.pdf",
            kind=VetoFile.Kind.RESULT,
            at=at,
        )
        vetoes.propose_release(
            actor=history.users["office1"],
            event_id=self.event.pk,
            reason="連續兩個月抽查合格，縣創城辦復查通過。",
            at=at,
        )

    def _release(self, history: History, at: datetime) -> None:
        vetoes.settle_release(
            actor=history.users["chair"],
            release_id=self.event.releases.get().pk,
            is_agreed=True,
            reason="同意，年底再看一次。",
            at=at,
        )

    def _ask(self, history: History, at: datetime) -> None:
        day = at.date()
        inquiries.ask_authority(
            actor=history.users["office1"],
            campaign=self.campaign,
            authority="平潭縣公安局",
            items=list(self.campaign.veto_items.filter(authority="公安機關")),
            departments=[
                self.departments[code]
                for code in ("marriage_registry", "funeral_home", "relief_station", "welfare_home")
            ],
            period=(day - timedelta(days=365), day),
            days=10,
            at=at,
        )
