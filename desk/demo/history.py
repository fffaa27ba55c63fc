"""樣例的經過：三月下達以來各單位怎麼簽收、填報、初審，辦公室怎麼審核和退回。

每一步都由當時該辦的人經真實的服務辦理，時間在過去，所以留痕、通知和日期事實都是真的。
先排出全部步驟，再按時間先後執行到演示當天為止；當天以後的不發生。
"""

import io
from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import partial

from django.db.models import F

from campaigns.models import Cycle, EvidenceForm
from desk.demo import papers
from desk.demo.breakdown import ROWS
from desk.demo.twists import TWISTS, Twist
from people.models import User
from pingtan_civ.lib import clock
from tasks.models import Assignment, EvidenceLink, Measure, Round, Submission, WrongState
from tasks.services import evidence, handing_in, issuing, requests, review
from tasks.services.handing_in import Draft
from tasks.services.reminders import send_reminders
from workdays.services import calendar

ROW = {row.code: row for row in ROWS}
HELD_BACK = {"T2.2", "T6.6", "T6.7"}
LATELY_ISSUED = {"T4.3", "T6.4"}
REMINDED_DAYS = 8
SENT_BACK_REASONS = [
    "內容與上期雷同，請寫明本期新做了什麼、有什麼成效。",
    "數據與台賬對不上，請核對後補報。",
    "缺少佐證，請補充本期的照片或文件。",
]
#: 這兩種是帶文號的掃描件。
NUMBERED = {"norm_doc", "certificate"}
Step = tuple[datetime, int, Callable[[], object]]


def document_number(day: date, index: int) -> str:
    return f"嵐民〔{day.year}〕{10 + index % 80}號"


class History:
    """一場按日程上演的戲。users 以用戶名為鍵，measures 以條款編碼為鍵。"""

    def __init__(
        self, users: dict[str, User], measures: dict[str, Measure], year: int, today: date
    ) -> None:
        self.users = users
        self.measures = measures
        self.today = today
        self.now = clock.at_hour(today, 8)
        self.issued_on = calendar().next_working(date(year, 3, 9))
        self.calendar = calendar()
        self.forms = {form.code: form for form in EvidenceForm.objects.all()}
        self.steps: list[Step] = []

    # 誰來辦

    def person(self, department: str, role: str) -> User:
        return self.users[f"{department.replace('_', '-')}-{role}"]

    def office(self, index: int) -> User:
        return self.users["office1" if index % 3 == 0 else "office2"]

    # 排日程

    def at(self, day: date, index: int) -> datetime:
        """某天上班時間裏的一刻；index 讓各件事錯開。"""
        moment = clock.at_hour(day, 8, 40) + timedelta(minutes=(index * 37) % 460)
        return moment.replace(second=(index * 17) % 60)

    def plan(self, day: date, index: int, run: Callable[[datetime], object]) -> None:
        moment = self.at(day, index)
        self.steps.append((moment, len(self.steps), partial(run, moment)))

    def perform(self) -> int:
        """依次辦到演示當天早晨為止；返回辦了幾步。"""
        due = sorted(step for step in self.steps if step[0] < self.now)
        for _moment, _order, run in due:
            run()
        self.steps.clear()
        return len(due)

    # 劇情

    def play(self, *scenes: Callable[["History"], None]) -> int:
        """從下達演到演示當天；scenes 是另外幾場戲，把各自的步子排進同一張日程。"""
        self.issue(set(ROW) - HELD_BACK - LATELY_ISSUED, self.issued_on)
        done = self.perform()
        self.issue(LATELY_ISSUED, self.calendar.add(self.today, -2))
        self.plan(self.calendar.add(self.today, -1), 12, self.acknowledge_lately_issued)
        for index, assignment in enumerate(self.assignments()):
            self.acknowledge(assignment, index)
            for number, submission in enumerate(assignment.submissions.all()):
                self.hand_in(submission, index * 7 + number)
        self.extra_scenes()
        for scene in scenes:
            scene(self)
        return done + self.perform()

    def issue(self, codes: set[str], day: date) -> None:
        ids = [self.measures[code].pk for code in codes]
        office = self.users["office1"]
        self.plan(day, 3, lambda at: issuing.issue_measures(actor=office, measure_ids=ids, at=at))

    def assignments(self) -> list[Assignment]:
        return list(
            Assignment.objects.filter(measure__in=self.measures.values())
            .select_related("measure__clause", "department")
            .prefetch_related("submissions", "measure__figures", "measure__evidence_wanted__form")
            .order_by("measure__position", "role", "department__position")
        )

    def acknowledge(self, assignment: Assignment, index: int) -> None:
        """都在時限內簽收，多由經辦人。"""
        day = self.calendar.add(assignment.issued_at.date(), 1 + index % 3)
        who = self.person(assignment.department.code, "head" if index % 4 == 0 else "clerk")
        act = partial(requests.acknowledge, actor=who, assignment_id=assignment.pk)
        self.plan(day, index, lambda at: act(at=at))

    def acknowledge_lately_issued(self, at: datetime) -> None:
        """最近下達的只有配合單位簽了，牽頭的還沒有。"""
        lately = [self.measures[code].pk for code in LATELY_ISSUED]
        for assignment in Assignment.objects.filter(
            measure__in=lately, role=Assignment.Role.SUPPORTING
        ):
            who = self.person(assignment.department.code, "clerk")
            requests.acknowledge(actor=who, assignment_id=assignment.pk, at=at)

    def hand_in(self, submission: Submission, index: int) -> None:
        """一期報送的日程：照常的在時限前報、次日初審、兩三天內審核。"""
        key = (submission.assignment.measure.clause.code, submission.assignment.department.code)
        twist = self.twist(key, submission)
        if twist is None and submission.due_date >= self.today:
            return
        if twist is None:
            last = self.calendar.previous_working(submission.due_date)
            twist = Twist(day=self.calendar.add(last, -(index % 5)), back=index % 11 == 4)
        if twist.until == "nothing":
            return
        self.schedule(submission, twist, index)

    def twist(self, key: tuple[str, str], submission: Submission) -> Twist | None:
        """此事另有劇情時的安排：落在最近已到期的一期，或當前的一期。"""
        wanted = TWISTS.get(key)
        if wanted is None:
            return None
        rows = list(submission.assignment.submissions.all())
        past = [row for row in rows if row.due_date < self.today]
        ahead = [row for row in rows if row.due_date >= self.today]
        chosen = (past[-1:] if wanted.on_past else ahead[:1]) or [None]
        if chosen[0] != submission:
            return None
        return wanted.dated(self.calendar.add(self.today, -wanted.days_ago))

    def schedule(self, submission: Submission, twist: Twist, index: int) -> None:
        code = submission.assignment.department.code
        clerk, head = self.person(code, "clerk"), self.person(code, "head")
        day = twist.day or self.today
        if twist.until == "draft":
            self.plan(day, index, lambda at: self.save_draft(submission, clerk, index, at))
            return
        self.plan(day, index, lambda at: self.submit(submission, clerk, index, twist.is_nil, at))
        if twist.until == "submitted":
            return
        day = self.calendar.add(day, 1)
        endorse = partial(handing_in.endorse, actor=head, submission_id=submission.pk)
        self.plan(day, index + 1, lambda at: endorse(at=at))
        if twist.until == "endorsed":
            return
        day = self.calendar.add(day, 1 + index % 2)
        if twist.back:
            self.plan(day, index + 2, lambda at: self.send_back(submission, twist, index, at))
            if twist.until == "sent_back":
                return
            again = self.calendar.add(day, 1)
            self.plan(again, index, lambda at: self.submit(submission, clerk, index + 1, False, at))
            day = self.calendar.add(again, 1)
            self.plan(day, index + 1, lambda at: endorse(at=at))
            day = self.calendar.add(day, 1)
        self.plan(day, index + 3, lambda at: self.accept(submission, index, at))

    # 各步

    def draft(self, submission: Submission, index: int, *, is_nil: bool = False) -> Draft:
        measure = submission.assignment.measure
        row = ROW[measure.clause.code]
        leads = submission.assignment.role == Assignment.Role.LEAD
        number = 3 + (index * 7) % 19
        text = row.lead_text if leads or not row.support_text else row.support_text
        if is_nil:
            return Draft(is_nil=True, nil_reason="本期沒有應辦事項，下期一併開展。")
        return Draft(
            narrative=text.format(
                n=number, unit=submission.assignment.department.name, period=submission.name
            ),
            problems="經辦人員緊張，檔案整理略有滯後。" if index % 9 == 5 else "",
            gap_reason="" if leads else "佐證由牽頭單位統一整理報送，本單位只附現場照片。",
            percent=self.percent(submission),
            figures={each.pk: number * row.times * 100 for each in measure.figures.all()},
        )

    def percent(self, submission: Submission) -> int | None:
        """按序時進度報，一次性的報完成。"""
        measure = submission.assignment.measure
        if not measure.asks_percent:
            return None
        start, due = measure.start_date or self.issued_on, measure.due_date
        if measure.cycle == Cycle.ONCE or due is None or submission.period_end >= due:
            return 100
        share = (submission.period_end - start) / (due - start)
        if measure.cycle == Cycle.HALF_YEARLY:
            # 上半年大多抓得緊；隔幾項留一項進度慢的，燈號裏才看得到「落後」。
            share += (0.0, 0.3, 0.35)[measure.position % 3]
        return min(95, max(10, round(share * 20) * 5))

    def version(self, submission: Submission) -> int:
        return Round.objects.filter(submission=submission).order_by("-number")[0].version

    def save_draft(self, submission: Submission, who: User, index: int, at: datetime) -> None:
        handing_in.save_draft(
            actor=who,
            submission_id=submission.pk,
            draft=self.draft(submission, index),
            version=self.version(submission),
            at=at,
        )

    def submit(
        self, submission: Submission, who: User, index: int, is_nil: bool, at: datetime
    ) -> None:
        if not is_nil:
            self.attach(submission, who, index, at)
        handing_in.submit(
            actor=who,
            submission_id=submission.pk,
            draft=self.draft(submission, index, is_nil=is_nil),
            version=self.version(submission),
            at=at,
        )

    def accept(self, submission: Submission, index: int, at: datetime) -> None:
        """審核通過；每份佐證要逐條看的都看過。"""
        ticks = {
            want.form_id: tuple((line, True) for line in want.tick_lines)
            for want in submission.assignment.measure.evidence_wanted.all()
        }
        links = EvidenceLink.objects.filter(
            round__submission=submission, round__number=F("round__submission__round_number")
        )
        verdicts = {
            link.pk: review.EvidenceVerdict(True, ticks=ticks.get(link.form_id))
            for link in links.filter(removed_at=None)
        }
        review.accept(
            actor=self.office(index), submission_id=submission.pk, verdicts=verdicts, at=at
        )

    def send_back(self, submission: Submission, twist: Twist, index: int, at: datetime) -> None:
        verdicts = {}
        if twist.until == "sent_back":
            links = handing_in.current_round(Submission.objects.get(pk=submission.pk)).evidence
            verdicts = {
                link.pk: review.EvidenceVerdict(False, "看不出截至時間，請註明後重新上傳。")
                for link in links.all()[:1]
            }
        review.send_back(
            actor=self.office(index),
            submission_id=submission.pk,
            reason=SENT_BACK_REASONS[index % len(SENT_BACK_REASONS)],
            verdicts=verdicts,
            due_date=self.calendar.add(at.date(), twist.days_to_fix),
            at=at,
        )

    def attach(self, submission: Submission, who: User, index: int, at: datetime) -> None:
        """牽頭單位每期都有佐證；配合單位只在最近一期附一張照片。"""
        assignment = submission.assignment
        wanted = [(want.form.code, want.count) for want in assignment.measure.evidence_wanted.all()]
        if assignment.role == Assignment.Role.SUPPORTING:
            recent = submission.due_date > self.today - timedelta(days=75)
            wanted = [("photo", 1)] if recent and "photo" in dict(wanted) else []
        day = min(at.date(), submission.period_end)
        for form, count in wanted[:2]:
            for number in range(count):
                name, content, caption = self.paper(form, submission, index + number, day)
                evidence.add_evidence(
                    actor=who,
                    submission_id=submission.pk,
                    file=io.BytesIO(content),
                    name=name if count == 1 else name.replace(".", f"{number + 1}.", 1),
                    form_id=self.forms[form].pk,
                    caption=caption,
                    number=document_number(day, index) if form in NUMBERED else "",
                    dated=day,
                    at=at,
                )

    def paper(
        self, form: str, submission: Submission, index: int, day: date
    ) -> tuple[str, bytes, str]:
        """（文件名、內容、說明）。"""
        assignment = submission.assignment
        unit, title = assignment.department.name, assignment.measure.title[:18]
        label = f"{unit}{self.forms[form].name}（{submission.name}）"
        if form == "photo":
            seed = assignment.department_id + index
            return f"{label}.jpg", papers.picture(unit, title, day, seed), f"{unit}現場情況"
        if form in NUMBERED:
            number = document_number(day, index)
            return f"{label}.pdf", papers.scan(unit, title, number, day), f"{title}的文件"
        if form in {"stats_table", "ledger", "system_data"}:
            rows = [("本期", 3 + index % 9), ("累計", 20 + index % 31)]
            return f"{label}.xlsx", papers.table(unit, title, rows), ""
        text = self.draft(submission, index).narrative
        return f"{label}.docx", papers.report(unit, title, text, day), ""

    # 另外幾場：延期、異議、銷號

    def extra_scenes(self) -> None:
        for days in range(REMINDED_DAYS, 0, -1):
            day = self.calendar.add(self.today, -days)
            at = clock.at_hour(day, 8, 30)
            self.steps.append((at, len(self.steps), partial(send_reminders, on=day, at=at)))
        recent = self.calendar.add(self.today, -2)
        self.plan(recent, 5, self.ask_for_more_time)
        self.plan(recent, 9, self.object_to_support)
        self.plan(self.calendar.add(self.issued_on, 4), 1, self.object_in_vain)
        self.plan(self.calendar.add(self.issued_on, 5), 2, self.refuse_the_objection)
        for index, measure in enumerate(self.measures.values()):
            if measure.due_date:
                act = partial(self.close_out, measure)
                self.plan(self.calendar.add(measure.due_date, 10), index, act)

    def assignment(self, code: str, department: str) -> Assignment:
        return Assignment.objects.get(measure=self.measures[code], department__code=department)

    def ask_for_more_time(self, at: datetime) -> None:
        submission = self.assignment("T4.2", "finance").submissions.first()
        wanted = self.calendar.add(submission.due_date, 15)
        too_late = wanted > self.measures["T4.2"].campaign.end_date
        if submission.state != Submission.State.OPEN or too_late:
            return
        requests.ask_extension(
            actor=self.person("finance", "clerk"),
            submission_id=submission.pk,
            proposed_date=wanted,
            reason="兩台自助填表機供貨延遲，預計下月中旬才能到貨驗收。",
            at=at,
        )

    def object_to_support(self, at: datetime) -> None:
        requests.raise_objection(
            actor=self.person("grassroots", "head"),
            assignment_id=self.assignment("T5.2", "grassroots").pk,
            reason="未成年人關愛活動由社會組織承辦，本科室只負責社區場地。",
            proposed_department_id=self.assignment("T5.1", "ngo").department_id,
            at=at,
        )

    def object_in_vain(self, at: datetime) -> None:
        """三月裏一次沒被採納的異議：辦公室講明理由，單位照辦。"""
        requests.raise_objection(
            actor=self.person("funeral_home", "head"),
            assignment_id=self.assignment("T2.5", "funeral_home").pk,
            reason="行風建設歸紀檢管，殯儀館人手少。",
            at=at,
        )

    def refuse_the_objection(self, at: datetime) -> None:
        assignment = self.assignment("T2.5", "funeral_home")
        requests.decide_request(
            actor=self.users["office1"],
            request_id=assignment.change_requests.get().pk,
            is_approved=False,
            reason="方案要求窗口單位都要配合，殯儀館是重點窗口，請照辦。",
            at=at,
        )
        requests.acknowledge(
            actor=self.person("funeral_home", "clerk"), assignment_id=assignment.pk, at=at
        )

    def close_out(self, measure: Measure, at: datetime) -> None:
        """到期兩週後各期都已通過的就銷號；還差誰的留着。"""
        try:
            review.close_out(actor=self.users["office1"], measure_id=measure.pk, at=at)
        except WrongState:
            return
