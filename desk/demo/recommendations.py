"""樣例的考核推薦：一個項目，兩個對象表決通過、正在公示，另一個被一票否決攔下；一件異議待核查。"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from campaigns.models import Campaign
from desk.demo.history import History
from evaluations.models import AssessmentRound, VetoEvent, VetoItem
from evaluations.services import inquiries, vetoes
from evaluations.services.inquiries import Reply
from people.models import Department
from recommendations.meeting import Meeting
from recommendations.models import Candidate, Condition, Programme
from recommendations.services import candidates, programmes, publicity, voting
from recommendations.services.candidates import Nomination

Kind, Whom = Condition.Kind, Programme.Whom
#: 推薦的單位、類別和事蹟；救助管理站的那件事還在回溯期裏，不必再徵詢。
NOMINATED = {
    "social_affairs": (
        Whom.UNIT,
        "全年牽頭婚俗、殯葬兩項改革，編印辦事指南 3,000 份，下沉社區宣講 24 場；"
        "兩個窗口的辦事材料由 11 件減到 6 件，群眾評價滿意率 99.2%。\n"
        "建立每週巡窗制度，發現問題 37 件，全部當月辦結。",
    ),
    "elderly_children": (
        Whom.UNIT,
        "新增農村幸福院 6 所，為 212 位獨居老人建立探訪檔案，每月上門不少於兩次；"
        "困境兒童一人一檔，落實率 100%。\n"
        "接受群眾監督，全年沒有有效投訴。",
    ),
    "relief_station": (
        Whom.WINDOW,
        "全年救助 186 人次，護送返鄉 43 人；冬季街面巡查 62 次，無一人凍餓。",
    ),
}
ASKED = ("social_affairs", "elderly_children")
MOST_AGREE = 9
"""樣例裏第幾個表決的人開始有不同意見。"""


class Recommendations:
    """推薦的戲：各步排進 History 的日程，都經業務服務。"""

    def __init__(self, campaign: Campaign, departments: dict[str, Department]) -> None:
        self.campaign, self.departments = campaign, departments
        self.programme: Programme | None = None
        self.event: VetoEvent | None = None

    def rehearse(self, history: History) -> None:
        """從三十個工作日前擬項目，到兩個工作日前收到一件異議；那時還沒開展的不演。"""
        calendar, today = history.calendar, history.today
        if calendar.add(today, -70) <= history.issued_on:
            return
        steps: tuple[tuple[int, Callable[[History, datetime], object]], ...] = (
            (45, self._accident),
            (43, self._uphold),
            (32, self._draft),
            (28, self._nominate),
            (26, self._inquire),
            (20, self._answered),
            (17, self._confirm),
            (15, self._open_vote),
            (13, self._vote),
            (9, self._close),
            (4, self._publish),
            (2, self._object),
        )
        for days_ago, act in steps:
            day = calendar.add(today, -days_ago)
            history.plan(day, days_ago % 7, partial(act, history))

    def _accident(self, history: History, at: datetime) -> None:
        """救助管理站的一件事：認定以後，回溯期內不得推薦。"""
        day = at.date() - timedelta(days=3)
        self.event = vetoes.register_event(
            actor=history.users["office1"],
            item=self.campaign.veto_items.filter(text__contains="安全").first(),
            department=self.departments["relief_station"],
            values={
                "description": "值班室電器線路老化起火，無人傷亡，消防部門認定負主要責任（樣例）。",
                "date_of_event": day,
                "date_confirmed": at.date() - timedelta(days=1),
                "authority": "平潭縣應急管理局",
                "document_number": f"嵐應急〔{at.year}〕19號",
            },
            at=at,
        )

    def _uphold(self, history: History, at: datetime) -> None:
        vetoes.uphold(
            actor=history.users["chair"],
            event_id=self.event.pk,
            confirmed={"date_confirmed": self.event.date_confirmed, "is_concealed": False},
            reason="事實清楚，有認定文書；線路已全部更換。",
            at=at,
        )

    def _draft(self, history: History, at: datetime) -> None:
        office = history.users["office1"]
        year = self.campaign.start_date.year
        self.programme = programmes.draft_programme(
            actor=office,
            campaign=self.campaign,
            values={
                "title": f"推薦{year}年度省級文明行業創建示範點",
                "level": Programme.Level.PROVINCE,
                "authority": "福建省民政廳（樣例）",
                "basis": f"關於推薦{year}年度文明行業創建示範點的通知（樣例）",
                "kinds": [Whom.INDUSTRY, Whom.UNIT, Whom.WINDOW, Whom.PERSON],
                "quota": 2,
                "apply_by": history.calendar.add(history.today, -19),
            },
            at=at,
        )
        for values in self._conditions():
            programmes.put_condition(
                actor=office, programme_id=self.programme.pk, values=values, at=at
            )
        programmes.open_programme(actor=office, programme_id=self.programme.pk, at=at)

    def _conditions(self) -> list[dict[str, object]]:
        found: list[dict[str, object]] = [
            {"kind": Kind.NO_VETO, "text": "申報前回溯期內無負面清單所列情形"},
            {"kind": Kind.NO_OPEN_RECTIFICATION, "text": "考核整改已全部銷號"},
            {
                "kind": Kind.TITLED_SHARE,
                "applies_to": Whom.INDUSTRY,
                "text": "行業申報的，下屬單位 90% 以上已是市級示範點",
                "share_hundredths": 9000,
                "level": Programme.Level.CITY,
            },
            {"kind": Kind.NOT_ALSO_WITHIN, "text": "不與所在行業重複申報"},
            {"kind": Kind.MANUAL, "text": "領導班子無違紀違法問題（紀檢監察室書面意見）"},
        ]
        round_ = AssessmentRound.objects.filter(campaign=self.campaign).order_by("period_end")
        if last := round_.first():
            score = {"text": "最近一次考核總分 70 分以上", "points_hundredths": 7000}
            found.insert(0, {"kind": Kind.MINIMUM_SCORE, "round": last} | score)
        return found

    def _nominate(self, history: History, at: datetime) -> None:
        for code, (kind, deeds) in NOMINATED.items():
            candidates.nominate(
                actor=history.person(code, "head"),
                programme_id=self.programme.pk,
                nomination=Nomination(kind, self.departments[code].pk, deeds),
                at=at,
            )

    def _inquire(self, history: History, at: datetime) -> None:
        """清單上寫明認定機關的，各發一張函，問沒有事的兩個單位。"""
        items: dict[str, list[VetoItem]] = {}
        for item in self.campaign.veto_items.filter(retired_at__isnull=True).exclude(authority=""):
            items.setdefault(item.authority, []).append(item)
        for authority, asked in items.items():
            inquiries.ask_authority(
                actor=history.users["office1"],
                campaign=self.campaign,
                authority=authority,
                items=asked,
                departments=[self.departments[code] for code in ASKED],
                period=(at.date().replace(year=at.year - 1), at.date()),
                days=10,
                at=at,
            )

    def _answered(self, history: History, at: datetime) -> None:
        units = [self.departments[code].pk for code in ASKED]
        asked = self.campaign.inquiries.filter(answers__department__in=units)
        for inquiry in asked.distinct():
            answers = inquiry.answers.filter(answer="", department__in=units)
            replies = {row.pk: Reply("clear") for row in answers}
            if replies:
                inquiries.record_replies(
                    actor=history.users["office1"],
                    inquiry_id=inquiry.pk,
                    replies=replies,
                    answered_date=at.date(),
                    document_number="",
                    at=at,
                )

    def _confirm(self, history: History, at: datetime) -> None:
        condition = self.programme.conditions.get(kind=Kind.MANUAL)
        for row in self.programme.candidates.all():
            candidates.rule(
                actor=history.users["office1"],
                candidate_id=row.pk,
                condition_id=condition.pk,
                outcome="met",
                reason="紀檢監察室已出具書面意見，未發現問題",
                at=at,
            )

    def _open_vote(self, history: History, at: datetime) -> None:
        voting.open_vote(actor=history.users["office1"], programme_id=self.programme.pk, at=at)

    def _vote(self, history: History, at: datetime) -> None:
        """大多同意，有不同意的，也有棄權的；迴避的不投。"""
        self.programme.refresh_from_db()
        rows = self.programme.candidates.filter(state=Candidate.State.BALLOTED)
        meeting = Meeting(self.programme, rows.select_related("department"), at.date())
        for place, (pk, voter) in enumerate(meeting.voters.items()):
            choices = {
                row.pk: self._choice(place, number)
                for number, row in enumerate(meeting.candidates)
                if pk not in meeting.recusals_of(row)
            }
            if choices and place % 9 != 8:
                voting.cast(
                    actor=voter.user,
                    programme_id=self.programme.pk,
                    choices=choices,
                    vote_round=self.programme.vote_round,
                    at=at,
                )

    @staticmethod
    def _choice(place: int, number: int) -> str:
        if place < MOST_AGREE or (place + number) % 4:
            return "agree"
        return "abstain" if number else "against"

    def _close(self, history: History, at: datetime) -> None:
        voting.close_vote(actor=history.users["office1"], programme_id=self.programme.pk, at=at)

    def _publish(self, history: History, at: datetime) -> None:
        publicity.start_publicity(
            actor=history.users["office1"],
            programme_id=self.programme.pk,
            plan=publicity.Plan(
                start=at.date(),
                place="局公示欄、局門戶網站",
                contact="平潭縣民政局辦公室（樣例）",
            ),
            at=at,
        )

    def _object(self, history: History, at: datetime) -> None:
        row = (
            self.programme.candidates.filter(state=Candidate.State.PASSED).order_by("place").last()
        )
        publicity.record_objection(
            actor=history.users["office2"],
            candidate_id=row.pk,
            report=publicity.Report(
                content="反映探訪記錄有兩次是補簽的，請核對原始記錄。",
                channel="phone",
                received=at.date(),
                is_anonymous=True,
            ),
            at=at,
        )
