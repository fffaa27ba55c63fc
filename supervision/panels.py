"""措施、進展、彙報頁旁邊的一塊：批示框，和這件事的督辦單。"""

from dataclasses import dataclass
from datetime import date

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.standing import Standing
from people.models import Department
from pingtan_civ import ui
from pingtan_civ.lib.dates import near_date, weekday
from supervision import policies
from supervision.forms import InstructionForm
from supervision.models import Order, terms_of
from supervision.register import light_of, note_of, rule_on, state_tag
from supervision.services import about, limit_within
from supervision.services.instructing import FIELDS, About, Subject
from tasks.beside import Beside
from tasks.lights import Light
from tasks.models import Measure, Submission
from tasks.views.doors import standing_of_request
from workdays.services import calendar

TEMPLATE = "supervision/beside.html"
ANCHOR = "supervision"


@dataclass(frozen=True)
class Line:
    """旁邊列的一張督辦單。"""

    order: Order
    light: Light
    note: str

    @property
    def tag(self) -> str:
        return state_tag(self.order, self.light)


@dataclass(frozen=True)
class Panel:
    """旁邊的一塊裏寫的。form 為空是不能批示；create_url 為空是不能轉督辦。"""

    lines: list[Line]
    form: InstructionForm | None
    action: str
    create_url: str
    default_words: ui.Text = ""
    """不改的話交給誰、什麼時候反饋：「交殯儀館，11月30日 週一前反饋（5 個工作日）」。"""


def beside(request: HttpRequest, subject: Subject) -> Beside | None:
    """這一項旁邊放什麼：沒有督辦單、又不能批示和轉督辦的人，什麼也不放。"""
    standing, found = standing_of_request(request), about(subject)
    campaign = found.campaign
    lines = _lines(subject, standing)
    form = None
    if policies.can_instruct(standing, campaign, [found.department_id]):
        form = InstructionForm(campaign=campaign, standing=standing, default_id=found.department_id)
    create_url, words = "", _default_words(found, standing.on) if form else ""
    if policies.can_open_order(standing, campaign):
        create_url = _create_url(subject, standing.on)
    if not (lines or form or create_url):
        return None
    kind = FIELDS[type(subject)]
    action = reverse(f"supervision:instruct-{kind}", args=[subject.pk])
    link = (_("批示"), f"#{ANCHOR}", "edit") if form else None
    if create_url:
        link = (_("轉督辦"), create_url, "eye")
    return Beside(TEMPLATE, Panel(lines, form, action, create_url, words), link)


def _lines(subject: Subject, standing: Standing) -> list[Line]:
    """這一項的、此人看得見的督辦單；一張也沒有時不必去取日曆。"""
    rows = Order.objects.filter(**{FIELDS[type(subject)]: subject}).visible_to(standing)
    found = list(rows.select_related("campaign", "lead_department", "instruction__by"))
    rule = rule_on(standing.on, calendar()) if found else None
    return [Line(row, light_of(row, rule), note_of(row, rule)) for row in found]


def _default_words(found: About, today: date) -> str:
    days = terms_of(found.campaign).answer_days
    limit = limit_within(found.campaign, days, today)
    due = limit.due(today)
    unit = Department.objects.existing(today).filter(pk=found.department_id).first()
    words = {
        "unit": unit,
        "due": f"{near_date(due, today)} {_(weekday(due))}",
        "days": calendar().between(today, due),
    }
    if unit is None:
        return _("由創建辦定承辦單位，%(due)s前反饋（%(days)d 個工作日）") % words
    return _("交%(unit)s，%(due)s前反饋（%(days)d 個工作日）") % words


def _create_url(subject: Subject, today: date) -> str:
    """轉督辦：措施上有逾期未報的，從最早那一份轉；否則就這一項新開。"""
    name, pk = FIELDS[type(subject)], subject.pk
    if isinstance(subject, Measure):
        late = (
            Submission.objects.filter(assignment__measure=subject)
            .owed()
            .filter(due_date__lt=today)
            .order_by("due_date", "pk")
            .values_list("pk", flat=True)
            .first()
        )
        name, pk = ("submission", late) if late else (name, pk)
    return f"{reverse('supervision:order-create')}?{name}={pk}"
