"""考核各網址要的參數，供全站的權限表用。"""

import json
from datetime import date
from typing import Any

from evaluations.models import AssessmentRound, Opinion, Questionnaire, Section, Sheet
from tasks.models import EvidenceFile
from tests import factories as make
from tests.cast import Cast
from tests.evaluations import round_stage as stage

_OF_A_SHEET = ("sheet", "sheet-draft", "sheet-export", "self-return", "self-withdraw")


def keys(cast: Cast, file: EvidenceFile) -> dict[str, dict[str, Any]]:
    """一次在自評的考核，8.2 由局辦公室評，安排了到婚姻登記處的明查；一次已經定稿的。"""
    stage.scheme(cast.campaign, cast.office, members=stage.members_of(cast))
    stage.criterion(
        Section.objects.get(number="8"),
        "8.2",
        100,
        rule="bonus_steps",
        scorer="department",
        scoring_department=cast.bureau_office,
    )
    running = stage.round_at(cast, "self")
    sheet = stage.sheet_of(running, cast.registry)
    at = make.moment(2026, 11, 23)
    visit = sheet.visits.create(date=at.date(), created_by=cast.office, created_at=at)
    photo = visit.photos.create(file=file, name="大廳.jpg", added_at=at, added_by=cast.office)
    decided = _decided(cast)
    survey, opinion = _collected(cast, sheet, file)
    one = {"code": running.code}
    unit = one | {"department_id": cast.registry.pk}
    steps = ("return", "schedule", "start", "advance", "figures", "decide", "publish", "pack")
    return {
        "evaluations:round-list": {},
        "evaluations:round-create": {},
        "evaluations:round": one,
        **{f"evaluations:round-{step}": one for step in steps},
        **{f"evaluations:{page}": {"code": decided.code} for page in ("result", "bulletin")},
        **{f"evaluations:{page}": unit for page in _OF_A_SHEET},
        **{
            f"evaluations:collected{page}": unit | {"criterion_id": survey.criterion_id}
            for page in ("", "-add")
        },
        **{
            f"evaluations:{kind}-{page}": {"pk": row.pk}
            for kind, row in (("survey", survey), ("opinion", opinion))
            for page in ("correct", "withdraw", "paper")
        },
        "evaluations:figure": unit | {"name": "on_time_rate"},
        **{f"evaluations:visit-{page}": one for page in ("list", "create", "draw")},
        "evaluations:visit": {"pk": visit.pk},
        "evaluations:unit-scoring": one,
        "evaluations:unit-scoring-draft": one,
        **{
            f"evaluations:visit-photo{page}": {"pk": photo.pk} for page in ("", "-thumb", "-remove")
        },
    }


def _decided(cast: Cast) -> AssessmentRound:
    """一次已經定稿、公佈結果的。"""
    at = make.moment(2026, 11, 23)
    decided = stage.planned(cast, period_start=date(2026, 7, 1), period_end=date(2026, 9, 30))
    AssessmentRound.objects.filter(pk=decided.pk).update(phase="feedback")
    body = {
        "sheets": [],
        "scheme": {"title": "考核辦法"},
        "round": {"title": "考核", "period_start": "2026-07-01", "period_end": "2026-09-30"},
    }
    decided.snapshots.create(edition=1, body=json.dumps(body), made_by=cast.leader, made_at=at)
    return decided


def _collected(cast: Cast, sheet: Sheet, file: EvidenceFile) -> tuple[Questionnaire, Opinion]:
    """憑問卷和主管部門意見評的一條：一次問卷，一次徵求意見，各附掃描件。"""
    at = make.moment(2026, 11, 23)
    criterion = sheet.round.scheme.sections.get(number="1").criteria.get(number="1.4")
    facts = {"sheet": sheet, "criterion": criterion, "by": cast.office, "at": at}
    facts |= {"file": file, "file_name": "掃描件.jpg"}
    survey = Questionnaire.objects.create(
        **facts, held_date=at.date(), given_out=1, returned=1, valid=0
    )
    opinion = Opinion.objects.create(**facts, authority="縣應急管理局", asked_date=at.date())
    return survey, opinion
