"""寫信：把一條通知寫成一封純文字郵件，把正文拆成頁面可用的行。"""

import re
from dataclasses import dataclass

from django.conf import settings
from django.core.mail import EmailMessage
from django.urls import reverse
from django.utils.translation import gettext as _

from journal.models import Delivery
from journal.services.recording import Message

# 獨佔一行的站內鏈接：以單個「/」開頭、沒有空白。
_LINK = re.compile(r"^[ \t]*(/(?!/)\S*)[ \t]*$", re.MULTILINE)


@dataclass(frozen=True)
class Paragraph:
    """正文的一段，和緊跟其後的站內鏈接（沒有則為空）。"""

    text: str
    url: str = ""


def absolute(url: str) -> str:
    return f"{settings.SITE_URL}{url}" if url.startswith("/") else url


def paragraphs(body: str) -> list[Paragraph]:
    """把正文拆成段：一行字一段，鏈接行附在它前面那一段上。"""
    found: list[Paragraph] = []
    for line in body.splitlines():
        link = _LINK.match(line)
        if link and found and not found[-1].url:
            found[-1] = Paragraph(found[-1].text, link[1])
        elif line.strip():
            found.append(Paragraph("", link[1]) if link else Paragraph(line.strip()))
    return found


def plain_text(message: Message) -> str:
    """郵件正文：先說事和理由，再給直達的鏈接，最後說明這是誰發的。"""
    parts = [message.title, _LINK.sub(lambda link: absolute(link[1]), message.body)]
    if message.url:
        parts.append(_("直接辦理：%(url)s") % {"url": absolute(message.url)})
    parts.append(
        _("——\n這封郵件由平潭縣民政局文明創建管理平台自動發出，請不要直接回覆。\n全部消息：%(url)s")
        % {"url": absolute(reverse("journal:notices"))}
    )
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def compose(message: Message, delivery: Delivery) -> EmailMessage:
    """一封信。標題裏的換行換成空格，免得被當成另一個郵件頭。"""
    return EmailMessage(
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
