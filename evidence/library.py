"""佐證材料庫：網址裏的條件讀成一個值，一份文件一行，只說看的人看得到的那些用處。"""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field, fields, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import QueryDict

from campaigns.models import Campaign
from campaigns.standing import Standing
from evidence.reading import Piece, excerpt, marked, normalised, words_of
from pingtan_civ.lib.dates import month_end
from pingtan_civ.lib.numbers import read_int
from tasks.models import EvidenceFile, EvidenceLink, FileReading, Measure
from tasks.models.evidence import EvidenceLinkQuerySet
from tasks.search_words import spellings

PAGE_SIZE = 24
#: 最多列這麼多份；再多的請人加條件，不去數完幾萬份。
MOST = 2000
#: 一行裏寫出幾處用處，其餘只說還有幾處。
SHOWN_USES = 2
LONGEST = 60
LARGEST = 10**9
_PERIOD = re.compile(r"(20\d\d)(?:-(0[1-9]|1[0-2]))?")
_ASSIGNMENT = "round__submission__assignment__"
_MEASURE = f"{_ASSIGNMENT}measure__"


@dataclass(frozen=True)
class LibraryQuery:
    """一組條件。period 是「2026」或「2026-11」；since、until 是材料日期。"""

    campaign: int | None = None
    objective: int | None = None
    indicator: int | None = None
    department: int | None = None
    period: str = ""
    form: int | None = None
    state: str = ""
    number: str = ""
    since: date | None = None
    until: date | None = None
    q: str = ""
    page: int = 1
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @classmethod
    def read(cls, data: QueryDict) -> "LibraryQuery":
        """讀不懂的不用，名字記在 ignored 裏，要告訴人。"""
        values: dict[str, Any] = {}
        ignored = []
        for name, read in _READERS.items():
            text = data.get(name, "").replace("\x00", "").strip()
            found = read(text) if text else None
            if found is not None:
                values[name] = found
            elif text:
                ignored.append(name)
        return cls(**values, ignored=tuple(ignored))

    def as_dict(self) -> dict[str, Any]:
        """只含與默認不同的條件。"""
        return {
            each.name: getattr(self, each.name)
            for each in fields(self)
            if each.name != "ignored" and getattr(self, each.name) != each.default
        }

    def url(self, **changes: Any) -> str:
        changes.setdefault("page", 1)
        words = urlencode(replace(self, **changes).as_dict())
        return f"?{words}" if words else "?"

    @property
    def is_filtered(self) -> bool:
        return replace(self, page=1) != LibraryQuery()

    @property
    def words(self) -> list[str]:
        return words_of(self.q)

    def apply(self, links: EvidenceLinkQuerySet) -> EvidenceLinkQuerySet:
        """篩選；links 已只含看得見的。"""
        pairs = {
            f"{_MEASURE}campaign": self.campaign,
            f"{_ASSIGNMENT}department": self.department,
            "form": self.form,
            "state": self.state or None,
            "dated__gte": self.since,
            "dated__lte": self.until,
        }
        links = links.filter(**{key: value for key, value in pairs.items() if value is not None})
        if self.objective:
            links = links.filter(
                Q(**{f"{_MEASURE}objective": self.objective})
                | Q(
                    **{
                        f"{_ASSIGNMENT}measure__in": measures_of(
                            indicator__objective=self.objective
                        )
                    }
                )
            )
        if self.indicator:
            links = links.filter(of_indicators([self.indicator]))
        if self.period:
            links = links.filter(in_period(*span_of(self.period)))
        if self.number:
            links = links.filter(_any_spelling("number", self.number))
        for word in self.words:
            links = links.filter(_mentions(word))
        return links


def _text(text: str) -> str:
    return " ".join(text.split())[:LONGEST]


def _key(text: str) -> int | None:
    return read_int(text, low=1, high=LARGEST)


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1990 <= found.year <= 2100 else None


_READERS: dict[str, Any] = {
    **dict.fromkeys(("campaign", "objective", "indicator", "department", "form", "page"), _key),
    "period": lambda text: text if _PERIOD.fullmatch(text) else None,
    "state": lambda text: text if text in EvidenceLink.State.values else None,
    "since": _day,
    "until": _day,
    "number": _text,
    "q": _text,
}


def span_of(period: str) -> tuple[date, date]:
    """「2026」是全年，「2026-11」是那個月。"""
    year, month = _PERIOD.fullmatch(period).groups()
    first, last = (int(month), int(month)) if month else (1, 12)
    return date(int(year), first, 1), month_end(int(year), last)


def in_period(start: date, end: date) -> Q:
    """報送期與這一段有重疊。"""
    return Q(round__submission__period_start__lte=end, round__submission__period_end__gte=start)


def measures_of(**which: Any) -> QuerySet:
    """對應某些指標的措施（只取編號，作子查詢用）。"""
    return Measure.indicators.through.objects.filter(**which).values("measure_id")


def of_indicators(indicator_ids: Collection[int]) -> Q:
    """證明這些指標的：寫明了指標的看它，沒寫的看措施對應哪些。"""
    whole = Q(indicator__isnull=True) & Q(
        **{f"{_ASSIGNMENT}measure__in": measures_of(indicator__in=indicator_ids)}
    )
    return Q(indicator__in=indicator_ids) | whole


def _any_spelling(name: str, word: str) -> Q:
    found = Q()
    for spelling in spellings(word):
        found |= Q(**{f"{name}__icontains": spelling})
    return found


def _mentions(word: str) -> Q:
    """文件名、說明、文號和文件裏的字，繁簡都找。"""
    found = _any_spelling("name", word) | _any_spelling("caption", word)
    found |= _any_spelling("number", word)
    inside = FileReading.objects.filter(search__contains=normalised(word))
    return found | Q(file__in=inside.values("file_id"))


# ── 文件和用處 ────────────────────────────────────────


def readable(standing: Standing, campaigns: Iterable[Campaign]) -> EvidenceLinkQuerySet:
    """材料庫裏此人看得到的用處。"""
    return EvidenceLink.objects.readable_across(standing, campaigns).standing_now()


def file_ids(links: EvidenceLinkQuerySet) -> list[int]:
    """有這些用處的文件的編號，每份一次，新存入的在前；至多 MOST + 1 份。

    只取編號、只問一次：數、翻頁都在這一串上做，不為數一數再找一遍。
    """
    used = Exists(links.order_by().filter(file=OuterRef("pk")))
    files = EvidenceFile.objects.filter(used).order_by("-pk")
    return list(files.values_list("pk", flat=True)[: MOST + 1])


def with_places(links: EvidenceLinkQuerySet, *also: str) -> EvidenceLinkQuerySet:
    """連同寫出「用在哪裏」要的都取出；also 是另外還要取的。"""
    wanted = ("form", "added_by", f"{_ASSIGNMENT}department", f"{_MEASURE}campaign", *also)
    return links.select_related(*wanted).defer(
        "ticks", "round__narrative", "round__problems", "round__needs"
    )


@dataclass(frozen=True)
class Row:
    """材料庫的一行：一份文件，主要的一處用處，別的用處，命中的字。"""

    file: EvidenceFile
    link: EvidenceLink
    title: list[Piece]
    excerpt: list[Piece]
    uses: list[EvidenceLink]
    more: int

    @property
    def caption(self) -> str:
        return self.link.caption


def rows_of(ids: Collection[int], links: EvidenceLinkQuerySet, words: list[str]) -> list[Row]:
    """這些文件各成一行，先後照 ids。links 是看得到的全部用處（不是篩出來的那些）。一次查詢。"""
    uses: dict[int, list[EvidenceLink]] = {pk: [] for pk in ids}
    found = with_places(links.filter(file__in=uses), "file__reading" if words else "file")
    for link in found.order_by("-added_at", "-pk"):
        uses[link.file_id].append(link)
    return [_row(once_per_submission(each), words) for each in uses.values() if each]


def _row(uses: list[EvidenceLink], words: list[str]) -> Row:
    main = _best(uses, words)
    reading = getattr(main.file, "reading", None) if words else None
    return Row(
        file=main.file,
        link=main,
        title=marked(main.name, words),
        excerpt=excerpt(reading.text, words) if reading else [],
        uses=[main, *[use for use in uses if use is not main]][:SHOWN_USES],
        more=max(len(uses) - SHOWN_USES, 0),
    )


def _best(uses: list[EvidenceLink], words: list[str]) -> EvidenceLink:
    """代表這份文件的一處：說到所查的詞的，採用了的，新的。"""

    def rank(link: EvidenceLink) -> tuple[bool, bool]:
        said = f"{link.name} {link.caption} {link.number}"
        is_hit = any(piece.is_hit for piece in marked(said, words)) if words else False
        return is_hit, link.state == EvidenceLink.State.ACCEPTED

    return max(uses, key=rank)


def once_per_submission(links: Iterable[EvidenceLink]) -> list[EvidenceLink]:
    """同一期裏各輪掛的算一處，取最後一輪的；先後照原來的。"""
    found: dict[int, EvidenceLink] = {}
    for link in links:
        kept = found.get(link.round.submission_id)
        if kept is None or link.round.number > kept.round.number:
            found[link.round.submission_id] = link
    return list(found.values())
