"""把一段話切成款。

句號、分號必切（引號、括號、書名號裏不切）；逗號只在意思允許時切：前半句獨立成意、後半句
另起一事，才算兩款。規則是公文的語言習慣，不是某一份文件的句子：

- 狀語（根據…，圍繞…，從…入手，6月底前，…的基礎上）歸後一句；
- 短的結果（使…，確保…，營造…氛圍）和短的並列（≤6 字、同類）歸前一句；
- 關聯詞（又、並、而且）歸前一句，「既要…，又要…」成對；
- 否定的範圍（力避…，做…）不切斷；
- 「無…」各自成款，頓號相連也切（A、無B、無C），因為每一個都可能單獨一票否決；
- 「一是…二是…」各自成款。

與人手所分的出入見 docs/plan-parsing.md。
"""

from dataclasses import dataclass
from itertools import pairwise

from pingtan_civ.lib.plan.script import cue, fold

_OPEN = dict(zip("「『“‘《〈(〔【[{", "」』”’》〉)〕】]}", strict=True))
_CLOSE = set(_OPEN.values())
_HARD = set("。;!?…")
_MAX_SEPARATOR = 4
_SHORT, _PHRASE, _RESULT, _FAR_RESULT = 6, 4, 10, 14
_SCOPE = 12  # 使、做到管得到的截數；也免得極長的一句變成平方的工夫

_ADVERBS = cue(
    "(?:要|須|應當|應該|應|必須|還|也|同時|積極|不斷|大力|認真|切實|深入|充分|努力|全面|廣泛|精心|紮實|緊緊|高度|著力|堅決|嚴格|主動|有效|及時|綜合|統籌|牢牢|始終|持續|穩步|加快|更好地?|更加)*"
)
_STATE = cue(
    "(?:健全|完善|有力|紮實|領先|顯著|深入|良好|濃厚|先進|活躍|齊全|整潔|衛生|好|高|強|大|多|快|少|優|突出|穩定|團結|落實|明確|完成|達標|堅定|到位|規範|經常|清楚|齊備|完備|合理|有序|暢通|和諧|優美|多樣|滿意|順|豐富)$"
)
_CITED_BASIS = cue(
    "(?:根據|按照|依據|遵照|依照|為貫徹|為落實|為深入貫徹|為全面貫徹|為認真貫徹).*(?:》|〉|精神|文件|通知|要求|規定|部署|意見|辦法|方案|綱要)(?:精神|要求|規定|部署)?$"
)
_MEANS = cue(
    "(?:根據|按照|依據|遵照|依照|針對|通過|借助|依托|本著|鑒於|隨著|對照|參照|經過|經(?!常|濟|驗|費|營|辦)|為了|為(?:進一步|切實|全面|深入|推動|推進|加強|貫徹|確保|加快|做好|充分|不斷|更好|扎實|提高|提升|落實|促進|規範|鞏固))"
)
_PURPOSE = cue("為(?:了|進一步|切實|全面|深入|規範|加強|推動|推進|做好)")
_AROUND = cue("(?:圍繞|結合|立足|著眼|利用|運用|貼近|順應|聚焦)")
_OWN_ACTION = cue("(?:開展|舉辦|召開|制定|組織|建立|設立|出台|印發)")
_ATTITUDE = cue("(?:重視|注重|堅持|熱心|牢記|把握|抓住|秉承|堅守|樹牢)")
_MANNER = cue("(?:突出|強化|遵循).*(?:特色|重點|導向|實際|優勢|原則)$")
_DOCUMENT = cue(
    "(?:貫徹|落實|學習|執行|宣傳|實施)(?:貫徹|落實|學習|執行|宣傳|實施)*《[^》]*》(?:精神|要求|規定)?$"
)
_FRAMED = cue(
    "(?:從|由|以).*(?:入手|出發|做起|抓起|著手|為契機|為抓手|為載體|為切入點)$"
    "|(?:在|於).*(?:下|中|上|前|後|時|際|期間|方面|同時)$"
    "|(?:對|對於|凡|凡是|屬於|屬).*(?:的|者)$"
    "|(?:到|至|截至|截止).*(?:前|底|末|日|月|年)$"
    "|.*(?:以來|之際|以後|之後|之前|期間|的同時|過程中|基礎上|前提下|情況下|帶領下|領導下|指導下)$"
    "|.*[^及按定准同平小隨屆臨當]時$|.*的$"
    "|.{2,20}(?:牽頭|配合|協助)$"
)
_TIME = cue(
    "(?:每(?:個|一)?(?:年|季度|季|月|半年|週|周|天|日)|今年|明年|全年|常年|年底|年內|年初|(?:上|下)半年|(?:本|當|每)月底?|第?[一二三四1-4]季度|平時|近期|目前|當前|(?:\\d{4}年)?(?:\\d{1,2}月)?(?:(?:上|中|下)旬|\\d{1,2}日)?(?:底|末|初)?)(?:之?前|以前|前後|底前|內|末|底|起|開始)?$"
)
_CONNECTIVE = cue(
    "(?:同時|其中|此外|另外|首先|其次|再次|最後|為此|據此|一方面|另一方面|總之|因此|原則上|具體而言|即)$"
)
_CONDITION = cue(
    "(?:如果|如(?!期|實|數|下|何)|若(?!干)|凡|只有|只要|一旦|雖然|儘管|不僅|不但|不光|無論|不論|因為|由於|因(?!地|勢|材|人|時|此|素)|既|除(?!險|雜|塵|草|惡|害|舊|夕|四)|與其|寧可)"
)
_BODIES = cue(
    "(?:各|全[縣區市局系]|有關|相關|所有|本|牽頭|責任|配合|縣|市|區|局|廣大|窗口|機關)[^,]{0,20}(?:單位|部門|科室|鄉鎮|街道|機關|人員|同志|同誌|負責人|幹部|職工)$"
)
_SUBJECT_VERB = cue(
    "(?:是|為|要|由|向|對|把|將|成立|負責|組織|建立|表彰|通報|創建|爭創|評選|培訓|獎勵|服務|督促)"
)
_CONTINUES = cue(
    "(?:又|也要|也能|也|還要|而且|並且|並|且|則|就(?!業|近|地|醫|餐|學|讀|診)|才(?!藝|幹|能展)|從而|進而|以便|以利|以此|而要|而不|而是|更要|尤其是|特別是|包括|但|不得以|方可|方能|予以|給予|由此|共同)"
)
_RESULTS = cue(
    "(?:使|讓|令|確保|帶動|促使|呈現|營造|形成|提高|提升|促進|推動|增強|擴大|激發|創造|樹立|展示|展現|發揮|實現|取得|達到|打造|塑造|維護|力爭|爭取|杜絕|防止|避免|減少|降低)"
)
_CAUSES = cue("(?:使|讓|令|做到|達到|力求|確保|務必|爭取)")
_FORBIDS = cue(".*(?:力避|避免|力戒|切忌|防止|杜絕|嚴禁|禁止|不得|不准|不搞|嚴防)")
_NEXT_IS_FREE = cue("(?:要|應|確保|注重|堅持|做到|建立|實行|加強|落實)")
_WITHOUT = cue(
    "(?:無|未發生|未出現|未|沒有|不發生|不出現|不存在|零)(?!論|限|私|償|縫|障礙|線|微不至|形|疑|愧|煙|紙|害|故|業|主)[^,、]{2,}"
)
_NOT_WITHOUT = cue("(?:未成年|未來|未婚|未保|無人|無私|無償|無障礙|零距離|零報告|零售|零星|零散)")
_PAIRS = cue("(?:既|不僅|不但|不光|一方面|一手)")
_CONDITION_END = ("的", "者", "前", "时", "后")
_ENUMERATED = cue(
    "(?:[一二三四五六七八九十]{1,2}(?:是|要|抓|看|查|靠)|第[一二三四五六七八九十]{1,2}$|其[一二三四五六]$|[①-⑳⑴-⒇]|\\(\\d{1,2}\\)|\\([一二三四五六七八九十]{1,2}\\))"
)
_OPEN_FRAME = cue("(?:與|同|把|將)")
_FRAME_CLOSED = {
    "与": cue("(?:結合|相|一致|同步|統一|掛鉤|銜接|接軌|融合|聯繫|互動|合作|配合|一起|溝通|並重|簽訂|脫鉤|起來)"),
    "把": cue("(?:到|入|為|作|成|好|在|給|起來|進|出|抓|擺|放|貫穿|落|解決|滲透|結合|轉化|列|當)"),
}  # fmt: skip
_FRAME_CLOSED["同"], _FRAME_CLOSED["将"] = _FRAME_CLOSED["与"], _FRAME_CLOSED["把"]


@dataclass(frozen=True)
class Piece:
    """切出的一款：在段落中的起訖（不含標點）和其後的標點。"""

    start: int
    end: int
    separator: str


@dataclass(frozen=True)
class _Segment:
    """兩個標點之間的一截。words 是摺疊後的文字，core 去掉了開頭的副詞和情態詞。"""

    start: int
    end: int
    stop: int
    hard: bool
    words: str
    core: str

    @property
    def size(self) -> int:
        return len(self.words)

    @property
    def is_state(self) -> bool:
        """主謂的狀態（制度健全、成績顯著），與動賓的行動（加強領導）相對。"""
        return bool(_STATE.search(self.words))


def split(paragraph: str, *, is_basis: bool = False) -> list[Piece]:
    """切一段。各款加標點順次相接，除首尾空白外就是原段。"""
    folded = fold(paragraph)
    pieces: list[Piece] = []
    sentence: list[_Segment] = []
    for segment in _segments(folded):
        sentence.append(segment)
        if segment.hard:
            pieces += _pieces(paragraph, sentence, is_basis)
            sentence = []
    return _without_empty(pieces + _pieces(paragraph, sentence, is_basis))


def _without_empty(pieces: list[Piece]) -> list[Piece]:
    """只有標點的一截併入前一款；在最前的，併入後一款。"""
    found: list[Piece] = []
    for piece in pieces:
        if found and piece.start == piece.end:
            found[-1] = Piece(found[-1].start, piece.end, piece.separator)
        elif len(found) == 1 and found[0].start == found[0].end:
            found[0] = Piece(found[0].start, piece.end, piece.separator)
        else:
            found.append(piece)
    if len(found) == 1 and found[0].start == found[0].end:
        only = found[0]
        return [Piece(only.start, only.end + len(only.separator), "")] if only.separator else []
    return found


def sentence_end(text: str) -> int:
    """第一個句號、分號的位置（括號和引號之內不算）；沒有則為 -1。"""
    folded = fold(text)
    inside = _inside(folded)
    return next((i for i, c in enumerate(folded) if c in _HARD and not inside[i]), -1)


def _inside(folded: str) -> list[bool]:
    """每個位置是否在成對的括號或引號之內；不成對的不算，免得一個漏掉的括號吞掉整段。"""
    depth = [0] * (len(folded) + 1)
    stack: list[tuple[str, int]] = []
    for position, char in enumerate(folded):
        if char in _OPEN and len(stack) < 20:
            stack.append((_OPEN[char], position))
        elif char in _CLOSE and any(close == char for close, _ in stack):
            while stack:
                close, start = stack.pop()
                if close == char:
                    depth[start] += 1
                    depth[position] -= 1
                    break
    level, result = 0, []
    for change in depth[: len(folded)]:
        level += change
        result.append(level > 0)
    return result


def _segments(folded: str) -> list[_Segment]:
    """按標點分截；連用的標點算一個，句末的右引號跟着前一截走。"""
    inside = _inside(folded)
    found: list[_Segment] = []
    start = position = 0
    while position < len(folded):
        if inside[position] or not _is_stop(folded, position):
            position += 1
            continue
        stop = position
        while (
            stop < len(folded)
            and not inside[stop]
            and (_is_stop(folded, stop) or folded[stop] == " ")
        ):
            stop += 1
        found.append(_segment(folded, start, position, stop))
        start = position = stop
    if start < len(folded):
        found.append(_segment(folded, start, len(folded), len(folded)))
    return found


def _is_stop(folded: str, position: int) -> bool:
    char = folded[position]
    if char == ",":  # 1,000 的逗號是數字的一部分
        around = folded[max(position - 1, 0) : position] + folded[position + 1 : position + 2]
        return not (len(around) == 2 and around.isdigit())
    return char in _HARD


def _segment(folded: str, start: int, end: int, stop: int) -> _Segment:
    words = folded[start:end].strip()
    skipped = _ADVERBS.match(words)
    core = words[skipped.end() :] if skipped else words
    hard = any(char in _HARD for char in folded[end:stop])
    return _Segment(start, end, stop, hard, words, core)


def _pieces(paragraph: str, sentence: list[_Segment], is_basis: bool) -> list[Piece]:
    """一句之內：決定每個逗號切不切，再切頓號相連的「無…」。"""
    result: list[Piece] = []
    first = 0
    for index in range(len(sentence)):
        last = index == len(sentence) - 1
        if last or _breaks(sentence, first, index, is_basis):
            result += _split_without(paragraph, sentence[first : index + 1])
            first = index + 1
    return result


def _breaks(sentence: list[_Segment], first: int, index: int, is_basis: bool) -> bool:
    """第 index 截之後的逗號是否切開；first 是這一款的起點。"""
    here, after = sentence[index], sentence[index + 1]
    rest = sentence[index + 2 : index + 4]
    if not here.words or not after.words:
        return False
    if _ENUMERATED.match(after.words) or is_without(after.words):
        return not _CONNECTIVE.match(here.words)
    if _leads(here, is_basis):
        return is_basis and bool(_CITED_BASIS.match(here.words))
    if _PAIRS.match(after.words):
        return True
    if index == first + 1 and _PURPOSE.match(sentence[first].words) and _RESULTS.match(here.core):
        return False  # 「為規範服務，提升水平，制定本方案」：目的有兩截
    near = max(first + 1, index - _SCOPE)
    return not _follows([sentence[first], *sentence[near : index + 1]], after, rest)


def is_without(words: str) -> bool:
    """「無…」「未發生…」：出現即可能一票否決的一款。"""
    folded = fold(words)
    if folded.endswith(_CONDITION_END):  # 「未完成任務的，…」是條件，不是要求
        return False
    return bool(_WITHOUT.match(folded)) and not _NOT_WITHOUT.match(folded)


def _leads(segment: _Segment, is_basis: bool) -> bool:
    """是狀語或半句話，意思要等下一截才完整。"""
    words, core = segment.words, segment.core
    if segment.size <= 2 or _CONNECTIVE.match(words) or _TIME.match(words):
        return True
    if _FRAMED.match(words) or _FRAMED.match(core) or _CONDITION.match(words):
        return True
    if _MEANS.match(core) or _DOCUMENT.match(core) or (is_basis and _CITED_BASIS.match(words)):
        return True
    if _AROUND.match(core):
        return not _OWN_ACTION.search(core) and not _is_anaphora(core)
    if _ATTITUDE.match(core):
        return segment.size <= 8
    if _MANNER.match(core):
        return segment.size <= _RESULT
    return _is_open_frame(core) or bool(_BODIES.match(words) and not _SUBJECT_VERB.search(words))


def _is_anaphora(words: str) -> bool:
    """「比文明、比奉獻、比滿意」：同字起頭的並列自成謂語。"""
    parts = words.split("、")
    return any(a[:1] == b[:1] and len(b) <= _PHRASE for a, b in pairwise(parts[1:]) if a)


def _is_open_frame(words: str) -> bool:
    """「與…」「把…」還沒有等到自己的動詞。"""
    if not _OPEN_FRAME.match(words):
        return False
    return not _FRAME_CLOSED[words[0]].search(words, 1)


def _follows(clause: list[_Segment], after: _Segment, rest: list[_Segment]) -> bool:
    """after 是否接着這一款說下去（結果、並列、關聯、否定的範圍）。"""
    here = clause[-1]
    if _CONTINUES.match(after.words) and after.size <= 24:
        return True
    if len(clause) >= 2 and not rest and _is_short_pair(clause[-2], here):
        return True
    if _FORBIDS.match(here.words) and after.size <= _SHORT and not _NEXT_IS_FREE.match(after.words):
        return True
    if any(_CAUSES.match(s.core) for s in clause) and after.size <= _PHRASE:
        return True
    if _starts_run_of_states(here, after, rest):
        return False
    return _is_short_parallel(here, after) or _is_result(clause, after, rest)


def _is_short_pair(first: _Segment, second: _Segment) -> bool:
    """「既要儘力而為，又要量力而行，…」：短的一對說的是怎麼做，主句在後面。"""
    pair = _PAIRS.match(first.words) and _CONTINUES.match(second.words)
    return bool(pair) and max(first.size, second.size) <= 8


def _starts_run_of_states(here: _Segment, after: _Segment, rest: list[_Segment]) -> bool:
    """「…制度落實，內部團結，隊伍穩定，風正氣順」：三個以上短狀態另成一款。"""
    run = [after, *rest[:2]]
    all_short = len(run) == 3 and all(segment.size <= _PHRASE for segment in run)
    return all_short and after.is_state and here.is_state and here.size > _SHORT


def _is_short_parallel(here: _Segment, after: _Segment) -> bool:
    if after.size <= _PHRASE:
        return True
    if here.size <= _PHRASE and after.is_state and after.size <= 8:
        return True
    return after.size <= _SHORT and after.is_state == here.is_state


def _is_result(clause: list[_Segment], after: _Segment, rest: list[_Segment]) -> bool:
    """短的結果歸前；長的、或自己又引出結果的，另成一款。"""
    if not _RESULTS.match(after.core):
        return False
    if after.size <= _SHORT:
        return True
    by_means = bool(_MEANS.match(clause[0].core))
    if after.size > (_FAR_RESULT if by_means else _RESULT):
        return False
    return not (rest and _RESULTS.match(rest[0].core))


def _split_without(paragraph: str, run: list[_Segment]) -> list[Piece]:
    """一款之內，頓號相連的「無A、無B」再切開。"""
    start, end, stop = run[0].start, run[-1].end, run[-1].stop
    words = fold(paragraph[start:end])
    if "、" not in words:
        return [_piece(paragraph, start, end, stop)]
    inside, first = _inside(words), words.find("无")
    cuts = [
        i
        for i, char in enumerate(words)
        if char == "、" and not inside[i] and 0 <= first < i and is_without(words[i + 1 : i + 30])
    ]
    result = []
    for cut in cuts:
        result.append(_piece(paragraph, start, run[0].start + cut, run[0].start + cut + 1))
        start = run[0].start + cut + 1
    return [*result, _piece(paragraph, start, end, stop)]


def _piece(paragraph: str, start: int, end: int, stop: int) -> Piece:
    separator = paragraph[end:stop].strip()
    while start < end and paragraph[start].isspace():
        start += 1
    if len(separator) > _MAX_SEPARATOR:  # 一長串省略號：多出的留在正文裏
        separator = separator[-_MAX_SEPARATOR:]
        end = stop - (len(paragraph[end:stop]) - len(paragraph[end:stop].rstrip())) - _MAX_SEPARATOR
    while end > start and paragraph[end - 1].isspace():
        end -= 1
    return Piece(start, end, separator)
