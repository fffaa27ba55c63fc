"""歷次文字：存過的每一稿都留着，誰、什麼時候、怎樣來的；哪一稿都能恢復。"""

from datetime import datetime, timedelta

from people.models import User
from reports.models import Paragraph, ParagraphText

Cause = ParagraphText.Cause
MERGED = timedelta(minutes=10)
"""同一人接連的自動保存，從起筆算起這麼久之內併成一稿。"""


def keep_text(
    paragraph: Paragraph, text: str, *, actor: User, at: datetime, cause: str, is_open: bool
) -> None:
    """寫入新的文字之前調用：原來那一稿還沒有留底的先留底，再記新的一稿。

    重新彙集換掉的原文不逐次留底，到有人改它的時候才記下，所以彙集不多寫一行。
    """
    last = paragraph.texts.order_by("number").last()
    if last is None or last.text != paragraph.text:
        last = _first(paragraph, last.number + 1 if last else 0)
    if _goes_on(last, actor, at, cause):
        last.text, last.is_open = text, is_open
        last.save(update_fields=["text", "is_open"])
        return
    ParagraphText.objects.create(
        paragraph=paragraph,
        number=last.number + 1,
        text=text,
        cause=cause,
        saved_at=at,
        saved_by=actor,
        is_open=is_open,
    )


def _goes_on(last: ParagraphText, actor: User, at: datetime, cause: str) -> bool:
    is_same = last.is_open and last.saved_by_id == actor.pk and cause == Cause.EDITED
    return is_same and at - last.saved_at < MERGED


def _first(paragraph: Paragraph, number: int) -> ParagraphText:
    """彙集來的一稿；自己加的段落是當時寫的。"""
    own = paragraph.is_own and paragraph.edited_at is not None
    return ParagraphText.objects.create(
        paragraph=paragraph,
        number=number,
        text=paragraph.text,
        cause=Cause.EDITED if own else Cause.COMPILED,
        saved_at=paragraph.edited_at if own else paragraph.section.report.cutoff_at,
        saved_by=paragraph.edited_by if own else None,
    )


def close_text(paragraph: Paragraph) -> None:
    """人按了「保存」：這一稿定下來，之後的自動保存另起一稿。"""
    paragraph.texts.filter(is_open=True).update(is_open=False)
