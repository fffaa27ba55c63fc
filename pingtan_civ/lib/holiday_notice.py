"""讀懂一年的放假安排：粘貼來的國務院辦公廳通知全文，或「日期,類別,名稱」的表格。

只讀不存；寫進日曆表見 workdays.services.import_year。
"""

import re
import unicodedata
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils.translation import gettext as _

from pingtan_civ.lib.dates import parse_date
from pingtan_civ.lib.script import simplify

HOLIDAY, MAKE_UP, LOCAL_CLOSURE = "holiday", "make_up", "local_closure"

_FESTIVALS = {
    "元旦": "元旦",
    "春节": "春節",
    "清明": "清明節",
    "劳动": "勞動節",
    "端午": "端午節",
    "中秋": "中秋節",
    "国庆": "國慶節",
}
_KIND_WORDS = {
    "放假": HOLIDAY,
    "假日": HOLIDAY,
    "调休上班": MAKE_UP,
    "上班": MAKE_UP,
    "补班": MAKE_UP,
    "本地停办": LOCAL_CLOSURE,
    "停办": LOCAL_CLOSURE,
}
_SPAN = re.compile(
    r"(?:(?P<y1>\d{4})年)?(?P<m1>\d{1,2})月(?P<d1>\d{1,2})日"
    r"(?:至(?:(?P<y2>\d{4})年)?(?:(?P<m2>\d{1,2})月)?(?P<d2>\d{1,2})日)?",
    re.ASCII,
)
# 通知裏再長的假也不到半個月；更長的多半是讀錯了。
_LONGEST = 15


class UnreadableNotice(ValueError):
    """讀不懂的安排；problems 每條一句話，指明是哪一行、怎樣改。"""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


@dataclass(frozen=True)
class NoticeDay:
    """安排裏的一天：kind 是 holiday、make_up 或 local_closure。"""

    date: date
    kind: str
    name: str


def read_notice(text: str, year: int) -> list[NoticeDay]:
    """讀出 year 年的安排，按日期排好；有一處不對就整份不要，抛出 UnreadableNotice。"""
    plain = unicodedata.normalize("NFKC", text).strip()
    if not plain:
        raise UnreadableNotice([_("還沒有內容，請粘貼放假通知全文或表格。")])
    days, problems = (
        _read_table(plain, year) if _looks_like_a_table(plain) else _read_prose(plain, year)
    )
    problems += _contradictions(days, year)
    if not days and not problems:
        problems = [_("沒有讀到放假或上班的日期，請檢查粘貼的內容是否完整。")]
    if problems:
        raise UnreadableNotice(problems)
    return sorted(set(days), key=lambda day: day.date)


def _looks_like_a_table(plain: str) -> bool:
    lines = [line for line in plain.splitlines() if line.strip()]
    return sum(bool(re.match(r"\s*[\d年月日/.-]+\s*[,\t]", line)) for line in lines) * 2 >= len(
        lines
    )


def _read_table(plain: str, year: int) -> tuple[list[NoticeDay], list[str]]:
    days, problems = [], []
    for number, line in enumerate(plain.splitlines(), start=1):
        cells = [cell.strip() for cell in re.split(r"[,\t]", line)]
        if not any(cells) or (number == 1 and simplify(cells[0]) in ("日期", "date")):
            continue
        kind = _KIND_WORDS.get(simplify(cells[1])) if len(cells) > 1 else None
        if kind is None:
            problems.append(
                _("第 %(line)s 行的類別不對，請寫放假、調休上班或本地停辦。") % {"line": number}
            )
            continue
        try:
            days.append(NoticeDay(parse_date(cells[0], year), kind, "".join(cells[2:3])))
        except ValueError as error:
            problems.append(_("第 %(line)s 行：%(problem)s") % {"line": number, "problem": error})
    return days, problems


def _read_prose(plain: str, year: int) -> tuple[list[NoticeDay], list[str]]:
    """通知的寫法多年不變：「二、春節：2月15日至23日放假調休，共9天。2月14日上班。」"""
    bare = re.sub(r"\([^()]*\)", "", simplify(plain))
    days: list[NoticeDay] = []
    problems: list[str] = []
    name = ""
    for sentence in re.split(r"[。;\n]", bare):
        name = _festival(sentence) or name
        if "放假" in sentence:
            found = _spans(sentence, year, HOLIDAY, name, problems)
            told = re.search(r"共(\d+)天", sentence)
            if found and told and int(told[1]) != len(found):
                problems.append(
                    _("「%(sentence)s」寫明共 %(told)s 天，數出來是 %(counted)s 天，請核對。")
                    % {"sentence": sentence.strip(), "told": told[1], "counted": len(found)}
                )
            days += found
        elif "上班" in sentence:
            days += _spans(sentence, year, MAKE_UP, name + _("調休"), problems)
    return days, problems


def _festival(sentence: str) -> str:
    heading = sentence.split(":")[0] if ":" in sentence else ""
    return "、".join(full for word, full in _FESTIVALS.items() if word in heading)


def _spans(sentence: str, year: int, kind: str, name: str, problems: list[str]) -> list[NoticeDay]:
    found = []
    for match in _SPAN.finditer(sentence):
        try:
            start = date(int(match["y1"] or year), int(match["m1"]), int(match["d1"]))
            end = start
            if match["d2"]:
                month = int(match["m2"] or match["m1"])
                end = date(int(match["y2"] or start.year), month, int(match["d2"]))
        except ValueError:
            problems.append(_("沒有「%(day)s」這一天，請核對。") % {"day": match.group()})
            continue
        length = (end - start).days + 1
        if not 1 <= length <= _LONGEST:
            problems.append(_("「%(span)s」的起止不對，請核對。") % {"span": match.group()})
            continue
        found += [NoticeDay(start + timedelta(days=n), kind, name) for n in range(length)]
    return found


def _contradictions(days: list[NoticeDay], year: int) -> list[str]:
    """同一天既放假又上班，或日期跑到別的年份（元旦連休可以跨到前一年年末）。"""
    kinds: dict[date, set[str]] = {}
    for day in days:
        kinds.setdefault(day.date, set()).add(day.kind)
    problems = [
        _("%(day)s 既寫了放假又寫了上班，請核對。") % {"day": day}
        for day, found in sorted(kinds.items())
        if len(found) > 1
    ]
    strangers = [
        day for day in sorted(kinds) if not date(year - 1, 12, 20) <= day <= date(year + 1, 1, 10)
    ]
    if strangers:
        problems.append(
            _("%(day)s 不在 %(year)s 年，請核對選的年份。") % {"day": strangers[0], "year": year}
        )
    return problems
