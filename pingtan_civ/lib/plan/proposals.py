"""從原文讀出分工與時限的建議：牽頭、配合、責任單位，完成時限，週期。

依據「排在首位的為牽頭單位」的慣例（責任單位：A、B，A 牽頭）。只讀不改：原文照舊。
"""

import re
from calendar import monthrange
from collections.abc import Iterator
from datetime import date

from pingtan_civ.lib.plan.numbering import chinese_number
from pingtan_civ.lib.plan.script import cue, fold
from pingtan_civ.lib.plan.types import Proposals

_UNIT = "(?:單位|科室|部門|股室|處室|股|科)?"
_ROLES = {
    "leader": "責任領導|分管領導|牽頭領導|掛鉤領導|主管領導|包抓領導",
    "owner": "責任人|聯繫人|經辦人|具體負責人|聯絡員|承辦人",
    "lead": f"牽頭{_UNIT}|主辦{_UNIT}|主責{_UNIT}|承辦{_UNIT}",
    "support": f"配合{_UNIT}|協辦{_UNIT}|協助{_UNIT}|協同{_UNIT}|參與{_UNIT}|參加{_UNIT}",
    "joint": "責任(?:單位|科室|部門|股室|處室|主體)|落實(?:單位|科室|部門)|實施(?:單位|主體)",
    "due": "完成時限|完成時間|完成期限|時限要求|時間要求|時間節點|時間安排|辦結時限|截止時間|時限",
    "cycle": "考核週期|報送週期|考核周期|報送周期|報送頻次|週期|周期|頻次",
}
_ANY_ROLE = "|".join(f"(?P<{key}>{words})" for key, words in _ROLES.items())
_TAG = cue(f"(?:{_ANY_ROLE})(?:及責任人|和責任人)? ?: ?")
_TAG_AT_START = cue(f"[ (\\[【]*(?:{'|'.join(_ROLES.values())})(?:及責任人|和責任人)? ?:")
_VALUE_END = re.compile(r"[;。)\]】\n]")
_NAMES = re.compile(r"[、,/ ]+")
_LEAD_NOTE = cue("\\(?(?:牽頭|主辦|主責)\\)?$")
_BODY = "[^,;。:()、由以\n]{2,24}?"
_BODY_END = cue(
    "(?:科|室|局|處|股|辦|中心|站|院|館|所|組|委|支部|工會|單位|部門|隊|會|府|街道|鎮|鄉|社區)$"
)
_LED_BY = cue(f"由(?P<name>{_BODY})(?:負責)?牽頭")
_RUN_BY = cue(f"由(?P<name>{_BODY})(?:具體|統一)?(?:負責|承擔|組織實施|主辦)")
_HELPED_BY = cue("(?:^|[,;、])(?P<names>[^,;。:()\n]{2,40}?)(?:協同|協助|積極)?配合(?=$|[,;。)])")

_NUMBER = "(?:\\d{1,2}|[一二三四五六七八九十]{1,3})"
_YEAR = "(?:(?P<year>\\d{4}|[〇○零一二三四五六七八九]{4})年|(?P<this>今年|本年|當年)|(?P<next>明年|次年))?"
_DATE = cue(
    "(?P<full>(?P<fy>\\d{4})[-./](?P<fm>\\d{1,2})[-./](?P<fd>\\d{1,2}))"
    f"|{_YEAR}(?:"
    f"(?P<month>{_NUMBER})月(?:(?P<day>{_NUMBER})[日號]|份?(?P<part>上旬|中旬|下旬|底|末))?"
    "|(?P<half>[上下])半年|第?(?P<quarter>[一二三四1-4])季度|(?P<end>(?<![〇零一二三四五六七八九十兩幾多數\\d])年[底末內終]|(?<=[今本明次當]年)[底末內])"
    ")|(?P<ey>\\d{4}|[〇○零一二三四五六七八九]{4})年?(?P<yend>[底末內])"
)
_DEADLINE = cue(
    "(?:[底末內]?(?:之前|以前|前(?!後|期|列|夕|往))|[底末]|止|內(?!容|部|涵)|完成|辦結)"
)
_ENDS = ("底", "末", "内", "终")
_CYCLES = (
    ("monthly", cue("每(?:個)?月|按月|逐月")),
    ("quarterly", cue("每(?:個)?季|按季")),
    ("half_yearly", cue("每半年|半年一次")),
    ("yearly", cue("每年|全年|每年度|逐年")),
)
_TAG_CYCLES = (
    *_CYCLES,
    ("monthly", cue("月報|月度|^月$")),
    ("quarterly", cue("季報|季度|^季$")),
    ("half_yearly", cue("半年")),
    ("yearly", cue("常年|長期|持續|常態|年報|年度|貫穿|^年$|一年")),
    ("once", cue("一次|單次")),
)


def read_proposals(text: str, year: int | None = None) -> Proposals:
    """一款或一段的建議；year 是沒有寫年份的日期所屬的年份。"""
    folded = fold(text)
    tags = dict(_tags(text, folded))
    lead, supporting = _units(tags, folded, text)
    due, due_text = _due(tags, folded, text, year)
    return Proposals(
        lead=lead,
        supporting=supporting,
        due=due,
        due_text=due_text,
        cycle=read_cycle(tags["cycle"], tag=True) if "cycle" in tags else _cycle(tags, text),
        leader=tags.get("leader") or None,
        owner=tags.get("owner") or None,
    )


def is_tag_line(text: str) -> bool:
    """整行只是「牽頭單位：…」之類的標註。"""
    folded = fold(text)
    return bool(_TAG_AT_START.match(folded)) and len(folded) <= 200


def is_tag(text: str) -> bool:
    """整截是括號裏的標註，如「（牽頭單位：社會事務科）」。"""
    folded = fold(text).strip()
    return (
        folded[:1] in ("(", "[", "【") and folded[-1:] in (")", "]", "】") and is_tag_line(folded)
    )


def closing_tag(text: str) -> str:
    """段末括號裏的標註；沒有則為空。"""
    stripped = text.rstrip(" 　。;；")
    start = max(stripped.rfind(char) for char in "(（[【")
    return stripped[start:] if start >= 0 and is_tag(stripped[start:]) else ""


def _tags(text: str, folded: str) -> Iterator[tuple[str, str]]:
    found = list(_TAG.finditer(folded))
    for index, match in enumerate(found):
        limit = found[index + 1].start() if index + 1 < len(found) else len(folded)
        stop = _value_end(folded, match.end(), limit)
        value = text[match.end() : stop].strip(" 　\t,，、;；。")
        if match.lastgroup and value:
            yield match.lastgroup, value


def _value_end(folded: str, start: int, limit: int) -> int:
    """值到標點為止；「社會事務科（牽頭）」裏的括號不算。"""
    depth = 0
    for position in range(start, min(limit, start + 300)):
        char = folded[position]
        if char == "(":
            depth += 1
        elif char == ")" and depth:
            depth -= 1
        elif _VALUE_END.match(char):
            return position
    return min(limit, start + 300)


def split_names(text: str) -> tuple[str, ...]:
    """「辦公室、婚姻登記處」分成單位；「和」「及」常在單位名稱之內，不切。"""
    folded = fold(text)
    names, start = [], 0
    for match in [*_NAMES.finditer(folded), None]:
        end = match.start() if match else len(text)
        name = text[start:end].strip("　 。;；\n").removesuffix("等")
        if name:
            names.append(name)
        start = match.end() if match else end
    return tuple(dict.fromkeys(names))


def lead_first(text: str) -> tuple[str | None, tuple[str, ...]]:
    """責任單位一串：註明（牽頭）的、否則排在首位的，是牽頭單位。"""
    names = split_names(text)
    noted = next((n for n in names if _LEAD_NOTE.search(fold(n)) and len(n) > 4), None)
    lead = noted or (names[0] if names else None)
    clean = {n: n[: _LEAD_NOTE.search(fold(n)).start()] if n == noted else n for n in names}
    return clean.get(lead or ""), tuple(clean[n] for n in names if n != lead)


def _units(tags: dict[str, str], folded: str, text: str) -> tuple[str | None, tuple[str, ...]]:
    lead: str | None = None
    supporting: tuple[str, ...] = ()
    if "lead" in tags:
        lead, supporting = lead_first(tags["lead"])
    if "joint" in tags:
        first, others = lead_first(tags["joint"])
        if lead is None:
            lead, supporting = first, others
        else:
            supporting += tuple(n for n in (first, *others) if n)
    if "support" in tags:
        supporting += split_names(tags["support"])
    if lead is None:
        lead = _named(_LED_BY, folded, text) or _named(_RUN_BY, folded, text)
        helped = _HELPED_BY.search(folded) if lead and not supporting else None
        if helped:
            supporting = split_names(text[helped.start("names") : helped.end("names")])
    unique = tuple(n for n in dict.fromkeys(supporting) if n != lead)
    return lead, unique


def _named(pattern: re.Pattern[str], folded: str, text: str) -> str | None:
    match = pattern.search(folded)
    if not match or not _BODY_END.search(match.group("name")):
        return None
    return text[match.start("name") : match.end("name")]


def _due(
    tags: dict[str, str], folded: str, text: str, year: int | None
) -> tuple[str | None, str | None]:
    if "due" in tags:
        value = tags["due"]
        if read_cycle(value, tag=True) and not _DATE.search(fold(value)):
            return None, None
        return resolve_due(value, year) or value, value
    found = list(_deadlines(folded))
    if not found:
        return None, None
    start, end = found[-1]
    phrase = text[start:end]
    return resolve_due(phrase, year) or phrase, phrase


def _deadlines(folded: str) -> Iterator[tuple[int, int]]:
    """正文裏的期限：日期之後要有「前」「底」「內」「完成」，免得把紀念日當作期限。"""
    for match in _DATE.finditer(folded):
        after = _DEADLINE.match(folded, match.end())
        if after:
            tail = after.group()
            end = match.end() if tail[:1] in "完办" else after.end()
            yield match.start(), end
        elif match.group().endswith(_ENDS):
            yield match.start(), match.end()


def resolve_due(text: str, year: int | None = None) -> str | None:
    """「6月底前」→「2027-06-30」；有多個日期時取最後一個。認不出或沒有年份則為 None。"""
    folded, known, result = fold(text), year, None
    for match in _DATE.finditer(folded):
        known = _year(match, known, year)
        result = _day(match, known, folded[match.end() : match.end() + 2])
    return result.isoformat() if result else None


def _year(match: re.Match[str], known: int | None, year: int | None) -> int | None:
    written = match["year"] or match["fy"] or match["ey"]
    if written:
        return _number(written)
    if match["next"]:
        return year + 1 if year is not None else None
    return year if match["this"] else known


def _day(match: re.Match[str], year: int | None, after: str) -> date | None:
    if year is None or not 1900 <= year <= 2200:
        return None
    if match["full"]:
        return _valid(year, int(match["fm"]), int(match["fd"]))
    if match["month"]:
        return _in_month(match, year, after)
    if match["half"]:
        return date(year, 6, 30) if match["half"] == "上" else date(year, 12, 31)
    if match["quarter"]:
        month = 3 * (chinese_number(match["quarter"]) or int(match["quarter"]))
        return date(year, month, monthrange(year, month)[1])
    return date(year, 12, 31)


def _in_month(match: re.Match[str], year: int, after: str) -> date | None:
    month = _number(match["month"])
    if not 1 <= month <= 12:
        return None
    if match["day"]:
        return _valid(year, month, _number(match["day"]))
    if match["part"] in ("上旬", "中旬"):
        return date(year, month, 10 if match["part"] == "上旬" else 20)
    if not match["part"] and after.startswith(("前", "之前", "以前")):
        month -= 1  # 「6月前」是 6 月開始之前
        year, month = (year, month) if month else (year - 1, 12)
    return date(year, month, monthrange(year, month)[1])


def _number(text: str) -> int:
    return int(text) if text.isdigit() else chinese_number(text) or 0


def _valid(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def read_cycle(text: str, *, tag: bool = False) -> str | None:
    """每月、每季度、每半年、每年（全年）；標註裏還認常年、長期、季報等說法。"""
    folded = fold(text)
    for cycle, pattern in _TAG_CYCLES if tag else _CYCLES:
        if pattern.search(folded):
            return cycle
    return None


def _cycle(tags: dict[str, str], text: str) -> str | None:
    tagged = read_cycle(tags["due"], tag=True) if "due" in tags else None
    if tagged and not _DATE.search(fold(tags["due"])):
        return tagged
    return read_cycle(text)
