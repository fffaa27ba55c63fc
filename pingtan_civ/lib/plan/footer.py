"""網頁帶來的雜質：推薦閱讀、鏈接列表、位置導航、頁碼；還有落款。

只是建議捨棄，每行附理由；真正捨不捨，由辦公室在預覽裏定。
"""

from collections.abc import Sequence

from pingtan_civ.lib.plan.numbering import ARABIC, CHINESE_PAREN, read_mark
from pingtan_civ.lib.plan.script import cue, fold

LINK_LIST = "網頁的推薦閱讀或鏈接列表，不是方案內容。"
WEB_LINE = "網頁的導航或發布信息，不是方案內容。"
PAGE_NUMBER = "頁碼。"
SIGNATURE = "落款（單位與日期），不是條款。"
ATTACHMENT = "附件目錄、附註或抄送，不是條款。"

_LIST_STARTS = cue(
    "[ \\d#*※>【\\[]{0,6}(?:推薦閱讀|相關閱讀|延伸閱讀|閱讀推薦|擴展閱讀|推薦文章|相關文章|相關新聞|相關鏈接|相關鏈結|相關資訊|相關信息|相關推薦|熱門文章|熱點推薦|熱門推薦|猜你喜歡|大家都在看|友情鏈接|網友評論|發表評論|最新評論|分享到|掃一掃|上一篇|下一篇|上一條|下一條|版權所有|網站地圖|網站聲明|免責聲明|備案號|[^,。]{0,12}icp備|copyright)"
)
_WEB_LINE = cue(
    "(?:當前位置|您(?:現在)?的位置|現在位置|所在位置|首頁 ?[>›»＞]"
    "|(?:發布時間|發布日期|發佈時間|來源|信息來源|文章來源|稿源|作者|瀏覽次數|瀏覽量|閱讀次數|點擊數|點擊量|點擊率|字號|字體|責任編輯|責編|編輯|訪問量) ?[::]"
    "|[【\\[]?(?:打印|關閉|收藏|返回頂部|打印本頁|關閉窗口|我要糾錯)[^。]{0,12}$"
    "|(?:https?://|www\\.)\\S+$|[\\[【(]?(?:大|中|小) ?[|/ ] ?(?:大|中|小))"
)
_PAGE_NUMBER = cue(
    "[-—–·. ]*(?:\\d{1,4}|第 ?\\d{1,4} ?頁(?: ?[,/]? ?共 ?\\d{1,4} ?頁)?|\\d{1,4} ?/ ?\\d{1,4})[-—–·. ]*$"
)
_DATE_ONLY = cue(
    "\\(?(?:\\d{4}|[〇○零一二三四五六七八九]{4}) ?年 ?[\\d一二三四五六七八九十]{1,3} ?月(?: ?[\\d一二三四五六七八九十]{1,3} ?日)?\\)?$"
)
_ORGANISATION = cue(
    "[^,。;:]{2,40}(?:局|府|辦|室|廳|部|委|委員會|組|院|中心|會|處|科|站|所)(?:\\([^)]{1,6}\\))?$"
)
_ATTACHMENT = cue(
    "(?:附件 ?\\d{0,2} ?[::]|附: ?|附表[::]|抄送 ?:|抄報 ?:|報送? ?:|\\(?此(?:頁|件)|\\(聯繫人|主題詞 ?:)"
)
_LINK_MARKS = "※►▶»›☞"
_PROSE = 60


def find_dropped(lines: Sequence[str]) -> dict[int, str]:
    """行的下標 → 建議捨棄的理由。"""
    folded = [fold(line).strip() for line in lines]
    dropped: dict[int, str] = {}
    in_list = False
    for index, line in enumerate(folded):
        if not line:
            continue
        if _LIST_STARTS.match(line.lower()) and len(line) < _PROSE:
            in_list = True
        elif in_list and _is_content(line):
            in_list = False
        reason = LINK_LIST if in_list else _reason(line)
        if reason:
            dropped[index] = reason
    dropped |= _trailing_links(folded, dropped)
    return dropped | _closing(folded, dropped)


def _is_content(line: str) -> bool:
    """鏈接列表之後又有正文：中文序號的標題，或成句的長段。"""
    mark = read_mark(line)
    return bool(mark and mark.rank <= CHINESE_PAREN) or (len(line) > _PROSE and line[-1:] in "。;")


def _reason(line: str) -> str | None:
    if len(line) < 100 and _WEB_LINE.match(line.lower()):
        return WEB_LINE
    return PAGE_NUMBER if _PAGE_NUMBER.match(line) else None


def _trailing_links(folded: Sequence[str], dropped: dict[int, str]) -> dict[int, str]:
    """文末以 ※ 等符號開頭、不成句的短行。"""
    found: dict[int, str] = {}
    for index in range(len(folded) - 1, -1, -1):
        line = folded[index]
        if not line or index in dropped:
            continue
        if line[0] not in _LINK_MARKS or line[-1] in "。;":
            break
        found[index] = LINK_LIST
    return found


def _is_listed(line: str) -> bool:
    """附件目錄的下一行：「2.考評細則」。"""
    mark = read_mark(line)
    return bool(mark and mark.rank == ARABIC and mark.number > 1 and line[-1] not in "。;")


def _closing(folded: Sequence[str], dropped: dict[int, str]) -> dict[int, str]:
    """正文之後的落款、附件目錄和抄送；其後還有正文（如通知後附方案）時，只捨這幾行。"""
    kept = [i for i, line in enumerate(folded) if line and i not in dropped]
    first = next((n for n, i in enumerate(kept) if read_mark(folded[i])), len(kept))
    found: dict[int, str] = {}
    for n in range(first + 1, len(kept)):
        line, before = folded[kept[n]], folded[kept[n - 1]]
        if _DATE_ONLY.match(line):
            found[kept[n]] = SIGNATURE
            if n - 1 > first and _ORGANISATION.match(before) and not read_mark(before):
                found[kept[n - 1]] = SIGNATURE
        elif len(line) < _PROSE and (
            _ATTACHMENT.match(line) or (found.get(kept[n - 1]) == ATTACHMENT and _is_listed(line))
        ):
            found[kept[n]] = ATTACHMENT
    return found
