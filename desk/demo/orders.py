"""樣例的督辦單：組長批示已答覆等閱示的、逾期沒反饋的、剛交辦的、辦結的，各一張。"""

from collections.abc import Callable
from datetime import datetime

from campaigns.models import Campaign
from desk.demo.history import History
from people.models import Department, User
from supervision import services
from supervision.models import Order, Terms
from supervision.services import Limit, Matter
from tasks.models import Measure

Act = Callable[[datetime], object]


class Orders:
    """幾張督辦單的戲：各步排進 History 的日程，與別的事按先後一起演，都經業務服務。"""

    def __init__(self, campaign: Campaign, departments: dict[str, Department]) -> None:
        self.campaign = campaign
        self.departments = departments
        self.orders: dict[str, Order] = {}

    def rehearse(self, history: History) -> None:
        """排日程；幾個工作日前的第幾刻，辦什麼。"""
        Terms.objects.create(campaign=self.campaign)
        office = history.users["office1"]
        steps = [
            *self._closed(history, office),
            *self._overdue(history, office),
            *self._answered_to_the_chair(history),
            *self._just_issued(office),
        ]
        for days_ago, index, act in steps:
            history.plan(history.calendar.add(history.today, -days_ago), index, act)

    # 各步

    def _open(self, office: User, unit: str, title: str, demand: str, days: int) -> Act:
        def act(at: datetime) -> None:
            late = services.Limit(days=days).due(at.date()) > self.campaign.end_date
            # 活動快結束時不越過結束日。
            limit = Limit(day=self.campaign.end_date) if late else Limit(days=days)
            order = services.create_order(
                actor=office,
                campaign=self.campaign,
                matter=Matter(
                    title=title,
                    demand=demand,
                    limit=limit,
                    lead_department_id=self.departments[unit].pk,
                ),
                at=at,
            )
            services.issue_order(actor=office, order_id=order.pk, at=at)
            self.orders[unit] = order

        return act

    def _instruct(self, chair: User, unit: str, text: str) -> Act:
        def act(at: datetime) -> None:
            rows = Measure.objects.filter(
                campaign=self.campaign,
                lead_department=self.departments[unit],
                state=Measure.State.ISSUED,
            )
            measure = rows.order_by("position", "pk").first()
            if measure:
                self.orders[unit] = services.give_instruction(
                    actor=chair, subject=measure, text=text, at=at
                ).order

        return act

    def _then(self, unit: str, service: Callable[..., object], **values: object) -> Act:
        """對已開的那一張辦下一步；那一張沒開成（沒有在辦的措施）時不辦。"""

        def act(at: datetime) -> None:
            order = self.orders.get(unit)
            if order:
                service(order_id=order.pk, at=at, **values)

        return act

    def _answered(
        self, history: History, unit: str, text: str, days_ago: int
    ) -> list[tuple[int, int, Act]]:
        clerk, head = history.person(unit, "clerk"), history.person(unit, "head")
        submit = self._then(unit, services.submit_answer, actor=clerk, text=text, version=0)
        sign = self._then(unit, services.sign_answer, actor=head, round_number=1)
        return [(days_ago, 3, submit), (days_ago, 5, sign)]

    # 各張

    def _closed(self, history: History, office: User) -> list[tuple[int, int, Act]]:
        unit = "funeral_home"
        return [
            (
                22,
                1,
                self._open(
                    office,
                    unit,
                    "殯儀館遺體接運收費公示與發票項目不一致",
                    "核對收費公示牌、發票項目和物價批文，三者一致，拍照報送。",
                    5,
                ),
            ),
            (22, 10, self._then(unit, services.acknowledge, actor=history.person(unit, "head"))),
            *self._answered(
                history,
                unit,
                "已按物價批文重做收費公示牌 2 塊，更正項目名稱 3 處，發票項目同步修改，"
                "下月起執行。",
                18,
            ),
            (
                17,
                9,
                self._then(
                    unit,
                    services.close_order,
                    actor=office,
                    round_number=1,
                    words="已到現場核對。",
                ),
            ),
        ]

    def _overdue(self, history: History, office: User) -> list[tuple[int, int, Act]]:
        unit = "relief_station"
        clerk = history.person(unit, "clerk")
        return [
            (
                8,
                2,
                self._open(
                    office,
                    unit,
                    "救助管理站夜間值班電話無人接聽",
                    "查清上週日夜間值班情況，落實雙人值班，書面說明並附值班表。",
                    5,
                ),
            ),
            (7, 1, self._then(unit, services.acknowledge, actor=clerk)),
        ]

    def _answered_to_the_chair(self, history: History) -> list[tuple[int, int, Act]]:
        unit = "marriage_registry"
        text = "預約等候時間太長，群眾有反映。請一週內拿出辦法，並告訴我結果。"
        clerk = history.person(unit, "clerk")
        return [
            (6, 11, self._instruct(history.users["chair"], unit, text)),
            (5, 1, self._then(unit, services.acknowledge, actor=clerk)),
            *self._answered(
                history,
                unit,
                "已增開週六上午一個窗口，網上預約由每日 40 對增至 60 對；近三天平均等候由 52 分鐘"
                "降到 21 分鐘。月底再統計一次。",
                1,
            ),
        ]

    def _just_issued(self, office: User) -> list[tuple[int, int, Act]]:
        act = self._open(
            office,
            "welfare_home",
            "福利院公示欄內容過期",
            "更換過期的收費標準和監督電話，附更換前後的照片。",
            3,
        )
        return [(1, 11, act)]
