"""佈景：在跑着的站點上，用業務服務備好幾項任務，省得每個測試都從頭點起。"""

import json
from dataclasses import dataclass

from tests.live import Site

CAMPAIGN = "pt2026"

_SCRIPT = """
import json
from datetime import date
from campaigns.models import Campaign
from people.models import User
from people.services import heads_of
from pingtan_civ.lib import clock
from tasks.models import MainTask, Submission
from tasks.services import breakdown, handing_in, issuing, requests
from tasks.services.handing_in import Draft
office, clerk, head = (User.objects.get(username=name) for name in {people!r})
campaign = Campaign.objects.get(code={campaign!r})
department = clerk.appointments.get().department
task = MainTask.objects.filter(campaign=campaign).order_by("pk").first()
made = []
for title in {titles!r}:
    values = dict(main_task=task, title=title, lead_department=department,
                  due_date=date(2026, 12, 18), cycle="once", asks_percent=True)
    measure = breakdown.create_measure(
        actor=office, campaign=campaign, values=values, at=clock.now())
    issuing.issue_measures(actor=office, measure_ids=[measure.pk], at=clock.now())
    submission = Submission.objects.get(assignment__measure=measure)
    if {upto!r} in ("acknowledged", "endorsed"):
        requests.acknowledge(
            actor=clerk, assignment_id=submission.assignment_id, at=clock.now())
    if {upto!r} == "endorsed":
        handing_in.submit(actor=clerk, submission_id=submission.pk, version=0,
            draft=Draft(narrative=title + "已辦好。", percent=40), at=clock.now())
        handing_in.endorse(actor=head, submission_id=submission.pk, at=clock.now())
    made.append([measure.code, title, measure.get_absolute_url(), submission.pk])
print(json.dumps(made))
"""


@dataclass(frozen=True)
class Work:
    """備好的一項任務：措施編號、名稱、任務頁、填報頁。"""

    code: str
    title: str
    url: str
    pk: int

    @property
    def form(self) -> str:
        return f"/submissions/{self.pk}/"


def give_work(site: Site, unit: str, titles: list[str], upto: str = "acknowledged") -> list[Work]:
    """給一個單位（用戶名的前半截，如 ngo）下達幾項任務，辦到 issued、acknowledged 或 endorsed。"""
    script = _SCRIPT.format(
        people=["office1", f"{unit}-clerk", f"{unit}-head"],
        campaign=CAMPAIGN,
        titles=titles,
        upto=upto,
    )
    answer = site.manage("shell", "--verbosity", "0", "-c", script)
    return [Work(*row) for row in json.loads(answer.splitlines()[-1])]


_CHASE = """
from uuid import uuid4
from people.models import User
from pingtan_civ.lib import clock
from tasks.models import Submission
from tasks.services.chasing import chase_submissions
batch = uuid4()
chase_submissions(
    actor=User.objects.get(username="office1"), submission_ids=[{pk}],
    words="請說明何時能報。", at=clock.now(), batch=batch)
unit = Submission.objects.get(pk={pk}).assignment.department_id
print(f"{{batch}} {{unit}}")
"""


def chase_one(site: Site, pk: int) -> tuple[str, str]:
    """辦公室催一份報送；返回（這一次的標識、單位的主鍵）。"""
    answer = site.manage("shell", "--verbosity", "0", "-c", _CHASE.format(pk=pk))
    batch, unit = answer.splitlines()[-1].split()
    return batch, unit
