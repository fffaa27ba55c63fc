"""參照：一般人會寫的 Django 頁面和視圖，什麼優化也不做，什麼規矩也不守。

清單頁列同樣的五十行、同樣的字段：模板裏 {% url %}、過濾器、get_…_display 都在循環裏，
關聯對象已用 select_related 和 prefetch_related 取好。沒有分組、計數、篩選和燈號。
普通頁套着全站同一個外殼（菜單、活動切換、待辦數），比的是這一頁本身；?bare 連外殼也不要。
"""

from functools import cache
from typing import Any

from django.core.files.storage import default_storage
from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template import engines
from django.urls import path

from campaigns.models import Campaign
from pingtan_civ.lib import clock
from tasks.models import Measure, ReviewPhrase

BARE = """<!doctype html><html lang="zh-Hant"><head><title>{{ campaign.name }}</title>
<link rel="stylesheet" href="{% static "css/app.css" %}"></head><body>
<nav><a href="{% url "desk:home" %}">{% translate "工作台" %}</a>
<a href="{% url "tasks:breakdown" campaign.code %}">{% translate "任務分解" %}</a>
<a href="{% url "evaluations:overview" campaign.code %}">{% translate "創建總覽" %}</a>
<a href="{% url "journal:notices" %}">{% translate "消息" %}</a> {{ request.user }}</nav>
{% for message in messages %}<p>{{ message }}</p>{% endfor %}
ROWS</body></html>"""
IN_SHELL = """{% extends "base.html" %}{% block title %}{{ campaign.name }}{% endblock title %}
{% block content %}ROWS{% endblock content %}"""
ROWS = """<h1>{{ campaign.name }}</h1><table><thead><tr><th>{% translate "編號" %}</th></tr></thead><tbody>
{% for measure in page %}<tr class="{% cycle "odd" "even" %}">
<td>{{ measure.code }}</td>
<td><a href="{% url "tasks:measure-detail" campaign.code measure.code %}">{{ measure.title }}</a>
<div>{{ measure.main_task }} · {{ measure.objective }}</div></td>
<td>{{ measure.lead_department.name|default:"—" }}</td>
<td>{% for unit in measure.supporting_departments.all %}{{ unit.name }} {% empty %}—{% endfor %}</td>
<td>{{ measure.accountable_seat }}<div>{{ measure.owner.name }}</div></td>
<td>{{ measure.due_date|date:"Y年n月j日" }}{% if measure.owed_date %}
{{ measure.owed_date|date:"n月j日" }}{% endif %}</td>
<td>{{ measure.get_cycle_display }}
{% for wanted in measure.evidence_wanted.all %}{{ wanted.form.name }}{{ wanted.count }} {% endfor %}</td>
<td><progress max="100" value="{{ measure.percent }}"></progress>{{ measure.percent }}%</td>
<td>{% if measure.owed_date and measure.owed_date < today %}<b>{% translate "逾期" %}</b>{% endif %}
{{ measure.get_state_display }}</td>
<td><a href="{% url "tasks:measure-edit" campaign.code measure.code %}">{% translate "修改" %}</a></td>
</tr>{% endfor %}</tbody></table>
<p>{% blocktranslate with shown=page.paginator.count %}共 {{ shown }} 項{% endblocktranslate %}
{% if page.has_next %}<a href="?page={{ page.next_page_number }}">{% translate "下一頁" %}</a>{% endif %}
</p>"""


def ordinary_page(request: HttpRequest, campaign_code: str) -> HttpResponse:
    """普通的清單頁：五十行，有總數，有翻頁。"""
    campaign = get_object_or_404(Campaign, code=campaign_code)
    rows = (
        Measure.objects.filter(campaign=campaign)
        .select_related(
            "main_task", "objective", "lead_department", "accountable_seat__user", "owner"
        )
        .prefetch_related("supporting_departments", "evidence_wanted__form")
        .order_by("position", "pk")
    )
    page = Paginator(rows, 50).get_page(request.GET.get("page"))
    context = {"campaign": campaign, "page": page, "today": clock.today()}
    frame = BARE if "bare" in request.GET else IN_SHELL
    return HttpResponse(_template(frame).render(context, request))


@cache
def _template(frame: str) -> Any:
    """編譯一次，以後重用，與正式環境的模板緩存相同。"""
    return engines["django"].from_string(frame.replace("ROWS", ROWS))


@transaction.atomic
def bare_upload(request: HttpRequest) -> HttpResponse:
    """存一行、存一個文件，跳轉；不查權限，不留痕，不通知，也不看文件是什麼。"""
    file = request.FILES["file"]
    path_ = default_storage.save(f"bare/{file.name}", file)
    ReviewPhrase.objects.create(text=path_ + request.POST["narrative"])
    return redirect("desk:home")


urlpatterns = [
    path("ordinary/<slug:campaign_code>/", ordinary_page, name="ordinary"),
    path("bare-upload/", bare_upload, name="bare-upload"),
]
