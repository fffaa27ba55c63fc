"""發號：同一代字、同一年從 1 號起，一個一個發。督辦單、整改單、責任書和彙報共用。"""

from django.db.models import F

from reports.models import NumberBook


def lock_book(mark: str, year: int) -> NumberBook:
    """鎖住發號簿；要取號的事務從這裏排隊，直到各自提交。必須在事務裏調用。"""
    NumberBook.objects.get_or_create(mark=mark, year=year)
    return NumberBook.objects.select_for_update().get(mark=mark, year=year)


def next_number(mark: str, year: int) -> int:
    """取下一個號。事務撤回時號也退回，所以不留空號。"""
    book = lock_book(mark, year)
    NumberBook.objects.filter(pk=book.pk).update(last_number=F("last_number") + 1)
    return book.last_number + 1


def issue_book(campaign_id: int, kind: str) -> str:
    """彙報的期號記在哪一本：一個活動一種文件一本，與發文代字無關。"""
    return f"report/{campaign_id}/{kind}"


def full_number(mark: str, year: int, number: int) -> str:
    """「平民創報〔2026〕3號」；年份用六角括號、不寫「第」、號不補零（GB/T 9704 7.2.5）。"""
    return f"{mark}〔{year}〕{number}號"
