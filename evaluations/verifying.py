"""核對凍結了的東西：每一種一個函數，逐份說出叫什麼、哪裏不對（對的為空）。命令 verify_results 跑一遍。"""

from collections.abc import Callable, Iterator

from evaluations.models import LetterText, TargetLetter
from evaluations.services.letter_signing import verify_letters
from evaluations.services.rounds import verify_snapshots

Verdicts = Iterator[tuple[str, str]]
"""（這一份叫什麼，哪裏不對；對的為空）。"""


def snapshots() -> Verdicts:
    for snapshot, fault in verify_snapshots():
        yield str(snapshot), fault


def letters() -> Verdicts:
    """送過簽的責任書和補充書。"""
    faults: dict[int, str] = {}
    for fault in verify_letters():
        faults[fault.letter.pk] = faults.get(fault.letter.pk, "") + fault.sentence
    sent = TargetLetter.objects.filter(pk__in=LetterText.objects.order_by().values("letter"))
    for letter in sent.select_related("department").order_by("pk"):
        yield str(letter), faults.get(letter.pk, "")


CHECKS: dict[str, Callable[[], Verdicts]] = {"考核定稿": snapshots, "責任書": letters}
"""要核對的各種；新的一種在這裏加一行，上層的應用經 register_check。"""


def register_check(label: str, check: Callable[[], Verdicts]) -> None:
    """上層的應用登記要核對的一種；同名的以後一次為準。在 AppConfig.ready 裏叫。"""
    CHECKS[label] = check
