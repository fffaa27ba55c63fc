"""一個活動接下來做什麼：設領導小組 → 導入方案 → 任務分解 → 開始活動 → 下達。"""

from dataclasses import dataclass
from datetime import date

from django.urls import NoReverseMatch, reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign, Seat


@dataclass(frozen=True)
class Step:
    label: str
    note: str
    is_done: bool
    verb: str
    url: str
    why: str


def steps_of(campaign: Campaign, on: date) -> list[Step]:
    """各步辦到哪裏。措施屬於上層的 tasks，這裏只經反向關係數一數，不引入它。"""
    roles = set(campaign.seats.on(on).filter(user__isnull=False).values_list("role", flat=True))
    has_group = Seat.Role.CHAIR in roles and bool(roles & set(Seat.OFFICE_ROLES))
    versions = campaign.plan_versions.count()
    states = list(campaign.measures.values_list("state", flat=True))
    issued = sum(state != "draft" for state in states)
    return [
        Step(
            _("設領導小組"),
            _("組長和辦公室已到位") if has_group else _("組長或辦公室還空着"),
            has_group,
            _("設領導小組"),
            _url("campaigns:leading-group", campaign),
            _("先定組長、分管副組長和辦公室的人；權限跟着席位走。"),
        ),
        Step(
            _("導入方案"),
            _("第 %(n)d 版") % {"n": versions} if versions else _("還沒有方案"),
            versions > 0,
            _("導入方案"),
            _url("tasks:plan-import", campaign) or _url("tasks:plan", campaign),
            _("粘貼方案原文或上傳文件，系統排成目標、任務和條款，核對後保存。"),
        ),
        Step(
            _("任務分解"),
            _("%(n)d 項措施") % {"n": len(states)} if states else _("還沒有措施"),
            bool(states),
            _("分解任務"),
            _url("tasks:breakdown", campaign),
            _("把主要任務分解成具體措施，定牽頭單位和完成時限。"),
        ),
        Step(
            _("開始活動"),
            campaign.get_state_display(),
            campaign.state != Campaign.State.DRAFT,
            _("開始活動"),
            _url("campaigns:campaign-start", campaign),
            _("開始後人人可見，才能下達任務；領導小組的人會收到通知。"),
        ),
        Step(
            _("下達"),
            _("已下達 %(n)d 項") % {"n": issued} if issued else _("還沒有下達"),
            bool(issued),
            _("下達任務"),
            _url("tasks:breakdown", campaign),
            _("選中措施下達，單位收到通知後簽收、填報。"),
        ),
    ]


def _url(view: str, campaign: Campaign) -> str:
    try:
        return reverse(view, kwargs={"campaign_code": campaign.code})
    except NoReverseMatch:
        return ""
