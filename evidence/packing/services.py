"""要一份資料包、辦一份資料包。打包時按要的人此刻的身份重查一遍。"""

import hashlib
import json
from collections.abc import Iterator
from datetime import date, datetime

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.urls import reverse
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from background.models import Job
from background.services import JobRefused, Outcome, Progress, order_job
from campaigns.models import Campaign
from campaigns.standing import Standing, standing_of
from evidence.completeness import readable_links
from evidence.packing import policies
from evidence.packing.building import Broken, Tell, stream
from evidence.packing.material import Pack, gather
from evidence.packing.names import safe_name
from evidence.packing.scope import Scope
from evidence.packing.words import title_of
from journal.services import record, source_script
from people.models import User
from reports.prose import period_words

KIND = "inspection_pack"
NAME_CHARACTERS = 70
#: 一次問這麼多份看不看得到：SQLite 一條查詢裏的參數有限。
BATCH = 900


@transaction.atomic
def order_pack(*, actor: User, campaign: Campaign, scope: Scope, at: datetime) -> Job:
    """要一份。同一個人要同樣的、數據也沒有變的，就是已有的那一件。

    Raises PermissionDenied、ValidationError（這個範圍裏沒有指標）。
    """
    standing = standing_of(actor, localtime(at).date())
    if not policies.can_pack_scope(standing, scope):
        raise PermissionDenied(who_may(standing))
    with source_script():
        pack = gather(campaign, scope, standing)
        if not pack.chapters:
            raise ValidationError(_("這個範圍裏沒有指標，請改選目標、指標或單位。"))
        title = _("迎檢資料包（%(period)s）") % {"period": period_words(scope.start, scope.end)}
        job = order_job(
            owner=actor,
            kind=KIND,
            key=_key(scope, pack),
            title=title,
            params=scope.as_params(),
            at=at,
        )
        if job.ordered_at == at:
            _record_order(actor, campaign, pack, title, at)
    return job


def who_may(standing: Standing) -> str:
    """做不了的人看到的一句話。"""
    if standing.headed:
        return _("單位負責人只能做本單位的資料包，請只選本單位。")
    return _("只有本活動辦公室、組長、副組長和單位負責人能做迎檢資料包。")


def _key(scope: Scope, pack: Pack) -> str:
    """範圍、繁簡和內容的指紋：數據變了就是另一件。"""
    text = json.dumps(scope.as_params(), sort_keys=True) + pack.fingerprint
    return hashlib.sha256(text.encode()).hexdigest()


def _record_order(actor: User, campaign: Campaign, pack: Pack, title: str, at: datetime) -> None:
    values = {
        "title": title,
        "folders": sum(1 for _folder in pack.folders()),
        "pieces": sum(1 for _piece in pack.pieces()),
    }
    record(
        actor=actor,
        action="evidence.pack_ordered",
        target=campaign,
        at=at,
        summary=_("生成%(title)s，%(folders)d 項指標、%(pieces)d 份材料。") % values,
    )


def run_pack(job: Job, progress: Progress) -> Outcome:
    """辦：重查身份，重查內容，邊讀邊打包。Raises JobRefused。"""
    scope, day = Scope.from_params(job.params), localtime(job.started_at).date()
    campaign = Campaign.objects.get(pk=scope.campaign_id)
    standing = standing_of(job.owner, day)
    if not policies.can_pack_scope(standing, scope):
        raise JobRefused(_("您的職務變了，現在不能做這個範圍的資料包。"))
    pack = gather(campaign, scope, standing)
    total = sum(1 for _piece in pack.pieces())

    def tell(done: int, title: str) -> None:
        progress.tell(done, total, _("正在放入「%(title)s」") % {"title": title})

    return Outcome(
        name=file_name(pack),
        content=_refusing(pack, day, tell),
        result={
            "pieces": total,
            "lacking": len(pack.lacking),
            "links": sorted({piece.link for piece in pack.pieces()}),
        },
    )


def refusal(job: Job, on: date) -> str:
    """這一天能不能下載：範圍還做得了，裏面每一份還都看得到；能的為空。

    做好的包留七天，其間職務會變，採用了的也會撤回。
    """
    scope, standing = Scope.from_params(job.params), standing_of(job.owner, on)
    if not policies.can_pack_scope(standing, scope):
        return _("您的職務變了，現在不能拿這個範圍的資料包。")
    links = job.result.get("links", [])
    if _count_readable(links, scope, standing) < len(links):
        return _("包裏有的材料您現在看不到了（可能已改為不採用），請重新生成一份。")
    return ""


def _count_readable(links: list[int], scope: Scope, standing: Standing) -> int:
    readable = readable_links(Campaign.objects.get(pk=scope.campaign_id), standing)
    batches = (links[start : start + BATCH] for start in range(0, len(links), BATCH))
    return sum(readable.filter(pk__in=batch).count() for batch in batches)


def page(job: Job, on: date) -> str:
    """帶着同樣的條件回到選範圍的頁。"""
    scope = Scope.from_params(job.params)
    if not policies.can_pack_scope(standing_of(job.owner, on), scope):
        return ""
    code = Campaign.objects.values_list("code", flat=True).get(pk=scope.campaign_id)
    return f"{reverse('evidence:pack', args=[code])}?{scope.as_query()}"


def _refusing(pack: Pack, day: date, tell: Tell) -> Iterator[bytes]:
    try:
        yield from stream(pack, day, tell)
    except Broken as broken:
        raise JobRefused(str(broken)) from broken


def file_name(pack: Pack) -> str:
    return f"{safe_name(f'{title_of(pack)}（{pack.period}）', NAME_CHARACTERS)}.zip"
