"""鑰匙列：哪一行、導出時每格是什麼。

讀回時憑它分得清三件事：這一格有沒有改過，這一行在導出之後有沒有被別人改過，這把鑰匙是不是
別的表、別的活動的。格裏寫的都在明處，所以只記每格的指紋，不另存一份。
"""

from dataclasses import dataclass
from hashlib import blake2b

from django.utils.crypto import constant_time_compare, salted_hmac

_SALT = "exchange.stamps"
_SEAL, _PRINT = 12, 6


@dataclass(frozen=True)
class Stamp:
    """從校驗列讀出的：prints 與各列一一對應。"""

    prints: tuple[str, ...]

    def holds(self, place: int, words: str) -> bool:
        """第 place 格還是導出時那樣。"""
        return place < len(self.prints) and self.prints[place] == fingerprint(words)


def fingerprint(words: str) -> str:
    return blake2b(words.encode(), digest_size=_PRINT // 2).hexdigest()


def seal(kind: str, campaign: str, pk: int) -> str:
    """別的表、別的活動、手改過的鑰匙都認得出。"""
    return salted_hmac(_SALT, f"{kind}:{campaign}:{pk}", algorithm="sha256").hexdigest()[:_SEAL]


def write_stamp(kind: str, campaign: str, pk: int, cells: list[str]) -> str:
    return seal(kind, campaign, pk) + "".join(fingerprint(words) for words in cells)


def read_stamp(text: str, *, kind: str, campaign: str, pk: int) -> Stamp | None:
    """對不上的為 None。"""
    if not constant_time_compare(text[:_SEAL], seal(kind, campaign, pk)):
        return None
    rest = text[_SEAL:]
    return Stamp(tuple(rest[place : place + _PRINT] for place in range(0, len(rest), _PRINT)))
