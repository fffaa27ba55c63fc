"""GB/T 9704-2012《黨政機關公文格式》的數字。注釋裡是條款號；Word 與 PDF 都只從這裡取值。

長度單位：MM 為毫米，PT 為磅。「一字」是一個三號漢字連字距的寬，「一行」是一個行距（第 3 章）。
"""

from collections.abc import Iterable

from reports.rendering.text import width_in_characters

# 5.1、5.2 紙張與版心
PAGE_WIDTH_MM = 210.0
PAGE_HEIGHT_MM = 297.0
MARGIN_TOP_MM = 37.0  # 天頭
MARGIN_LEFT_MM = 28.0  # 訂口
MARGIN_BOTTOM_MM = 35.0  # 由版心高 225 毫米推得
MARGIN_RIGHT_MM = 26.0  # 由版心寬 156 毫米推得
TYPE_AREA_WIDTH_MM = PAGE_WIDTH_MM - MARGIN_LEFT_MM - MARGIN_RIGHT_MM
TYPE_AREA_HEIGHT_MM = PAGE_HEIGHT_MM - MARGIN_TOP_MM - MARGIN_BOTTOM_MM

# 5.2.2、5.2.3 字號與行數字數
PT_PER_MM = 72 / 25.4
TWIPS_PER_PT = 20
SIZE_2_PT = 22.0  # 二號
SIZE_3_PT = 16.0  # 三號
SIZE_4_PT = 14.0  # 四號
SIZE_SMALL_4_PT = 12.0  # 小四，表內文字
LINES_PER_PAGE = 22
CHARACTERS_PER_LINE = 28

# 22 行 × 29 磅 = 638 磅，比版心高 0.2 磅，會少一行；28.95 磅恰好。
LINE_PT = 28.95
GRID_LINE_PITCH_TWIPS = 579
# 28 個三號字寬 448 磅，版心寬 442.2 磅，末字之後不收，故每字至少收 5.8 ÷ 27 磅。
CHARACTER_SPACING_PT = -0.22
# Word 的字距以二十分之一磅計。-4 差 0.2 磅才排得下 28 字，全靠軟件寬容；-5 才確實排得下。
CHARACTER_SPACING_TWIPS = -5
CHARACTER_PT = SIZE_3_PT + CHARACTER_SPACING_PT

# 7.3.1 標題：二號小標宋，居中；行距按慣例 35 磅。7.3.2 主送機關空一行、頂格。
TITLE_LINE_PT = 35.0
TITLE_CHARACTERS_PER_LINE = 20  # 版心寬 442.2 磅 ÷ 22 磅
TITLE_MOST_LINES = 4
BLANK_LINES_AFTER_TITLE = 1

# 7.3.3 正文：每個自然段左空二字
INDENT_CHARACTERS = 2

# 7.3.4 附件說明：正文下空一行，左空二字
BLANK_LINES_BEFORE_ATTACHMENTS = 1

# 7.3.5.2 不加蓋印章：正文下空一行，署名右空二字，日期首字比署名首字右移二字
BLANK_LINES_BEFORE_SIGNATURE = 1
SIGNATURE_RIGHT_CHARACTERS = 2.0
DATE_SHIFT_CHARACTERS = 2.0

# 7.3.5.1 加蓋印章：日期右空四字，署名居中於日期之上；印章上距正文一行之內，下壓署名和日期
SEALED_DATE_RIGHT_CHARACTERS = 4.0
SEAL_DIAMETER_MM = 42.0  # 縣級機關圓章
BLANK_LINES_BEFORE_SEALED_SIGNATURE = 2
BLANK_LINES_AFTER_SEALED_DATE = 1  # 印章下緣在日期之下約一行，不壓到別的字

# 7.2.4 發文機關標志：紅色小標宋，居中，上邊緣距版心上邊緣 35 毫米；字號標准不定，不大於上級的
RED = "FF0000"
MARK_TOP_MM = 35.0
MARK_MOST_PT = 48.0
MARK_LEAST_PT = 22.0
# 7.2.5 發文字號在標志下空二行；7.2.6 上行文左空一字，簽發人右空一字
BLANK_LINES_BEFORE_NUMBER = 2
UPWARD_INSET_CHARACTERS = 1
# 7.2.7 字號之下 4 毫米一條與版心等寬的紅線；粗細標准不定，照習慣
RED_RULE_BELOW_MM = 4.0
RED_RULE_PT = 1.5
# 7.3.1 標題在紅線下空二行
BLANK_LINES_BEFORE_TITLE = 2
# 簡報的報頭標准不定：名稱距版心上邊緣 15 毫米，名稱、期號之下各空一行
BULLETIN_TOP_MM = 15.0
BULLETIN_MOST_PT = 52.0
BULLETIN_BLANK_LINES = 1

# 7.4 版記：首末兩條粗線、中間細線，與版心等寬，末條與版心下邊緣重合；四號仿宋，左右各空一字
IMPRINT_THICK_MM = 0.35
IMPRINT_THIN_MM = 0.25
IMPRINT_INSET_CHARACTERS = 1
IMPRINT_LINE_PT = 24.0

# 腳註：標准不定，五號字
FOOTNOTE_PT = 10.5
FOOTNOTE_LINE_PT = 15.0

# 7.3.7 附件：「附件」頂格，標題在版心第三行
BLANK_LINES_AFTER_ANNEX_MARK = 1

# 7.5 頁碼：四號半角宋體，一字線上距版心下邊緣 7 毫米，單頁居右空一字，雙頁居左空一字
PAGE_NUMBER_BELOW_TYPE_AREA_MM = 7.0
PAGE_NUMBER_INDENT_CHARACTERS = 1
# 一字線在行的正中：自紙邊算起，頁腳底邊 = 35 − 7 − 半行（7 磅，約 2.5 毫米）≈ 25 毫米
FOOTER_DISTANCE_MM = 25.0
FOOTER_DESCENT_PT = PAGE_NUMBER_BELOW_TYPE_AREA_MM * PT_PER_MM - SIZE_4_PT / 2

# 表格與照片：標準只要求隨文，字號行距按機關習慣
TABLE_LINE_PT = 18.0
TABLE_CELL_INSET_PT = 3.0
TABLE_RULE_PT = 0.5
# 一頁排得下兩張帶說明的照片：每張九行，說明一行，空一行
PICTURE_MAX_HEIGHT_PT = 9 * LINE_PT
SOURCE_LINE_PT = 22.0
# 一行表格不超過這麼多行字，就不跨頁斷開
UNBROKEN_ROW_LINES = 12

# 沒有粗體字體時，以描邊代黑
STROKE_PT = 0.35


def signature_positions(name_width: float, date_width: float) -> tuple[float, float]:
    """署名右空幾字、成文日期左空幾字（7.3.5.2，不加蓋印章）。

    署名右空二字，日期首字比署名首字右移二字；日期比署名長時改為日期右空二字，署名的右空相應增加。
    日期從左邊量，是因為數字的寬窄隨字體而異，漢字不會。
    """
    if not name_width:
        return 0.0, max(CHARACTERS_PER_LINE - SIGNATURE_RIGHT_CHARACTERS - date_width, 0.0)
    name_right = SIGNATURE_RIGHT_CHARACTERS
    if date_width > name_width:
        name_right += date_width + DATE_SHIFT_CHARACTERS - name_width
    date_left = CHARACTERS_PER_LINE - name_right - name_width + DATE_SHIFT_CHARACTERS
    return name_right, max(date_left, 0.0)


def sealed_positions(name_width: float, date_width: float) -> tuple[float, float]:
    """署名右空幾字、成文日期左空幾字（7.3.5.1，加蓋印章）：日期右空四字，署名以日期為準居中。"""
    date_left = max(CHARACTERS_PER_LINE - SEALED_DATE_RIGHT_CHARACTERS - date_width, 0.0)
    name_right = SEALED_DATE_RIGHT_CHARACTERS + (date_width - name_width) / 2
    return max(name_right, 0.0), date_left


def mark_size(text: str, most: float = MARK_MOST_PT) -> float:
    """發文機關標志的字號：一行排得下為止，最大 most。"""
    width = max(width_in_characters(text), 1)
    fitting = TYPE_AREA_WIDTH_MM * PT_PER_MM / width
    return max(min(most, int(fitting * 2) / 2), MARK_LEAST_PT)


def rule_space_pt() -> float:
    """紅線距字號那一行的行底多遠：4 毫米從字的下緣量，字的下緣距行底還有半個行空。"""
    return RED_RULE_BELOW_MM * PT_PER_MM - (LINE_PT - SIZE_3_PT) / 2


def date_right(date_left: float, date_width: float) -> float:
    """Word 裏成文日期從右邊量的空字數：靠右排，左邊全讓出來，換成寬數字的字體也不會折成兩行。"""
    widest = 2 * date_width
    return max(min(CHARACTERS_PER_LINE - date_left - date_width, CHARACTERS_PER_LINE - widest), 0)


def fit_widths(widths_mm: tuple[float, ...]) -> tuple[float, ...]:
    """各欄寬度相加超過版心時，按比例縮到版心寬。"""
    total = sum(widths_mm)
    scale = min(1.0, TYPE_AREA_WIDTH_MM / total)
    return tuple(width * scale for width in widths_mm)


def fit_picture(width_px: int, height_px: int) -> tuple[float, float]:
    """照片印多大（磅）：不寬於版心，不高於九行，比例不變。"""
    scale = min(TYPE_AREA_WIDTH_MM * PT_PER_MM / width_px, PICTURE_MAX_HEIGHT_PT / height_px)
    return width_px * scale, height_px * scale


def row_may_break(cell_widths: Iterable[tuple[str, float]]) -> bool:
    """這一行表格是否高到非跨頁不可；一般的行整行挪到下一頁。參數為各格的文字與欄寬（毫米）。"""
    return any(lines_in_cell(text, width) > UNBROKEN_ROW_LINES for text, width in cell_widths)


def lines_in_cell(text: str, width_mm: float) -> int:
    per_line = max(int(width_mm * PT_PER_MM / SIZE_SMALL_4_PT) - 1, 1)
    return sum(1 + int(width_in_characters(part) // per_line) for part in text.split("\n"))
