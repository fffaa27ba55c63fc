"""人和席位在表上的寫法；頁面、表單和 Excel 用同一種，讀回時才認得出。"""

from campaigns.models import Seat


def seat_label(seat: Seat | None) -> str:
    """責任領導：「副局長 李某」；席位空缺，或姓名裏已帶着職務時，只寫一樣。"""
    if seat is None:
        return ""
    name = seat.user.name if seat.user else ""
    if not name or name in seat.post:
        return seat.post
    return name if seat.post in name else f"{seat.post} {name}"
