"""包裏各處共用的固定說法。是文件的內容而不是界面文字，所以不翻譯，隨包的繁簡一起轉。"""

from datetime import date

from evidence.packing.material import Folder, Pack
from pingtan_civ.lib.dates import long_date

CONTENTS, GAPS, MANIFEST, EXPLANATION = "目錄", "缺項清單", "校驗", "說明"
NOTHING = "暫無採用的佐證材料。"


def title_of(pack: Pack) -> str:
    return pack.campaign + pack.says("迎檢資料")


def summary_of(pack: Pack, day: date) -> str:
    """開頭的一段：範圍、份數、截至哪一天。"""
    pieces, folders = list(pack.pieces()), list(pack.folders())
    scope = f"（{pack.limits}）" if pack.limits else ""
    lacking = len(pack.lacking)
    text = (
        f"本資料收錄{pack.period}審核採用的佐證材料{scope}，共{len(folders)}項指標、"
        f"{len(pieces)}份材料，截至{long_date(day)}。"
    )
    return pack.says(text + (f"其中{lacking}項指標材料不齊，見缺項清單。" if lacking else ""))


def lacks(pack: Pack, folder: Folder) -> list[str]:
    """這項指標缺什麼，一句一條；齊了的也可能有不合要求而沒放進來的。"""
    sentences = [want.sentence for want in folder.wants if want.missing]
    if folder.is_lacking and not sentences:
        sentences.append(pack.says("一份材料也沒有。"))
    for out in folder.refused:
        head = pack.says(f"「{out.title}」（{out.unit}，{out.period}）")
        sentences.append(head + pack.says("不合要求，沒有放入：") + out.why)
    return sentences


def stand_of(pack: Pack, folder: Folder) -> str:
    """指標旁邊的兩三個字。"""
    if folder.is_lacking:
        return pack.says("材料不齊" if folder.pieces else "沒有材料")
    if folder.is_nil and not folder.pieces:
        return pack.says("零報告")
    return pack.says("齊全" if folder.wants else "有材料")
