"""樣例的彙報：上一季度的情況彙報和一期簡報已印發，會議材料在送審，本季度的情況彙報留着給人試。"""

from datetime import datetime, timedelta

from campaigns.models import Campaign
from campaigns.standing import chairs_of
from people.models import User
from pingtan_civ.lib.periods import period_of
from reports.composing import title_from
from reports.models import Report
from reports.periods import default_period
from reports.services.compiling import Settings, create_report
from reports.services.issuing import issue
from reports.services.reviewing import pass_review, submit_for_review

UNIT = "平潭縣民政局"


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
            signature=UNIT,
        ),
        at=at,
    )
    return _signed(report, office, at)


def issue_a_bulletin(campaign: Campaign, office: User, at: datetime) -> Report:
    """印發一期工作簡報：活動以來審核通過的工作動態。"""
    return _signed(_compiled(campaign, office, Report.Kind.BULLETIN, at), office, at)


def prepare_the_meeting(campaign: Campaign, office: User, at: datetime) -> Report:
    """領導小組會議材料：彙集好，送審，留着給組長看。"""
    report = _compiled(campaign, office, Report.Kind.MEETING, at)
    submit_for_review(actor=office, at=at, report_id=report.pk, version=report.version)
    return report


def _compiled(campaign: Campaign, office: User, kind: str, at: datetime) -> Report:
    start, end = default_period(campaign, kind, at.date())
    plan = campaign.plan_versions.values_list("title", flat=True).first() or ""
    settings = Settings(
        title=title_from(plan, campaign.name, kind),
        period_start=start,
        period_end=end,
        signature=UNIT,
    )
    return create_report(actor=office, campaign=campaign, settings=settings, at=at, kind=kind)


def _signed(report: Report, office: User, at: datetime) -> Report:
    """辦公室送審，組長審核、簽發。"""
    given = {"report_id": report.pk, "version": report.version}
    submit_for_review(actor=office, at=at, **given)
    chair = chairs_of(report.campaign, at.date())[0]
    pass_review(actor=chair, at=at + timedelta(minutes=1), **given)
    return issue(actor=chair, at=at + timedelta(minutes=2), **given)
