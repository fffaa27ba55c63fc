"""寫信：把一條通知寫成一封郵件、一條群消息或一個接口的正文，把正文拆成頁面可用的行。"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from journal.models import LINK, Delivery
from journal.services.recording import Message
from journal.services.script import source_script

#: 各家郵件客戶端都有的中文字體，依次是蘋果、微軟、別的。
FONTS = "'PingFang TC','Microsoft JhengHei UI','Microsoft YaHei',sans-serif"


@dataclass(frozen=True)
class Paragraph:
    """正文的一段，和緊跟其後的站內鏈接（沒有則為空）；verb 是鏈接上寫的動作。"""

    text: str
    url: str = ""
    verb: str = ""


def absolute(url: str) -> str:
    return f"{settings.SITE_URL}{url}" if url.startswith("/") else url


def paragraphs(body: str) -> list[Paragraph]:
    """把正文拆成段：一行字一段，鏈接行附在它前面那一段上。"""
    found: list[Paragraph] = []
    for line in body.splitlines():
        link = LINK.match(line)
        if link and found and not found[-1].url:
            found[-1] = Paragraph(found[-1].text, link[2], link[1] or "")
        elif line.strip():
            found.append(Paragraph("", link[2], link[1] or "") if link else Paragraph(line.strip()))
    return found


def plain_text(message: Message) -> str:
    """郵件的文字部分：先說事和理由，再給直達的鏈接，最後說明這是誰發的。"""
    parts = [message.title, _whole_addresses(message.body)]
    if message.url:
        parts.append(_("直接辦理：%(url)s") % {"url": absolute(message.url)})
    parts.append(
        _(
            "——\n這封郵件由平潭縣民政局文明創建管理平台自動發出，請不要直接回覆。\n"
            "全部消息：%(notices)s\n消息設置：%(preferences)s"
        )
        % {
            "notices": absolute(reverse("journal:notices")),
            "preferences": absolute(reverse("journal:preferences")),
        }
    )
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def html(message: Message) -> str:
    """郵件的網頁部分，內容與文字部分相同。"""
    context = {
        "message": message,
        "paragraphs": [
            replace(part, url=absolute(part.url) if part.url else "")
            for part in paragraphs(message.body)
        ],
        "url": absolute(message.url) if message.url else "",
        "notices": absolute(reverse("journal:notices")),
        "preferences": absolute(reverse("journal:preferences")),
        "fonts": FONTS,
    }
    return render_to_string("mail/letter.html", context)


@source_script()
def compose(message: Message, delivery: Delivery) -> EmailMultiAlternatives:
    """一封信。標題裏的換行換成空格，免得被當成另一個郵件頭。"""
    letter = EmailMultiAlternatives(
        subject=_("【文明創建】%(title)s") % {"title": " ".join(message.title.split())},
        body=plain_text(message),
        to=[delivery.address],
        headers={
            "Message-ID": delivery.message_id,
            # 請對方的自動回覆不要回這封信。
            "Auto-Submitted": "auto-generated",
            "X-Auto-Response-Suppress": "All",
        },
    )
    letter.attach_alternative(html(message), "text/html")
    return letter


@source_script()
def group_text(message: Message) -> str:
    """發到工作群的純文字：標題、正文、鏈接。"""
    parts = [_("【文明創建】%(title)s") % {"title": message.title}, _whole_addresses(message.body)]
    if message.url:
        parts.append(absolute(message.url))
    return "\n".join(part.strip() for part in parts if part.strip())


@source_script()
def payload(message: Message, delivery: Delivery, at: datetime) -> dict[str, Any]:
    """通用接口的正文。短信只說一句和去哪裏看：正文可能有三十行，手機上不該全來。"""
    by_sms = delivery.channel == Delivery.Channel.SMS
    short = _("【文明創建】%(title)s。請登錄平台辦理：%(url)s") % {
        "title": message.title.rstrip("。"),
        "url": absolute(message.url or settings.LOGIN_REDIRECT_URL),
    }
    return {
        "id": delivery.message_id.strip("<>"),
        "kind": message.kind,
        "to": delivery.address if by_sms else "",
        "title": message.title,
        "text": short if by_sms else group_text(message),
        "url": absolute(message.url) if message.url else "",
        "sent_at": timezone.localtime(at).isoformat(timespec="seconds"),
    }


def _whole_addresses(body: str) -> str:
    return LINK.sub(lambda link: " ".join(filter(None, (link[1], absolute(link[2])))), body)
