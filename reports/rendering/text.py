"""排版前對文字做的三件事：清理、量寬、按語義給標題斷行。"""

import re
import unicodedata
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

# 從 Word、網頁粘貼來的軟換行、換頁、行分隔符，都當作換行。
_NEWLINES = re.compile("\r\n|[\r\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# XML 不許的控制字符與非字符；零寬字符、書寫方向控制符（能把「不合格」倒過來印）、異體選擇符。
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f\u00ad\u061c\u200b-\u200f\u202a-\u202e\u2060-\u206f"
    "\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ufffe\uffff\ud800-\udfff\U000e0000-\U000e0fff]"
)
_SPACES = re.compile("[\t\u00a0\u2000-\u200a\u202f\u205f]")


def clean(text: str) -> str:
    """去掉印不出來、也不許寫進 XML 的字符；換行一律成為 \\n，製表符成為空格。"""
    return _UNPRINTABLE.sub("", _SPACES.sub(" ", _NEWLINES.sub("\n", text)))


def one_line(text: str) -> str:
    """標題、落款等只占一處的文字：清理後併成一行。"""
    return " ".join(clean(text).split())


def chinese_date(day: date) -> str:
    """成文日期用阿拉伯數字，月日不編虛位（7.3.5）。"""
    return f"{day.year}年{day.month}月{day.day}日"


def width_in_characters(text: str) -> float:
    """以一個漢字為 1 的寬度；西文和數字算半個。"""
    return sum(
        0 if unicodedata.combining(c) else 1 if unicodedata.east_asian_width(c) in "WFA" else 0.5
        for c in text
    )


# —— 標題斷行 ——

# 斷在詞中間最難看。機關標題的用詞不多，列出即可；繁簡並列。
_WORDS = (
    "平潭縣|平潭县|平潭綜合實驗區|平潭综合实验区|民政局|民政系統|民政系统|辦公室|办公室|"
    "領導小組|领导小组|委員會|委员会|文明行業|文明行业|文明單位|文明单位|文明城市|精神文明|"
    "創建|创建|情況|情况|彙報|汇报|報告|报告|通報|通报|通知|通知書|通知书|季度|年度|"
    "半年|上半年|下半年|月份|工作|活動|活动|任務|任务|分解|分解表|目標|目标|責任書|"
    "责任书|責任制|责任制|方案|實施|实施|考核|考評|考评|測評|测评|結果|结果|評價|评价|"
    "推薦|推荐|表彰|獎勵|奖励|整改|督辦|督办|催辦|催办|簡報|简报|會議|会议|紀要|纪要|"
    "婚姻登記|婚姻登记|殯儀|殡仪|養老|养老|助孤|服務|服务|窗口單位|窗口单位|示範點|"
    "示范点|規範|规范|管理|總結|总结|計劃|计划|意見|意见|關於|关于|進一步|进一步|開展|"
    "开展|加強|加强|推進|推进|印發|印发|報送|报送|舉辦|举办|深化|建設|建设|機制|机制|"
    "匯總|汇总|專題|专题|群眾|群众|投訴|投诉|滿意度|满意度|社會救助|社会救助|社會組織|"
    "社会组织|志願服務|志愿服务|材料|佐證|佐证|附件|清單|清单|一覽表|一览表"
)
_WORD_PATTERN = re.compile("|".join(sorted(_WORDS.split("|"), key=len, reverse=True)))
_SOLID = re.compile(
    r"[0-9A-Za-z.%％‰/:+\-]+[年月日號号期屆届個个項项名次家%％]?|第[一二三四五六七八九十百]+"
)
_NOT_FIRST = set("，。、；：！？）》」』”’〕】%％的之和與与及等們们年月日期度")
_NOT_LAST = set("（《「『“‘〔【第和與与及對对將将把為为")
_GOOD_LAST = set("局委廳厅部縣县市區区會会組组院所站，。：；年度的")
_GOOD_FIRST = ("關於", "关于")
_WORST = 10_000


def break_title(title: str, limit: float, most_lines: int = 4) -> list[str]:
    """把標題斷成幾行，詞意完整、長短相稱，排成梯形或菱形（7.3.1）。

    作者自己按了回車的，照作者的。太長（超過 `most_lines` 行）的不是標題，交給排版軟件自然換行。
    """
    authored = [line for line in map(str.strip, clean(title).split("\n")) if line]
    if len(authored) > 1:
        return authored
    text = one_line(title)
    width = width_in_characters(text)
    if width <= limit or width > limit * most_lines:
        return [text] if text else []
    needed = int(-(-width // limit))
    for lines in range(needed, most_lines + 2):
        best: tuple[float, list[str]] = min(_divisions(text, lines, limit), default=(_WORST, []))
        if best[0] < _WORST:
            return best[1]
    return [text]


def _divisions(text: str, lines: int, limit: float) -> Iterator[tuple[float, list[str]]]:
    """逐行試斷，返回（代價, 各行）；動態規劃，標題再怪也只有幾千步。"""
    penalty = _penalties(text)
    widths = [0.0]
    for character in text:
        widths.append(widths[-1] + width_in_characters(character))
    ideal = widths[-1] / lines
    paths: dict[int, tuple[float, list[int]]] = {0: (0.0, [0])}
    for number in range(1, lines + 1):
        ends = [len(text)] if number == lines else range(1, len(text))
        longer: dict[int, tuple[float, list[int]]] = {}
        for end in ends:
            options = [
                (cost + (widths[end] - widths[start] - ideal) ** 2 + penalty[end], [*path, end])
                for start, (cost, path) in paths.items()
                if start < end and widths[end] - widths[start] <= limit
            ]
            if options:
                longer[end] = min(options)
        paths = longer
    for cost, path in paths.values():
        yield cost, [text[a:b].strip() for a, b in pairwise(path)]


def _penalties(text: str) -> list[float]:
    """在每個字之前斷行有多難看：詞中間最差，句讀、機關名之後和「關於」之前最好。"""
    cost = [20.0] * (len(text) + 1)
    for at in range(1, len(text)):
        if text[at] in _NOT_FIRST or text[at - 1] in _NOT_LAST:
            cost[at] = 400.0
        elif text[at - 1] in _GOOD_LAST or text.startswith(_GOOD_FIRST, at):
            cost[at] = 0.0
    for pattern, worst in ((_WORD_PATTERN, 300.0), (_SOLID, 900.0)):
        for found in pattern.finditer(text):
            for at in range(found.start() + 1, found.end()):
                cost[at] = max(cost[at], worst)
    cost[-1] = 0.0
    return cost


# —— 西文長串 ——

_LONG_RUN = re.compile(r"[!-~]{30,}")
ZERO_WIDTH_SPACE = "\u200b"


def breakable(text: str) -> str:
    """超過一行的西文長串（網址、誤粘的編碼）裡加入可斷點，免得衝出版心。"""
    return _LONG_RUN.sub(lambda run: ZERO_WIDTH_SPACE.join(run.group()), text)
