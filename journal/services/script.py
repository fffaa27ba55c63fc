"""寫進庫裏的話一律用原文（繁體），不隨操作者的繁簡變。

留痕、通知、郵件是大家看的：一位用簡體的人辦的事，不能在別人那裏變成簡體。
當場回答本人的話（拒絕、已保存）仍用他自己選的，所以只包住寫留痕、通知的那一段。
"""

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.utils import translation


@contextmanager
def source_script() -> Iterator[None]:
    """with source_script(): …，或寫在只管知會的函數上 @source_script()。

    不直接拿 translation.override 當裝飾器：它把原來的語言記在自己身上，兩個線程會串。
    """
    with translation.override(settings.LANGUAGE_CODE):
        yield
