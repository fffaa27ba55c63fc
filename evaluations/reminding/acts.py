"""等着人辦的是哪一樣：在日程上叫什麼，請他做什麼，沒有做時怎麼說。"""

from dataclasses import dataclass
from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Text = str | Promise


class Act(StrEnum):
    SELF = "self"
    SCORE = "score"
    RUN = "run"
    DECIDE = "decide"
    PUBLISH = "publish"
    VISIT = "visit"
    SIGN = "sign"
    RESEND = "resend"
    ANSWER = "answer"
    RULE = "rule"
    PHONE = "phone"
    STATE = "state"
    JUDGE = "judge"
    RELEASE = "release"


@dataclass(frozen=True)
class Words:
    """kind 用在日程上；ask 對輪到的人說；lacks 對督促、過問的人說，接在「誰」後面。"""

    kind: Text
    ask: Text
    lacks: Text
    urge: Text = ""
    """對本單位負責人說；空着是「請督促」。"""


WORDS: dict[Act, Words] = {
    Act.SELF: Words(
        _("自評"), _("請填好，由負責人提交"), _("還沒有提交"), _("請督促填好，由您提交")
    ),
    Act.SCORE: Words(_("評分"), _("請評完本單位負責的幾條"), _("還沒有評完負責的幾條")),
    Act.RUN: Words(_("考核"), _("請辦完，進入下一階段"), _("還沒有辦完這一階段")),
    Act.DECIDE: Words(_("審定"), _("請審定"), _("還沒有審定")),
    Act.PUBLISH: Words(_("公佈"), _("請公佈"), _("還沒有公佈")),
    Act.VISIT: Words(_("考察"), _("請前往考察，記錄現場情況"), _("還沒有辦完")),
    Act.SIGN: Words(_("簽訂"), _("請簽訂，不同意的寫明理由退回"), _("還沒有簽訂")),
    Act.RESEND: Words(_("責任書退回"), _("請修改後再送簽"), _("還沒有修改再送簽")),
    Act.ANSWER: Words(_("答覆異議"), _("請答覆"), _("還沒有答覆")),
    Act.RULE: Words(_("裁定異議"), _("請裁定"), _("還沒有裁定")),
    Act.PHONE: Words(_("徵詢"), _("請打電話催問，得到答覆即登記"), _("還沒有催到答覆")),
    Act.STATE: Words(_("單位說明"), _("請寫單位說明"), _("還沒有說明")),
    Act.JUDGE: Words(_("認定"), _("請作出決定"), _("還沒有決定")),
    Act.RELEASE: Words(_("確認解除"), _("請確認解除，不同意的寫明理由"), _("還沒有決定")),
}
