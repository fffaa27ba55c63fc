"""樣例的督辦單：組長批示已答覆等閱示的、逾期沒反饋的、剛交辦的、辦結的，各一張。"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from campaigns.models import Campaign
from people.models import Department, User
from pingtan_civ.lib import clock
from supervision import services
from supervision.models import Order, Terms
from supervision.services import Limit, Matter
from tasks.models import Measure
from workdays.services import calendar


@dataclass
class Orders:
    """按演示當天倒推的幾張督辦單，都經業務服務辦出來。"""

    campaign: Campaign
    users: dict[str, User]
    departments: dict[str, Department]
    today: date

    def lay_out(self) -> None:
        Terms.objects.create(campaign=self.campaign, signature="")
        self._closed()
        self._overdue()
        self._answered_to_the_chair()
        self._just_issued()

    def _at(self, days_ago: int, hour: int, minute: int = 0) -> datetime:
        """幾個工作日之前的一個時刻。"""
        return clock.at_hour(calendar().add(self.today, -days_ago), hour, minute)

    def _measure(self, unit: str, *, skip: int = 0) -> Measure | None:
        """該單位牽頭、在辦的一項措施。"""
        rows = Measure.objects.filter(
            campaign=self.campaign,
            lead_department=self.departments[unit],
            state=Measure.State.ISSUED,
        )
        return rows.order_by("position", "pk")[skip : skip + 1].first()

    def _people(self, unit: str) -> tuple[User, User]:
        name = unit.replace("_", "-")
        return self.users[f"{name}-clerk"], self.users[f"{name}-head"]

    def _open(self, unit: str, title: str, demand: str, days: int, at: datetime) -> Order:
        office = self.users["office1"]
        order = services.create_order(
            actor=office,
            campaign=self.campaign,
            matter=Matter(
                title=title,
                demand=demand,
                limit=self._limit(days, at),
                lead_department_id=self.departments[unit].pk,
            ),
            at=at,
        )
        return services.issue_order(actor=office, order_id=order.pk, at=at)

    def _limit(self, days: int, at: datetime) -> Limit:
        """活動快結束時不越過結束日。"""
        late = calendar().add(at.date(), days) > self.campaign.end_date
        return Limit(day=self.campaign.end_date) if late else Limit(days=days)

    def _answer(self, order: Order, unit: str, text: str, at: datetime) -> None:
        clerk, head = self._people(unit)
        services.submit_answer(actor=clerk, order_id=order.pk, text=text, version=0, at=at)
        services.sign_answer(
            actor=head, order_id=order.pk, round_number=1, at=at + timedelta(minutes=50)
        )

    def _closed(self) -> None:
        """辦結的一張。"""
        unit = "funeral_home"
        order = self._open(
            unit,
            "殯儀館遺體接運收費公示與發票項目不一致",
            "核對收費公示牌、發票項目和物價批文，三者一致，拍照報送。",
            5,
            self._at(22, 9, 10),
        )
        services.acknowledge(actor=self._people(unit)[1], order_id=order.pk, at=self._at(22, 15, 5))
        self._answer(
            order,
            unit,
            "已按物價批文重做收費公示牌 2 塊，更正項目名稱 3 處，發票項目同步修改，11 月起執行。",
            self._at(18, 10, 0),
        )
        services.close_order(
            actor=self.users["office1"],
            order_id=order.pk,
            round_number=1,
            words="已到現場核對。",
            at=self._at(17, 16, 20),
        )

    def _overdue(self) -> None:
        """逾期沒有反饋的一張。"""
        order = self._open(
            "relief_station",
            "救助管理站夜間值班電話無人接聽",
            "查清 11 月 8 日夜間值班情況，落實雙人值班，書面說明並附值班表。",
            5,
            self._at(8, 9, 30),
        )
        services.acknowledge(
            actor=self._people("relief_station")[0], order_id=order.pk, at=self._at(7, 8, 50)
        )

    def _answered_to_the_chair(self) -> None:
        """組長批示，已答覆，等他閱示。"""
        unit = "marriage_registry"
        measure = self._measure(unit)
        if measure is None:
            return
        order = services.give_instruction(
            actor=self.users["chair"],
            subject=measure,
            text="國慶後預約等候時間太長，群眾有反映。請一週內拿出辦法，並告訴我結果。",
            at=self._at(6, 17, 15),
        ).order
        services.acknowledge(actor=self._people(unit)[0], order_id=order.pk, at=self._at(5, 8, 40))
        self._answer(
            order,
            unit,
            "已增開週六上午一個窗口，網上預約由每日 40 對增至 60 對；近三天平均等候由 52 分鐘"
            "降到 21 分鐘。月底再統計一次。",
            self._at(1, 10, 30),
        )

    def _just_issued(self) -> None:
        """剛交辦、還沒領辦的一張。"""
        self._open(
            "welfare_home",
            "福利院公示欄內容過期",
            "更換過期的收費標準和監督電話，附更換前後的照片。",
            3,
            self._at(1, 16, 40),
        )
