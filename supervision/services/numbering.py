"""發號：同一代字、同一年從 1 號起，一個一個發。"""

from django.db.models import F

from supervision.models import NumberBook


def lock_book(mark: str, year: int) -> NumberBook:
    """鎖住發號簿；要取號的事務從這裏排隊，直到各自提交。必須在事務裏調用。"""
    NumberBook.objects.get_or_create(mark=mark, year=year)
    return NumberBook.objects.select_for_update().get(mark=mark, year=year)


def next_number(mark: str, year: int) -> int:
    """取下一個號。事務撤回時號也退回，所以不留空號。"""
    book = lock_book(mark, year)
    NumberBook.objects.filter(pk=book.pk).update(last_number=F("last_number") + 1)
    return book.last_number + 1
