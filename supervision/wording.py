"""一套單子的兩種叫法：督辦單，和考核之後的整改單（發現問題、下達、整改、復查、銷號）。

走的是同一套步驟、時限和提醒，只有字不同；頁面、通知、公文都從這裏取字。
"""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


@dataclass(frozen=True)
class Wording:
    """states 只列與 Order.State 的標籤不同的。"""

    kind: Text
    slip: Text
    register: Text
    notice: Text
    matter: Text
    demand: Text
    opening: Text
    issue: Text
    acknowledge: Text
    answer: Text
    take: Text
    """請承辦單位認下：「領辦」「簽收整改通知」。"""
    give: Text
    """請承辦單位報上來：「反饋」「報送整改情況」。"""
    report: Text
    """報上來的那一份：「反饋」「整改情況」。"""
    settle: Text
    """請辦公室看過了結：「審定、銷號」「復查、銷號」。"""
    done: Text
    """了結：「辦結」「整改到位」。"""
    sign_off: Text
    close: Text
    send_back: Text
    conclusion: Text
    states: dict[str, Text]


SUPERVISION = Wording(
    kind=_("督辦"),
    slip=_("督辦單"),
    register=_("督辦台賬"),
    notice=_("督辦通知單"),
    matter=_("督辦事項"),
    demand=_("辦理要求"),
    opening=_("開督辦單"),
    issue=_("交辦"),
    acknowledge=_("領辦"),
    answer=_("反饋"),
    take=_("領辦"),
    give=_("反饋"),
    report=_("反饋"),
    settle=_("審定、銷號"),
    done=_("辦結"),
    sign_off=_("銷號"),
    close=_("銷號"),
    send_back=_("退回重辦"),
    conclusion=_("結論"),
    states={},
)
RECTIFICATION = Wording(
    kind=_("整改"),
    slip=_("整改單"),
    register=_("整改台賬"),
    notice=_("整改通知書"),
    matter=_("存在問題"),
    demand=_("整改要求"),
    opening=_("開整改單"),
    issue=_("下達"),
    acknowledge=_("簽收"),
    answer=_("整改措施"),
    take=_("簽收整改通知"),
    give=_("報送整改情況"),
    report=_("整改情況"),
    settle=_("復查、銷號"),
    done=_("整改到位"),
    sign_off=_("復查銷號"),
    close=_("復查合格，銷號"),
    send_back=_("復查不合格，再改"),
    conclusion=_("復查情況"),
    states={
        "draft": _("草擬"),
        "issued": _("已下達"),
        "accepted": _("整改中"),
        "answered": _("待復查"),
        "closed": _("已銷號"),
    },
)
