"""人和席位在表上的寫法；頁面、表單和 Excel 用同一種，讀回時才認得出。"""

from functools import lru_cache

from django.db.models import TextChoices
from django.utils.translation import get_language

from campaigns.models import Seat


def seat_label(seat: Seat | None) -> str:
    """責任領導：「副局長 李某」；席位空缺，或姓名裏已帶着職務時，只寫一樣。"""
    if seat is None:
        return ""
    name = seat.user.name if seat.user else ""
    if not name or name in seat.post:
        return seat.post
    return name if seat.post in name else f"{seat.post} {name}"


def choice_label(choices: type[TextChoices], value: str) -> str:
    """選項的名稱。與 get_…_display 相同，但不必每格把全部選項翻譯一遍：長表裏差五倍。"""
    return _labels(choices, get_language()).get(value, value)


@lru_cache(maxsize=64)
def _labels(choices: type[TextChoices], language: str | None) -> dict[str, str]:
    """language 只用來分開繁簡。"""
    return {value: str(label) for value, label in choices.choices}
