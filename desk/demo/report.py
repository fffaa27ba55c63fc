"""樣例的情況彙報：上一季度的已印發一份，本季度的留着給人試。"""

from datetime import datetime, timedelta

from campaigns.models import Campaign
from campaigns.standing import chairs_of
from people.models import User
from pingtan_civ.lib.periods import period_of
from reports.models import Report
from reports.services.compiling import Settings, create_report
from reports.services.issuing import issue
from reports.services.reviewing import pass_review, submit_for_review


def issue_last_quarter(campaign: Campaign, office: User, at: datetime) -> Report | None:
    """印發上一季度的情況彙報：辦公室送審，組長審核、簽發；上一季度活動還沒開始時不印發。"""
    this = period_of("quarterly", at.date())
    last = period_of("quarterly", this.start - timedelta(days=1))
    if last.end < campaign.start_date:
        return None
    report = create_report(
        actor=office,
        campaign=campaign,
        settings=Settings(
            title="平潭縣民政局文明行業創建情況彙報",
            period_start=max(last.start, campaign.start_date),
            period_end=last.end,
            salutation="縣委文明委",
            signature="平潭縣民政局",
        ),
        at=at,
    )
    given = {"report_id": report.pk, "version": report.version}
    submit_for_review(actor=office, at=at, **given)
    chair = chairs_of(campaign, at.date())[0]
    pass_review(actor=chair, at=at + timedelta(minutes=1), **given)
    return issue(actor=chair, at=at + timedelta(minutes=2), **given)
