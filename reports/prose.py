"""公文的話：把審核通過的原句連成段落的規則，和連接用的固定說法。

固定說法是文件的內容而不是界面文字，所以不翻譯；要簡體時整份文件一起轉。
單位寫的句子一字不改：只在前面補上單位名和冒號，在末尾補上句號。
"""

import re
from datetime import date

from pingtan_civ.lib.dates import date_range
from pingtan_civ.lib.numerals import to_chinese
from pingtan_civ.lib.periods import MONTHS, period_of

TITLES = {
    "situation": "{name}情況彙報",
    "monthly": "{name}工作月報",
    "quarterly": "{name}工作季報",
    "bulletin": "{name}工作簡報",
    "topical": "{name}專題彙報",
    "notice": "關於{name}推進情況的通報",
    "meeting": "{name}領導小組會議材料",
}
"""各種文件的標題；name 是活動（或方案題目去掉「情況彙報」）的名稱。"""

OPENINGS = {
    "situation": "現將{name}{period}情況彙報如下",
    "monthly": "現將{name}{period}工作情況報告如下",
    "quarterly": "現將{name}{period}工作情況報告如下",
    "bulletin": "現將{name}{period}工作動態編發如下",
    "topical": "現將{name}{period}{tasks}的情況專題彙報如下",
    "notice": "現將{name}{period}的推進和報送情況通報如下",
    "meeting": "現將{name}{period}的進展和需要研究的事項彙報如下",
}
"""開頭一句的後半；前半是依據，末尾是截止日。"""

_REPORT_WORD = re.compile("(?:工作)?(?:情況|情况)?[彙匯汇][報报]$")


def without_report_word(title: str) -> str:
    """「…創建情況彙報」→「…創建」，接別的名目用。"""
    return _REPORT_WORD.sub("", title) or title


_WEAK_ENDING = re.compile(r"[\s，,；;、：:.．]+$")
_ENDINGS = "。！？…”」』）)》"


def ended(text: str) -> str:
    """末尾補成句號；已有句末標點的不動。"""
    text = text.strip()
    if not text:
        return ""
    if text[-1] in "」』”）)》" and len(text) > 1 and text[-2] in "。！？…":
        return text
    if text[-1] in "。！？…":
        return text
    return _WEAK_ENDING.sub("", text) + "。"


def tidy(text: str) -> str:
    """去掉每行首尾的空白和空行；文字本身不動。"""
    lines = (line.strip() for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n"))
    return "\n".join(line for line in lines if line)


def attributed(department: str, short_name: str, text: str) -> str:
    """「局辦公室」＋「已印製公開目錄」→「局辦公室：已印製公開目錄。」

    原句有的從動詞起，有的從名詞、時間起，直接相接未必通；一律用冒號。已從單位名說起的不重複。
    """
    text = tidy(text)
    if not text:
        return ""
    if text.startswith(department) or (short_name and text.startswith(short_name)):
        return ended(text)
    return ended(f"{department}：{text}")


_SHARED = {"narrative": "均報告", "problems": "均反映", "needs": "均提出"}


def shared(units: list[str], said: str, name: str) -> str:
    """「婚姻登記處：已啟用。」＋各單位 →「婚姻登記處、殯儀館均報告：已啟用。」期名照留。"""
    opening, _colon, rest = said.partition("：")
    period = opening.removeprefix(units[0])
    return f"{listed(units)}{period}{_SHARED[name]}：{rest}"


_HAN = r"[\u3400-\u9fff\uf900-\ufaff]"
_BEFORE = r"[\u3400-\u9fff\uf900-\ufaff」』）》”]"
_AFTER = r"(?=[\u3400-\u9fff\uf900-\ufaff「『（《“]|$)"
_HALF_WIDTH = re.compile(rf"(?<={_BEFORE}) ?([,;:!?]) ?{_AFTER}")
_FULL_WIDTH = str.maketrans(",;:!?", "，；：！？")
_INNER_QUOTES = str.maketrans("「」", "『』")
_PARENTHESES = re.compile(rf"\(([^()\n]*{_HAN}[^()\n]*)\)")
_SPACE_BY_FIGURE = re.compile(rf"(?<={_HAN}) +(?=\d)|(?<=\d) +(?={_HAN})")


def typeset(text: str) -> str:
    """標題、方案原文排進公文時的標點：漢字之間的半角改為全角，數字與漢字之間不留空格。

    只用於標題和引用的方案；單位寫的句子不經過這裏。
    """
    text = _PARENTHESES.sub(r"（\1）", _SPACE_BY_FIGURE.sub("", text))
    return _HALF_WIDTH.sub(lambda found: found[1].translate(_FULL_WIDTH), text)


def quoted(title: str) -> str:
    """文中引用一項任務的名稱：「…」，裏面原有的引號改用『』。"""
    return f"「{typeset(title).translate(_INNER_QUOTES)}」"


def period_words(start: date, end: date) -> str:
    """「2026年第四季度」「2026年度」；不是整期的寫起止日期。"""
    for cycle in MONTHS:
        period = period_of(cycle, start)
        if (period.start, period.end) == (start, end):
            return period.name
    return date_range(start, end)


def period_beside(name: str, period: str) -> str:
    """跟在活動名稱後面的期間：「（第四季度）」。名稱已說了的年份不再說，只剩年份的整個不寫。"""
    years = re.findall(r"(\d{4})年", period)
    if len(years) == 1 and re.search(rf"(?<!\d){years[0]}年", name):
        period = period.replace(f"{years[0]}年", "", 1).removeprefix("度")
    return f"（{period}）" if period else ""


def basis_words(basis: str) -> str:
    """「根據《…》和縣委文明委有關精神，」；沒有依據時為空。"""
    text = _WEAK_ENDING.sub("", typeset(tidy(basis)).replace("\n", "、").rstrip("。"))
    if not text:
        return ""
    opened = text.startswith(("根據", "依據", "按照", "為", "依照"))
    return f"{text if opened else '根據' + text}，"


def listed(names: list[str]) -> str:
    return "、".join(names)


def chapter_number(level: int, n: int) -> str:
    """一級「一、」，二級「（一）」。"""
    return f"{to_chinese(n)}、" if level == 1 else f"（{to_chinese(n)}）"


def amount(hundredths: int) -> str:
    """整數百分之一寫成數：14200 → 142，9630 → 96.3。"""
    sign = "-" if hundredths < 0 else ""
    whole, rest = divmod(abs(hundredths), 100)
    return sign + (f"{whole}.{rest:02d}".rstrip("0") if rest else str(whole))


# 「1,214人」說的不是 214 人。
_NUMBER_BEFORE = r"(?<![\d.．])(?<!\d,)"


def says_amount(text: str, phrase: str) -> bool:
    """句子裏已說了這個數和單位；「14人」不算說了「14人次」，反過來也不算。"""
    after = "" if phrase.endswith("次") else "(?!次)"
    return re.search(_NUMBER_BEFORE + re.escape(phrase) + after, text) is not None


def says_figure(text: str, label: str, phrase: str) -> bool:
    """有一句既說了這個數，又說到這個數的名稱裏的字；「走訪3處」沒有說「公開場所3處」。"""
    words = [label[at : at + 2] for at in range(max(len(label) - 1, 1))]
    return any(
        says_amount(each, phrase) and any(word in each for word in words)
        for each in re.split(r"[。；：\n]", text)
    )


def find_phrase(text: str, phrase: str, start: int = 0) -> int:
    """「5項」在文中的位置；「15項」裏的不算。沒有時為 -1。"""
    found = re.compile(_NUMBER_BEFORE + re.escape(phrase)).search(text, start)
    return found.start() if found else -1
