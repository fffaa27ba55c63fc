"""材料庫的戲：誰報的、哪一期、採用沒有，幾句話擺好。"""

from datetime import date
from typing import Any

from campaigns.models import Campaign, Indicator
from evidence.reading import normalised
from people.models import Department
from tasks.models import EvidenceLink, FileReading, Submission
from tests import factories as make
from tests.cast import Cast


def indicator(campaign: Campaign, text: str = "群眾滿意率達到百分之九十五") -> Indicator:
    objective = make.ObjectiveFactory(campaign=campaign)
    version = make.PlanVersionFactory(campaign=campaign, number=objective.number)
    clause = make.ClauseFactory(version=version, text=text)
    return make.IndicatorFactory(objective=objective, clause=clause)


def submission(
    cast: Cast,
    department: Department | None = None,
    *,
    campaign: Campaign | None = None,
    about: Indicator | None = None,
    state: str = "accepted",
    **values: Any,
) -> Submission:
    """一個單位的一期：state 是 open submitted endorsed accepted 之一。"""
    department = department or cast.registry
    measure = make.MeasureFactory(
        campaign=campaign or cast.campaign, lead_department=department, issued=True
    )
    if about:
        measure.indicators.add(about)
    people = {"clerk": cast.clerk, "head": cast.head, "office": cast.office}
    traits = {} if state == "open" else {state: True}
    return make.SubmissionFactory(assignment__measure=measure, by=people, **traits, **values)


def link(cast: Cast, row: Submission, name: str = "公示欄.jpg", **values: Any) -> EvidenceLink:
    """掛在當前一輪的一份；通過的一期默認是採用的。text 是文件裏的字。"""
    text = values.pop("text", None)
    is_accepted = row.state == Submission.State.ACCEPTED
    values.setdefault(
        "state", EvidenceLink.State.ACCEPTED if is_accepted else EvidenceLink.State.PENDING
    )
    round_ = row.rounds.get(number=row.round_number)
    made = make.EvidenceLinkFactory(round=round_, name=name, added_by=cast.clerk, **values)
    if text is not None:
        FileReading.objects.create(
            file=made.file,
            state=FileReading.State.DONE,
            text=text,
            search=normalised(text),
            characters=len(text),
        )
    return made


def last_year(name: str = "2025年創建活動") -> Campaign:
    return make.CampaignFactory(
        code="wm2025", name=name, start_date=date(2025, 1, 1), end_date=date(2026, 12, 31)
    )
