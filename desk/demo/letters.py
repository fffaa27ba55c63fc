"""樣例的目標責任書：三月送簽，殯儀館退回過一次，月底前都簽了；日前新下達的任務起草了兩份補充書。"""

from collections.abc import Callable
from datetime import datetime

from campaigns.models import Campaign
from desk.demo.history import LATELY_ISSUED, History
from evaluations.models import TargetLetter
from evaluations.services import letter_signing as signing
from evaluations.services import letters as services
from people.models import User
from tasks.models import Assignment

Act = Callable[[datetime], object]
OBJECTING = "funeral_home"


class Letters:
    """責任書的戲：各步排進 History 的日程，都經業務服務。"""

    def __init__(self, campaign: Campaign) -> None:
        self.campaign = campaign
        self.year = campaign.start_date.year

    def rehearse(self, history: History) -> None:
        office, chair = history.users["office1"], history.users["chair"]
        start = history.calendar.add(history.issued_on, 3)

        def plan(days: int, index: int, act: Act) -> None:
            history.plan(history.calendar.add(start, days), index, act)

        plan(0, 1, lambda at: self._draft_all(office, at))
        plan(0, 4, lambda at: self._send_all(office, at))
        plan(1, 2, lambda at: self._object(history, at))
        plan(3, 1, lambda at: self._send_again(office, at))
        for days in (2, 4, 5):
            plan(days, 6, lambda at, days=days: self._heads_sign(history, days, at))
        plan(8, 2, lambda at: self._chair_signs(chair, at))
        lately, now = (history.calendar.add(history.today, -days) for days in (2, 1))
        history.plan(lately, 8, lambda at: self._supplement(office, at))
        history.plan(now, 6, lambda at: self._first_head_signs(history, at))

    def _letters(self, *states: str) -> list[TargetLetter]:
        rows = TargetLetter.objects.filter(campaign=self.campaign, state__in=states)
        return list(rows.select_related("department", "text").order_by("department__position"))

    def _draft_all(self, office: User, at: datetime) -> None:
        services.draft_letters(actor=office, campaign=self.campaign, year=self.year, at=at)

    def _send_all(self, office: User, at: datetime) -> None:
        services.send_all(actor=office, campaign=self.campaign, year=self.year, at=at)

    def _sign(self, letter: TargetLetter, actor: User, at: datetime) -> None:
        signing.sign_letter(actor=actor, letter_id=letter.pk, seen=letter.text.sha256, at=at)

    def _object(self, history: History, at: datetime) -> None:
        for letter in self._letters(TargetLetter.State.ISSUED):
            if letter.department.code == OBJECTING:
                signing.return_letter(
                    actor=history.person(OBJECTING, "head"),
                    letter_id=letter.pk,
                    reason="夜間接運的車輛還沒有落實，請在補充條款裏寫明由局裏協調。",
                    at=at,
                )

    def _send_again(self, office: User, at: datetime) -> None:
        for letter in self._letters(TargetLetter.State.DRAFT):
            if letter.is_returned:
                services.write_terms(
                    actor=office,
                    letter_id=letter.pk,
                    terms="夜間接運車輛由局裏協調，於上半年落實。",
                    at=at,
                )
                services.send_letter(actor=office, letter_id=letter.pk, at=at)

    def _heads_sign(self, history: History, days: int, at: datetime) -> None:
        """三天裏陸續簽完；最後一天餘下的都簽。"""
        for place, letter in enumerate(self._letters(TargetLetter.State.ISSUED)):
            if days == 5 or place % 3 == 0:
                self._sign(letter, history.person(letter.department.code, "head"), at)

    def _chair_signs(self, chair: User, at: datetime) -> None:
        for letter in self._letters(TargetLetter.State.HEAD_SIGNED):
            self._sign(letter, chair, at)

    def _supplement(self, office: User, at: datetime) -> None:
        """日前下達的任務，給頭兩個有關單位送簽補充書；其餘的留着給人試。"""
        lately = Assignment.objects.filter(
            measure__campaign=self.campaign,
            measure__clause__code__in=LATELY_ISSUED,
        )
        parents = TargetLetter.objects.filter(
            campaign=self.campaign,
            state=TargetLetter.State.IN_FORCE,
            parent__isnull=True,
            department__in=lately.values("department"),
        )
        for parent in parents.order_by("department__position")[:2]:
            letter = services.draft_supplement(actor=office, letter_id=parent.pk, at=at)
            services.send_letter(actor=office, letter_id=letter.pk, at=at)

    def _first_head_signs(self, history: History, at: datetime) -> None:
        """頭一份負責人已簽，等組長。"""
        for letter in self._letters(TargetLetter.State.ISSUED)[:1]:
            self._sign(letter, history.person(letter.department.code, "head"), at)
