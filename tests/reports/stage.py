"""彙報測試共用的一台戲：兩件審核通過，一件退回，一件逾期，一件零報告。"""

from dataclasses import dataclass
from datetime import date, datetime
from io import BytesIO

from docx import Document

from campaigns.models import Clause, Objective
from people.models import Department, User
from reports import services
from reports.composing import paper_of
from reports.material import Span, gather
from reports.models import Paragraph, Report
from reports.paper import Paper
from reports.services import Settings, create_report
from tasks.models import MainTask, Measure, MeasureFigure, Round, Submission
from tests.cast import Cast
from tests.factories import (
    AssignmentFactory,
    ClauseFactory,
    MainTaskFactory,
    MeasureFactory,
    ObjectiveFactory,
    PlanVersionFactory,
    SubmissionFactory,
    moment,
)
from tests.lib.word_text import printed_paragraphs

SENTENCE = "辦事程序和收費標準已在大廳公開"
QUARTER = (date(2026, 10, 1), date(2026, 12, 31))


@dataclass
class Stage:
    cast: Cast
    objective: Objective
    task: MainTask
    opened: Submission
    helped: Submission
    sent_back: Submission
    overdue: Submission
    nil: Submission

    @property
    def figures(self) -> MeasureFigure:
        return MeasureFigure.objects.get()


def lay_out(cast: Cast) -> Stage:
    """排好方案、目標、任務和五件報送。"""
    bureau = Department.Kind.BUREAU
    Department.objects.create(code="bureau", name="平潭縣民政局", kind=bureau, position=0)
    cast.campaign.focus_areas.create(name="婚姻登記")
    _plan(cast)
    objective = ObjectiveFactory(
        campaign=cast.campaign, number=4, title="加強民主管理,機關作風改進"
    )
    task = MainTaskFactory(campaign=cast.campaign, number=3, title="改進行業管理,實現規範服務")
    common = {"campaign": cast.campaign, "main_task": task, "objective": objective}
    shared = MeasureFactory(**common, issued=True, code="3-02", lead_department=cast.registry)
    MeasureFigure.objects.create(measure=shared, name="公開場所", unit="處")
    other = MeasureFactory(**common, issued=True, code="3-03", lead_department=cast.funeral_home)
    third = MeasureFactory(**common, issued=True, code="3-04", lead_department=cast.funeral_home)
    fourth = MeasureFactory(**common, issued=True, code="3-05", lead_department=cast.registry)
    stage = Stage(
        cast=cast,
        objective=objective,
        task=task,
        opened=accepted(cast, shared, cast.registry, f"{SENTENCE}。"),
        helped=accepted(cast, shared, cast.bureau_office, "我室已印製公開目錄", role="supporting"),
        sent_back=_sent_back(cast, other),
        overdue=SubmissionFactory(assignment=_given(third), due_date=date(2026, 11, 16)),
        nil=accepted(cast, fourth, cast.registry, "", is_nil=True, nil_reason="本期無新增事項。"),
    )
    value = stage.opened.rounds.get().figure_values
    value.create(figure=stage.figures, hundredths=300)
    return stage


def _plan(cast: Cast) -> None:
    version = PlanVersionFactory(campaign=cast.campaign, imported_by=cast.office)
    kinds = Clause.SectionKind
    for position, (kind, mark, heading) in enumerate(
        [
            (kinds.PRINCIPLE, "一、", "提高認識"),
            (kinds.OBJECTIVE, "三、", "工作目標"),
            (kinds.TASK, "四、", "主要任務"),
            (kinds.ORGANISATION, "五、", "組織領導"),
        ]
    ):
        section = ClauseFactory(
            version=version,
            level=Clause.Level.SECTION,
            section_kind=kind,
            code=f"S{position}",
            mark=mark,
            heading=heading,
            text="",
            position=position * 10,
        )
        if kind == kinds.PRINCIPLE:
            ClauseFactory(
                version=version,
                parent=section,
                level=Clause.Level.ITEM,
                section_kind=kind,
                code="P1",
                heading="圍繞中心,服務大局",
                text="",
                position=1,
            )


def _given(measure: Measure, **values: object) -> object:
    return AssignmentFactory(measure=measure, **values)


def accepted(
    cast: Cast,
    measure: Measure,
    department: Department,
    narrative: str,
    *,
    role: str = "lead",
    label: str = "2026-11",
    name: str = "2026年11月",
    decided_at: datetime | None = None,
    **round_values: object,
) -> Submission:
    """一個單位審核通過的一期。"""
    assignment = measure.assignments.filter(department=department).first() or _given(
        measure, department=department, role=role
    )
    people = {"clerk": cast.clerk, "head": cast.head, "office": cast.office}
    submission = SubmissionFactory(
        assignment=assignment, accepted=True, label=label, name=name, by=people
    )
    decided = {"decided_at": decided_at} if decided_at else {}
    submission.rounds.update(narrative=narrative, **decided, **round_values)
    return submission


def _sent_back(cast: Cast, measure: Measure) -> Submission:
    """退回補正：第一輪被退，第二輪還沒填完。"""
    submission = SubmissionFactory(assignment=_given(measure), round_number=2)
    submission.rounds.update(
        narrative="這一稿被退回了。",
        decision=Round.Decision.SENT_BACK,
        decided_at=moment(2026, 11, 20),
        decided_by=cast.office,
    )
    Round.objects.create(
        submission=submission,
        number=2,
        opened_at=moment(2026, 11, 20),
        due_date=date(2026, 11, 30),
        narrative="還在改的一稿。",
    )
    return submission


def paper(cast: Cast, at: datetime, start: date = QUARTER[0], end: date = QUARTER[1]) -> Paper:
    return paper_of(gather(cast.campaign, Span(start, end, at)))


def draft(cast: Cast, at: datetime, **changes: object) -> Report:
    values = {
        "title": "平潭縣民政局文明行業創建情況彙報",
        "period_start": QUARTER[0],
        "period_end": QUARTER[1],
        "salutation": "縣委文明委",
        "signature": "平潭縣民政局",
    }
    given = {
        name: changes.pop(name)
        for name in ("kind", "outline", "tasks", "highlights")
        if name in changes
    }
    settings = Settings(**(values | changes))
    return create_report(
        actor=cast.office, campaign=cast.campaign, settings=settings, at=at, **given
    )


def typed_settings(**changes: object) -> dict[str, object]:
    """編一份的表單上填的；提綱的表單也夠用。"""
    return {
        "name": "本局的提綱",
        "version": 0,
        "title": "平潭縣民政局文明行業創建情況彙報",
        "period_start": "2026-10-01",
        "period_end": "2026-12-31",
        "script": "hant",
        **changes,
    }


def issue(cast: Cast, report: Report, at: datetime, **signed: object) -> Report:
    """送審、審核、簽發，一路走完：幹事送審，主任審核，組長簽發。"""
    reviewed(cast, report, at)
    return sign(cast.leader, report, at, **signed)


def reviewed(cast: Cast, report: Report, at: datetime) -> Report:
    """送審並審核通過，等簽發。"""
    given = {"report_id": report.pk, "version": version_of(report), "at": at}
    services.submit_for_review(actor=cast.officer, **given)
    return services.pass_review(actor=cast.office, **given)


def sign(who: User, report: Report, at: datetime, **signed: object) -> Report:
    given = {"report_id": report.pk, "version": version_of(report), "at": at}
    return services.issue(actor=who, **given, **signed)


def version_of(report: Report) -> int:
    return Report.objects.values_list("version", flat=True).get(pk=report.pk)


def paragraph(report: Report, key: str) -> Paragraph:
    return Paragraph.objects.get(section__report=report, key=key)


def told(report: Report, submission: Submission) -> Paragraph:
    """某一期的原文所在的一段。"""
    return paragraph(report, f"round.{submission.pk}")


def chapters(printed: Paper) -> dict[str, list[str]]:
    """{印出的標題: 各段文字}。"""
    return {section.printed: [p.text for p in section.paragraphs] for section in printed.sections}


def docx_chapters(data: bytes) -> dict[str, list[str]]:
    """把 Word 文件讀回來：{標題: 其下各段}。"""
    found: dict[str, list[str]] = {}
    lines: list[str] = found.setdefault("", [])
    for line, text in printed_paragraphs(Document(BytesIO(data))):
        if line.style.name.startswith("Heading"):
            lines = found.setdefault(text, [])
        elif text.strip():
            lines.append(text)
    return found
