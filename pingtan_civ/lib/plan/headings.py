"""標題：一節講的是什麼；一條的第一句是不是標題；文件的題名是哪一行。"""

from collections.abc import Sequence
from dataclasses import dataclass

from pingtan_civ.lib.plan.clauses import sentence_end
from pingtan_civ.lib.plan.script import cue, fold
from pingtan_civ.lib.plan.types import Kind

_KIND_WORDS = (
    (Kind.ORGANISATION, cue("組織領導|組織保障|保障措施|保障機制|工作保障|工作要求|有關要求|幾點要求|具體要求|加強領導|組織實施|組織機構|領導機構|督導考核|考核獎懲|監督檢查|檢查考核|考核評價|考核辦法|強化保障|制度保障")),
    (Kind.PRINCIPLE, cue("指導思想|總體要求|總體思路|基本思路|工作思路|基本原則|工作原則|指導原則|創建原則|原則|提高認識|統一思想|思想認識|重要意義|重大意義|目的意義|目的和意義|主題|總則|認識")),
    (Kind.BASIS, cue("編制依據|創建依據|政策依據|依據|基本情況|工作背景|背景")),
    (Kind.OBJECTIVE, cue("目標")),
    (Kind.TASK, cue("任務|措施|步驟|方法|內容|工作重點|重點工作|重點項目|實施|工作安排|主要工作|工作舉措|重點舉措|舉措|進度安排|時間安排|階段")),
)  # fmt: skip
_BARE = cue(
    "(?:指導思想|總體要求|總體思路|基本原則|工作原則|提高認識|工作目標|總體目標|創建目標|目標任務|主要目標|主要任務|重點任務|工作任務|工作內容|創建內容|主要內容|主要措施|工作措施|重點工作|工作重點|實施步驟|方法步驟|工作步驟|組織領導|保障措施|組織保障|工作要求|有關要求|加強組織領導|考核獎懲)[::]?$"
)
_NOT_HEADING = cue(
    "(?:要|須|必須|應|各|由|對|凡|每|到|在|從|我局|全局)|.*(?:成立.*(?:小組|機構|委員會|辦公室)|實行|以下|如下|下列|為組長|任組長|負責|必須|應當|以來|根據|\\d|《|:|、$)"
)
_ACTION = cue(
    "(?:加強|加大|加快|強化|完善|健全|建立|推進|推動|深化|落實|提高|提升|優化|改進|規範|創新|豐富|抓好|抓實|開展|營造|樹立|塑造|打造|嚴格|明確|堅持|突出|注重|著眼|圍繞|體現|統籌|履行|培育|弘揚|建設|改善|夯實|嚴肅|做好|做優|做實|增強|擴大|拓展|嚴守|選樹|宣傳|保障|壓實|鞏固|整治|暢通|美化|動員|深入|廣泛|積極|切實|大力|扎實|全面|狠抓|細化)"
)
_NOUN = cue(
    "(?:領導|機制|保障|建設|管理|服務|宣傳|監督|考核|教育|環境|原則|目標|要求|責任|制度|形象|行風|作風|活動|階段|氛圍|結合|認識|總結|檢查|動員|實施|督導|創建|引導|提升|增強|提高|改善|優化|完善|濃厚|落實|到位|規範|突出|活躍|健全|先進|良好|顯著|紮實|改進|推進|帶動|不懈|爭優|大局|業績|有力|原則|隊伍|素質|能力|水平|成效|設施|培訓|獎懲)$"
)
_NOTE = cue("\\([^()]{1,16}\\)$")  # 「制定方案（3月底前）」的括註不影響是不是標題
_TITLE_END = cue(
    '(?:方案|通知|意見|計劃|彙報|匯報|報告|辦法|規劃|要點|細則|總結|安排|措施|決定|綱要|分解表|責任書|規定|制度|標準)[)》」』"”]*(?:\\([^)]{1,12}\\))?$'
)
_ORGANISATION = cue("[^,。;:]{2,40}(?:局|府|辦|室|廳|部|委|委員會|組|院|中心|會)$")
_SALUTATION_LIMIT, _HEADER_LIMIT, _HEADING_LIMIT = 80, 60, 24


@dataclass(frozen=True)
class Headed:
    """分成標題、其後的標點和正文的一行。"""

    heading: str | None
    separator: str
    body: str


def kind_of(heading: str | None) -> Kind:
    """看標題裏最先出現的關鍵詞；沒有的，動賓（加強理論學習）是任務，其餘是其他。"""
    folded = fold(heading or "")
    found = [
        (match.start(), order, kind)
        for order, (kind, pattern) in enumerate(_KIND_WORDS)
        if (match := pattern.search(folded))
    ]
    if found:
        return min(found)[2]
    return Kind.TASK if _ACTION.match(folded) else Kind.OTHER


def is_bare_heading(text: str) -> bool:
    """沒有序號、獨佔一行的標題，如「工作目標」。"""
    return len(text) <= 12 and bool(_BARE.match(fold(text)))


def is_heading(text: str, *, loose: bool = False) -> bool:
    """短句像不像標題：對稱的兩半、動賓或名詞短語。loose 用於多數兄弟都有標題的時候。"""
    folded = _NOTE.sub("", fold(text).strip())
    if not 2 <= len(folded) <= _HEADING_LIMIT or _NOT_HEADING.match(folded):
        return False
    if loose:
        return len(folded) <= 20
    parts = [part.strip() for part in folded.replace(" ", ",").split(",")]
    if len(parts) > 1:
        return len({len(part) for part in parts}) == 1 and len(parts) <= 4
    if len(folded) == 4:
        return True
    return len(folded) <= 14 and bool(_ACTION.match(folded) or _NOUN.search(folded))


def split_heading(text: str, *, loose: bool = False) -> Headed:
    """「圍繞中心,服務大局。緊緊…」→ 標題、句號、正文；不像標題的，全是正文。"""
    for cut, width in _cuts(text):
        heading, body = text[:cut].rstrip(), text[cut + width :].strip()
        if body and is_heading(heading, loose=loose):
            return Headed(heading, text[cut : cut + width].strip() or "　", body)
    return Headed(None, "", text)


def _cuts(text: str) -> list[tuple[int, int]]:
    """標題可能的結尾：句號、冒號、全角空格（或兩個以上空格）。"""
    head = fold(text[: _HEADING_LIMIT + 2])
    end = sentence_end(text[: _HEADING_LIMIT + 2])
    found = [(end, 1)] if end >= 0 and head[end] in "。;" else []
    colon = head.find(":")
    if 0 < colon <= 16:
        found.append((colon, 1))
    gap = max(text[:20].find("　"), text[:20].find("  "))
    if gap > 1:
        found.append((gap, 1))
    return sorted(found)


def section_heading(text: str) -> Headed:
    """節的標題；標題之後同一行還有正文的，分開。"""
    end = sentence_end(text)
    stripped = text.rstrip("。：:；; 　")
    if (end == -1 or end >= len(stripped)) and len(stripped) <= 40:
        split_at_colon = split_heading(text)
        if split_at_colon.heading and split_at_colon.separator in "：:":
            return split_at_colon
        return Headed(stripped, text[len(stripped) :].strip(), "")
    headed = split_heading(text)
    return headed if headed.heading else split_heading(text, loose=True)


@dataclass(frozen=True)
class Opening:
    """正文之前的幾行：題名，以及它們佔了多少行。"""

    title: str
    size: int


def read_opening(lines: Sequence[str]) -> Opening:
    """題名是以「方案」「通知」「彙報」等收尾的一行；沒有就取最後一個短行。"""
    size = 0
    while size < len(lines) and _is_header(lines[size]):
        size += 1
    header = lines[:size]
    titled = next((i for i, text in enumerate(header) if _TITLE_END.search(fold(text))), None)
    if titled is None:
        plain = [i for i, text in enumerate(header) if fold(text)[-1:] != ":"]
        titled = plain[-1] if plain else None
    if titled is None:
        return Opening("", size)
    title = header[titled]
    if titled and _is_wrapped(header[titled - 1], title):
        title = header[titled - 1] + title
    return Opening(title, size)


def _is_header(text: str) -> bool:
    folded = fold(text)
    if folded.endswith(":"):
        return len(text) <= _SALUTATION_LIMIT
    return len(text) <= _HEADER_LIMIT and "。" not in folded and folded[-1:] not in (";", ",", "、")


def _is_wrapped(before: str, title: str) -> bool:
    """題名排成兩行：上一行是單位名稱或「關於…」。"""
    folded = fold(before)
    if fold(title).startswith(fold("的")) or len(title) <= 6:
        return True
    if folded.startswith(fold("關於")) and not _TITLE_END.search(folded):
        return True
    return bool(_ORGANISATION.match(folded)) and fold(title).startswith(fold("關於"))
