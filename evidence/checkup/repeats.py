"""兩處對不上或兩處一個樣：同一張圖用在兩處，數對不上，文字照抄上一期。"""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import combinations, pairwise

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evidence.checkup.facts import Entry, Facts, Figure
from evidence.checkup.rules import Mark, mark, rule
from evidence.completeness import says_nothing
from tasks.models import EvidenceLink
from tasks.specification import Level
from tasks.work_forms import figure_text

NEAR_BITS = 5
"""圖的指紋（64 位）相差不超過這麼多位，就當作看上去一樣：轉存、壓縮、略微裁邊都在其內。"""
PLAIN_BITS = 6
"""指紋裏 1（或 0）少於這麼多位的是白紙、黑屏一類，相差無幾也說明不了什麼，不比。"""
_HASH_BITS = 64


@rule("same_picture", gettext_lazy("同一張圖用在兩處"))
def same_picture(facts: Facts) -> Iterator[Mark]:
    """同一張圖（SHA-256 相同）在別的措施、別的期或別的單位也用了，又沒有寫明是取用的。

    出處：安徽 2020 十個嚴禁（圖片不得改動、張冠李戴）。寫明「取自」的不算。
    """
    by_file: dict[int, list[EvidenceLink]] = defaultdict(list)
    for link in _pictures(facts):
        if link.origin_id is None:
            by_file[link.file_id].append(link)
    for group in by_file.values():
        places = {link.submission_pk: link for link in group}
        if len(places) > 1:
            yield from _repeated(
                facts,
                "same_picture",
                places.values(),
                _("「%(name)s」與%(place)s用的是同一張圖。"),
            )


@rule("near_picture", gettext_lazy("兩處的圖看上去一樣"))
def near_picture(facts: Facts) -> Iterator[Mark]:
    """文件不同、看上去一樣的圖用在兩處：多半是同一張另存的，要看是不是真的。出處同上。"""
    by_hash: dict[int, list[EvidenceLink]] = defaultdict(list)
    for link in _pictures(facts):
        reading = getattr(link.file, "reading", None)
        if link.origin_id is None and reading is not None and len(reading.picture_hash) == 16:
            by_hash[int(reading.picture_hash, 16)].append(link)
    partners: dict[int, EvidenceLink] = {}
    for one, other in near_pairs(by_hash):
        for link in by_hash[one]:
            _pair_up(link, by_hash[other], partners)
    found = {link.pk: link for links in by_hash.values() for link in links}
    entries = facts.entries_by_pk
    for pk in sorted(partners):
        link, entry = found[pk], entries.get(found[pk].submission_pk)
        if entry:
            yield _repeat(
                facts,
                "near_picture",
                entry,
                link,
                partners[pk],
                _("「%(name)s」與%(place)s的圖看上去是同一張。"),
            )


def _pictures(facts: Facts) -> Iterator[EvidenceLink]:
    """在用的圖片。"""
    return (
        link
        for link in facts.links
        if link.file.is_picture and link.state != EvidenceLink.State.REJECTED
    )


def near_pairs(hashes: Iterable[int]) -> Iterator[tuple[int, int]]:
    """指紋相差不超過 NEAR_BITS 位的各對（一個指紋與它自己也是一對）。

    不兩兩相比：把 64 位切成 NEAR_BITS + 1 段，相差至多 NEAR_BITS 位的兩個至少有一段全同
    （鴿巢原理），只在有一段全同的裏面比。
    """
    worth = [each for each in hashes if PLAIN_BITS <= each.bit_count() <= _HASH_BITS - PLAIN_BITS]
    yield from ((each, each) for each in worth)
    seen: set[tuple[int, int]] = set()
    for low, width in _bands():
        buckets: dict[int, list[int]] = defaultdict(list)
        for each in worth:
            buckets[each >> low & (1 << width) - 1].append(each)
        for bucket in buckets.values():
            for one, other in combinations(bucket, 2):
                if (one ^ other).bit_count() <= NEAR_BITS:
                    seen.add((min(one, other), max(one, other)))
    yield from sorted(seen)


def _bands() -> list[tuple[int, int]]:
    """各段從第幾位起、多寬：長短至多差一位。"""
    edges = [_HASH_BITS * number // (NEAR_BITS + 1) for number in range(NEAR_BITS + 2)]
    return [(low, high - low) for low, high in pairwise(edges)]


def _pair_up(
    link: EvidenceLink, others: Iterable[EvidenceLink], partners: dict[int, EvidenceLink]
) -> None:
    """兩頭各記住一個同伴；同一份文件的由 same_picture 說，同一期裏的不算兩處。"""
    for other in others:
        if other.file_id != link.file_id and other.submission_pk != link.submission_pk:
            partners.setdefault(link.pk, other)
            partners.setdefault(other.pk, link)
            return


def _repeated(
    facts: Facts, code: str, links: Iterable[EvidenceLink], sentence: str
) -> Iterator[Mark]:
    """一組重複的每一處都說，說的是其中最早的另一處。"""
    links = list(links)
    entries = facts.entries_by_pk
    for link in links:
        entry = entries.get(link.submission_pk)
        if entry:
            other = links[1] if link is links[0] else links[0]
            yield _repeat(facts, code, entry, link, other, sentence)


def _repeat(
    facts: Facts, code: str, entry: Entry, link: EvidenceLink, other: EvidenceLink, sentence: str
) -> Mark:
    words = {"name": link.name, "place": facts.place_of(other)}
    cure = _("換一張這裏自己的；確是同一件事的，從那一處「取用」，寫明來處。")
    return mark(Level.WARNING, code, entry, sentence % words, cure, link)


@rule("figures_differ", gettext_lazy("同一個數兩處不一樣"))
def figures_differ(facts: Facts) -> Iterator[Mark]:
    """同一單位同一期同一個數（名稱、單位都相同），在兩項措施裏報得不一樣。

    出處：統計工作「數出一門」；情況彙報裏的數要與報送的一致。
    """
    by_figure: dict[tuple, list[tuple[Entry, Figure]]] = defaultdict(list)
    for entry in facts.entries:
        for figure in entry.figures:
            key = (entry.department_id, entry.start, entry.end, figure.name, figure.unit)
            by_figure[key].append((entry, figure))
    for rows in by_figure.values():
        for entry, figure in rows:
            other = next((row for row in rows if row[1].hundredths != figure.hundredths), None)
            if other is None:
                break
            words = {
                "name": figure.name,
                "here": f"{figure_text(figure.hundredths)}{figure.unit}",
                "code": facts.measures[other[0].measure_id].code,
                "there": f"{figure_text(other[1].hundredths)}{figure.unit}",
            }
            yield mark(
                Level.WARNING,
                "figures_differ",
                entry,
                _("「%(name)s」這裏報 %(here)s，%(code)s 同一期報 %(there)s。") % words,
                _("核對哪一個對，改正另一個；兩個說的不是一回事的，請創建辦改數據項的名稱。"),
            )


@rule("same_words", gettext_lazy("文字與上一期一樣"))
def same_words(facts: Facts) -> Iterator[Mark]:
    """「做了什麼」與上一期一字不差：多半是照抄，看看是不是真沒有新進展。出處：整治形式主義。"""
    last: dict[int, tuple[str, Entry]] = {}
    for entry in sorted(facts.entries, key=lambda row: row.start):
        if entry.content is None or entry.is_nil or says_nothing(entry.content.narrative):
            continue
        words = "".join(entry.content.narrative.split())
        before = last.get(entry.assignment_id)
        # 還沒報出的草稿也比：填的人當場就看得到。
        if before and before[0] == words:
            yield mark(
                Level.WARNING,
                "same_words",
                entry,
                _("「做了什麼」與%(period)s一字不差。") % {"period": before[1].period},
                _("寫這一期新做的；確實沒有新進展的，報零報告。"),
            )
        last[entry.assignment_id] = (words, entry)
