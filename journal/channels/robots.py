"""群機器人：企業微信、釘釘、飛書。

消息的格式和簽名交給 apprise；它的插件有四處不能照用，所以在這裏補上（2.3.0，逐一試過）：

- 企業微信、釘釘拒收時照樣回 200，原因在正文的 errcode 裏，插件只看 200，拒收也算發出；
- 釘釘的簽名編碼了兩遍，服務器對不上；
- 企業微信限 2048 字節，插件按字數分段，漢字一字三字節；
- 超時只管一次讀寫，調試日誌裏有密鑰。

所以插件眼裏的 requests 換成我們的 HTTP（http.post）：有總時限，回答由這裏看。
"""

import json
import logging
from collections.abc import Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import unquote

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_variables

from journal.channels import http
from journal.channels.failures import NotSent
from journal.models import Gateway

#: 各平台一條消息的上限（字節），略留餘地。
LONGEST = {
    Gateway.Kind.WECOM: 2000,
    Gateway.Kind.DINGTALK: 18000,
    Gateway.Kind.FEISHU: 18000,
}

_KEY_WRONG = gettext_lazy("機器人的密鑰不對，或機器人已被移出群，請到群裏重新取一次。")
_TOO_FAST = gettext_lazy("發得太快，被平台限流，稍後再試。")
_RULES = gettext_lazy("不合群機器人的安全設置（關鍵詞、加簽或 IP），請到群裏核對。")
#: 平台自己的錯誤碼 → 人話。別的只報代碼，不照抄對方的話。
PROBLEMS = {
    (Gateway.Kind.WECOM, 93000): _KEY_WRONG,
    (Gateway.Kind.WECOM, 45009): _TOO_FAST,
    (Gateway.Kind.DINGTALK, 300001): _KEY_WRONG,
    (Gateway.Kind.DINGTALK, 300005): _KEY_WRONG,
    (Gateway.Kind.DINGTALK, 400101): _KEY_WRONG,
    (Gateway.Kind.DINGTALK, 310000): _RULES,
    (Gateway.Kind.DINGTALK, 130101): _TOO_FAST,
    (Gateway.Kind.DINGTALK, 660026): _TOO_FAST,
    (Gateway.Kind.FEISHU, 19001): _KEY_WRONG,
    (Gateway.Kind.FEISHU, 19021): _RULES,
    (Gateway.Kind.FEISHU, 19022): _RULES,
    (Gateway.Kind.FEISHU, 19024): _RULES,
    (Gateway.Kind.FEISHU, 11232): _TOO_FAST,
}

_answers: ContextVar[list[http.Answer]] = ContextVar("answers")


class _Line:
    """插件眼裏的 requests：只有它用到的那幾樣。"""

    class RequestException(Exception):
        """我們的 post 不拋它；NotSent 因此穿過插件，原樣到達調用的人。"""

    class codes:
        ok = 200

    def post(
        self, url: str, *, data: bytes | str, headers: Mapping[str, str], **options: Any
    ) -> http.Answer:
        body = data.encode() if isinstance(data, str) else data
        answer = http.post(url, data=body, headers=headers, params=options.get("params"))
        _answers.get().append(answer)
        return answer


@sensitive_variables()
def send(kind: str, secrets: Mapping[str, str], text: str) -> None:
    """往群裏發一條純文字。Raises NotSent。"""
    answers: list[http.Answer] = []
    token = _answers.set(answers)
    try:
        _plugin(kind, secrets).notify(body=shorten(text, LONGEST[Gateway.Kind(kind)]))
    except NotSent:
        raise
    except Exception as error:
        # 插件的報錯裏帶着密鑰，只留下是哪一種錯。
        reason = _("機器人的密鑰格式不對（%(error)s），請重新填寫。")
        raise NotSent(reason % {"error": type(error).__name__}, unreachable=True) from None
    finally:
        _answers.reset(token)
    if not answers:
        raise NotSent(_("這條消息沒有發出，請查看機器人的設置。"), unreachable=True)
    judge(kind, answers[-1])


def judge(kind: str, answer: http.Answer) -> None:
    """看平台的回答：200 而 errcode（飛書是 code）不為 0 的，是拒收。"""
    if not answer.is_ok:
        raise NotSent(
            _("平台沒有收下（代碼 %(code)s）。") % {"code": answer.status_code},
            unreachable=answer.status_code >= 500,
            maybe_sent=answer.status_code >= 500,
        )
    try:
        content = json.loads(answer.content)
        code = int(content.get("errcode", content.get("code", content.get("StatusCode"))))
    except (ValueError, TypeError, AttributeError):
        raise NotSent(
            _("對方的回答不像是機器人的平台，請檢查網絡（可能被代理攔下了）。"),
            unreachable=True,
            maybe_sent=True,
        ) from None
    if code:
        unknown = _("平台拒收（錯誤碼 %(code)s），請按平台的說明核對。") % {"code": code}
        problem = PROBLEMS.get((Gateway.Kind(kind), code))
        raise NotSent(str(problem or unknown), unreachable=True)


def shorten(text: str, limit: int) -> str:
    """按字節截短，不切開一個字；整行整行地去，末尾說明還有。"""
    if len(text.encode()) <= limit:
        return text
    more = _("……（未完，其餘請到平台查看）")
    room = limit - len(f"\n{more}".encode())
    kept = text.encode()[:room].decode(errors="ignore")
    whole_lines = kept.rsplit("\n", 1)[0] if "\n" in kept else kept
    return f"{whole_lines}\n{more}"


@sensitive_variables()
def _plugin(kind: str, secrets: Mapping[str, str]) -> Any:
    # 只在發送時引入：apprise 要三分之一秒、十幾兆內存，網頁進程平時用不着。
    from apprise.plugins import dingtalk, feishu, wecombot

    log = logging.getLogger("apprise")
    log.propagate, log.disabled = False, True  # 它的日誌裏有密鑰
    for module in (dingtalk, feishu, wecombot):
        module.requests = _Line()
    if kind == Gateway.Kind.WECOM:
        return wecombot.NotifyWeComBot(key=secrets["key"])
    if kind == Gateway.Kind.FEISHU:
        return feishu.NotifyFeishu(token=secrets["token"])

    class DingTalk(dingtalk.NotifyDingTalk):
        def get_signature(self) -> tuple[str, str]:
            """父類編碼了一遍，拼進網址時還要編碼一遍，所以這裏先還原。"""
            timestamp, signature = super().get_signature()
            return timestamp, unquote(signature)

    return DingTalk(token=secrets["token"], secret=secrets.get("secret") or None)
