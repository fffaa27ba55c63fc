"""讀任務分解表：列按表頭認，合併的格往下填，每一格記得自己的地址。"""

import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from types import MappingProxyType
from typing import Any
from xml.etree.ElementTree import ParseError
from zipfile import BadZipFile, ZipFile

from defusedxml import DefusedXmlException
from openpyxl import load_workbook
from openpyxl.utils import get_column_letter
from openpyxl.utils.cell import range_boundaries
from openpyxl.utils.exceptions import InvalidFileException

from pingtan_civ.lib.plan.numbering import chinese_numeral, read_mark
from pingtan_civ.lib.plan.package import (
    UnreadablePlan,
    check_parts,
    check_upload,
    damaged,
    open_package,
    read_xml,
)
from pingtan_civ.lib.plan.proposals import lead_first, read_cycle, resolve_due, split_names
from pingtan_civ.lib.plan.script import cue, fold
from pingtan_civ.lib.plan.types import Problem, Proposals

MAX_ROWS = 5_000
MAX_COLUMNS = 60
MAX_MERGED_CELLS = 200_000
_HEADING_ROWS = 20
_MAX_CELL = 20_000

# 次序有講究：先長後短，「責任領導」要在「責任」之前認。
_COLUMNS = (
    ("number", cue("序號|編號|號")),
    ("objective", cue("(?:創建|工作|總體|主要|年度)?目標(?:任務)?|一級指標|測評項目|類別|項目類別")),
    ("leader", cue("(?:責任|分管|牽頭|掛鉤|主管|包抓)領導")),
    ("lead", cue("(?:牽頭|主辦|主責|承辦)(?:責任)?(?:單位|科室|部門|股室)")),
    ("supporting", cue("(?:配合|協辦|協同|協助|參與|參加)(?:責任)?(?:單位|科室|部門|股室)")),
    ("joint", cue("責任(?:單位|科室|部門|股室|主體)|落實(?:單位|科室)")),
    ("owner", cue("(?:具體)?(?:責任人|聯繫人|經辦人|聯絡員|承辦人)(?:員)?")),
    ("due", cue("(?:計劃)?(?:完成|辦結)?(?:時限|期限)(?:要求)?|完成(?:時間|日期)|時間(?:節點|要求|安排)|截止(?:時間|日期)|進度安排")),
    ("cycle", cue("(?:考核|報送|考評)?(?:週期|周期|頻次)")),
    ("points", cue("分值|分數|權重|標準分")),
    ("evidence", cue("(?:佐證|印證|支撐|考核|申報|檔案)(?:材料|資料)(?:要求|清單)?|材料要求|成果形式|需提供材料")),
    ("progress", cue("(?:進展|完成|落實)情況|工作進展|形象進度|進度")),
    ("note", cue("備註|備注|說明")),
    ("measure", cue("(?:具體|主要|工作|落實|推進)?(?:措施|舉措)|具體(?:工作|內容|任務|要求)|工作(?:內容|要求)|任務分解|測評標準|測評內容|考核內容|二級指標")),
    ("task", cue("(?:主要|工作|重點|創建)?任務|工作事項|重點工作|工作項目|項目(?:名稱)?|任務名稱|事項")),
)  # fmt: skip
_TOTALS = cue("(?:合計|總計|小計|填表人|填報人|審核人|製表|注[::]|備註[::]|說明[::])")


@dataclass(frozen=True)
class Cell:
    """一格：文字和地址（C5）；合併的格，地址是左上角。"""

    text: str
    address: str


@dataclass(frozen=True)
class BreakdownRow:
    """分解表的一行。cells 的鍵是列名（measure、lead、due…），proposals 是讀出的分工。"""

    row: int
    cells: Mapping[str, Cell]
    proposals: Proposals = field(default_factory=Proposals)

    def text(self, key: str) -> str:
        cell = self.cells.get(key)
        return cell.text if cell else ""


@dataclass(frozen=True)
class ParsedBreakdown:
    """讀出的任務分解表。headings：列名 → 表頭那一格。"""

    title: str
    sheet: str
    headings: Mapping[str, Cell]
    rows: tuple[BreakdownRow, ...]
    problems: tuple[Problem, ...]

    def as_json(self) -> dict[str, Any]:
        return {
            "title": self.title,
            "columns": {key: cell.text for key, cell in self.headings.items()},
            "rows": [
                {
                    "row": row.row,
                    **{key: cell.text for key, cell in row.cells.items()},
                    "proposals": row.proposals.as_json(),
                }
                for row in self.rows
            ],
            "problems": [
                {"line": p.line, "cell": p.cell, "message": p.message} for p in self.problems
            ],
        }


Grid = Sequence[Sequence[Cell | None]]


def read_breakdown(data: bytes, year: int | None = None) -> ParsedBreakdown:
    """讀 .xlsx 任務分解表；用第一張認得出表頭的工作表。

    Raises UnreadablePlan：讀不了，或沒有一張表有認得出的表頭。
    """
    if check_upload(data, "") != ".xlsx":
        raise UnreadablePlan("這不是 .xlsx 表格；請用 Excel 另存為 .xlsx 再上傳。")
    for name, grid in _sheets(data):
        found = _find_headings(grid)
        if found:
            return _read(name, grid, *found, year)
    raise UnreadablePlan(
        "表格裏沒有認出任務分解表的表頭；請保留「具體措施」「牽頭單位」「完成時限」等列名。"
    )


def _read(
    name: str, grid: Grid, top: int, columns: Mapping[int, str], year: int | None
) -> ParsedBreakdown:
    headings = {key: cell for i, key in columns.items() if (cell := grid[top][i])}
    rows: list[BreakdownRow] = []
    problems: list[Problem] = []
    for index in range(top + 1, len(grid)):
        cells = {key: cell for i, key in columns.items() if (cell := _at(grid, index, i))}
        cells = {key: cell for key, cell in cells.items() if cell.text}
        if not cells or _is_total(cells):
            continue
        row = BreakdownRow(index + 1, MappingProxyType(cells), _row_proposals(cells, year))
        rows.append(row)
        problems += _row_problems(row, year)
    if not rows:
        problems.append(Problem(top + 1, "表頭之下沒有任務，請檢查表格。", _address(top, 0)))
    return ParsedBreakdown(
        _title(grid[:top]), name, MappingProxyType(headings), tuple(rows), tuple(problems)
    )


def _at(grid: Grid, row: int, column: int) -> Cell | None:
    return grid[row][column] if column < len(grid[row]) else None


def _title(rows: Grid) -> str:
    for row in rows:
        text = next((cell.text for cell in row if cell and cell.text), "")
        if text:
            return text.replace("\n", "")
    return ""


def _is_total(cells: Mapping[str, Cell]) -> bool:
    first = next(iter(cells.values()))
    return bool(_TOTALS.match(fold(first.text))) and "measure" not in cells


def _row_proposals(cells: Mapping[str, Cell], year: int | None) -> Proposals:
    text = {key: cell.text.replace("\n", "、") for key, cell in cells.items()}
    lead, supporting = lead_first(text.get("lead", ""))
    first, others = lead_first(text.get("joint", ""))
    if lead is None:
        lead, supporting = first, others
    else:
        supporting += tuple(n for n in (first, *others) if n)
    supporting += split_names(text.get("supporting", ""))
    due = text.get("due")
    cycle = read_cycle(text["cycle"], tag=True) if "cycle" in text else None
    dated = resolve_due(due, year) if due else None
    standing = read_cycle(due, tag=True) if due and not dated else None
    return Proposals(
        lead=lead,
        supporting=tuple(n for n in dict.fromkeys(supporting) if n != lead),
        due=dated or (due if not standing else None),
        due_text=due,
        cycle=cycle or standing,
        leader=text.get("leader"),
        owner=text.get("owner"),
    )


def _row_problems(row: BreakdownRow, year: int | None) -> Iterator[Problem]:
    number, first = row.row, next(iter(row.cells.values()))
    if not (row.text("measure") or row.text("task") or row.text("objective")):
        yield Problem(number, "這一行沒有任務或措施，請補填或刪去。", first.address)
    due, cell = row.proposals.due, row.cells.get("due")
    if cell and due and resolve_due(cell.text, year or 2000) is None:
        yield Problem(
            number, f"看不出「{cell.text[:20]}」是哪一天，請寫成 2027-06-30。", cell.address
        )
    cell = row.cells.get("points")
    if cell and not _is_number(cell.text):
        yield Problem(number, f"分值「{cell.text[:20]}」不是數字，請改正。", cell.address)
    cell = row.cells.get("cycle")
    if cell and row.proposals.cycle is None:
        yield Problem(
            number,
            f"看不出週期「{cell.text[:20]}」，請寫一次、每月、每季度、每半年或每年。",
            cell.address,
        )


def _is_number(text: str) -> bool:
    return fold(text).removesuffix("分").removesuffix("%").replace(".", "", 1).strip().isdigit()


def _find_headings(grid: Grid) -> tuple[int, dict[int, str]] | None:
    """前 20 行裏認得出列名最多的一行；至少要有任務或措施，再加一列。"""
    best: tuple[int, dict[int, str]] | None = None
    for index, row in enumerate(grid[:_HEADING_ROWS]):
        columns = _columns(row)
        keys = set(columns.values())
        is_table = len(keys) >= 2 and keys & {"measure", "task", "objective"}
        if is_table and (best is None or len(columns) > len(best[1])):
            best = (index, columns)
    return best


def _columns(row: Sequence[Cell | None]) -> dict[int, str]:
    found: dict[int, str] = {}
    for index, cell in enumerate(row):
        key = column_key(cell.text) if cell else None
        if key and key not in found.values():
            found[index] = key
    return found


def column_key(heading: str) -> str | None:
    """表頭 → 列名；繁簡、空格、換行和括號裏的說明都不影響。"""
    folded = "".join(fold(heading).split()).partition("(")[0].rstrip(":*")
    if not 1 <= len(folded) <= 12:
        return None
    return next((key for key, pattern in _COLUMNS if pattern.fullmatch(folded)), None)


def _sheets(data: bytes) -> Iterator[tuple[str, Grid]]:
    with open_package(data) as package:
        check_parts(package)
        _check_merged(package)
    try:
        workbook = load_workbook(io.BytesIO(data), data_only=True, keep_links=False)
        for sheet in workbook.worksheets:
            if sheet.sheet_state == "visible":
                yield sheet.title, _grid(sheet)
    except _READ_ERRORS as error:
        raise damaged() from error


_READ_ERRORS = (
    InvalidFileException, BadZipFile, DefusedXmlException, ParseError, KeyError, ValueError,
    TypeError, IndexError, AttributeError, OSError, AssertionError, OverflowError,
)  # fmt: skip


def _check_merged(package: ZipFile) -> None:
    """一個跨百萬格的合併，能讓解析庫吃光內存；先數一數。"""
    for name in package.namelist():
        if not name.startswith("xl/worksheets/") or not name.endswith(".xml"):
            continue
        root = read_xml(package, name)
        total = 0
        for element in root.iter() if root is not None else ():
            if str(element.tag).endswith("}mergeCell"):
                total += _area(element.get("ref", ""))
        if total > MAX_MERGED_CELLS:
            raise UnreadablePlan("表格合併了過多的單元格，請取消整列合併後再上傳。")


def _area(reference: str) -> int:
    try:
        bounds: tuple[int | None, ...] = range_boundaries(reference)
    except (ValueError, TypeError) as error:
        raise damaged() from error
    left, top, right, bottom = bounds
    if left is None or top is None or right is None or bottom is None:
        return MAX_MERGED_CELLS + 1
    return (right - left + 1) * (bottom - top + 1)


def _grid(sheet: Any) -> list[list[Cell | None]]:
    """工作表的格；超出上限的行列不看，合併的格都填左上角的字。"""
    if sheet.max_row > MAX_ROWS and any(
        c.value is not None for (row, _), c in sheet._cells.items() if row > MAX_ROWS
    ):
        raise UnreadablePlan(f"表格超過 {MAX_ROWS} 行，請分成幾份上傳。")
    height, width = min(sheet.max_row, MAX_ROWS), min(sheet.max_column, MAX_COLUMNS)
    grid: list[list[Cell | None]] = [[None] * width for _ in range(height)]
    for (row, column), cell in sheet._cells.items():
        if row <= height and column <= width and cell.value is not None:
            grid[row - 1][column - 1] = Cell(_shown(cell.value), cell.coordinate)
    for merged in sheet.merged_cells.ranges:
        _fill(grid, merged.bounds)
    return grid


def _fill(grid: list[list[Cell | None]], bounds: tuple[int, int, int, int]) -> None:
    left, top, right, bottom = bounds
    if top > len(grid) or left > len(grid[0]):
        return
    corner = grid[top - 1][left - 1]
    for row in range(top - 1, min(bottom, len(grid))):
        for column in range(left - 1, min(right, len(grid[0]))):
            grid[row][column] = corner


def _shown(value: object) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value).strip()[:_MAX_CELL]


def _address(row: int, column: int) -> str:
    return f"{get_column_letter(column + 1)}{row + 1}"


# ——攤平成文字：docx 裏的表、上傳到「導入方案」的 xlsx，都變成方案那樣的行——


def flatten_table(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Word 裏的表：認得出表頭的，一行一句帶標註；其餘的，一行連成一行文字。"""
    grid = [
        [Cell(text, _address(r, c)) for c, text in enumerate(row)] for r, row in enumerate(rows)
    ]
    found = _find_headings(grid)
    if found is None:
        yield from ("　".join(text for text in row if text) for row in rows)
        return
    yield from (text for row in rows[: found[0]] if (text := "".join(dict.fromkeys(row))))
    table = _read("", grid, *found, None)
    yield from _sentences(table, ("（{}）", ("objective", "task")))


def as_text(table: ParsedBreakdown) -> str:
    """整張表攤成方案那樣的文字：目標是節，任務是條，措施是款。"""
    levels = [("{}、", ("objective",)), ("（{}）", ("task",))]
    if not any(row.text("objective") for row in table.rows):
        levels = [("{}、", ("task",))]
    return "\n".join(filter(None, [table.title, *_sentences(table, *levels)]))


def _sentences(table: ParsedBreakdown, *levels: tuple[str, tuple[str, ...]]) -> Iterator[str]:
    """每行一句；上級的目標、任務變了，先起一行。原來就有序號的，照印。"""
    last, counts = [""] * len(levels), [0] * len(levels)
    for position, row in enumerate(table.rows, start=1):
        for depth, (mark, keys) in enumerate(levels):
            text = "　".join(filter(None, (_flat(row.text(key)) for key in keys)))
            if not text or text == last[depth] or not row.text("measure"):
                continue
            counts[depth] += 1
            last[depth:] = [text] + [""] * (len(levels) - depth - 1)
            counts[depth + 1 :] = [0] * (len(levels) - depth - 1)
            yield text if read_mark(text) else mark.format(chinese_numeral(counts[depth])) + text
        words = _flat(row.text("measure") or row.text("task") or row.text("objective"))
        number = row.text("number")
        shown = "" if read_mark(words) else f"{number if number.isdigit() else position}、"
        yield shown + words + _tags(row)


def _flat(text: str) -> str:
    return "".join(part.strip() for part in text.splitlines())


def _tags(row: BreakdownRow) -> str:
    mine = row.proposals
    parts = [
        f"牽頭單位：{mine.lead}" if mine.lead else "",
        f"配合單位：{'、'.join(mine.supporting)}" if mine.supporting else "",
        f"責任領導：{mine.leader}" if mine.leader else "",
        f"責任人：{mine.owner}" if mine.owner else "",
        f"完成時限：{mine.due_text}" if mine.due_text else "",
    ]
    shown = "，".join(_flat(part) for part in parts if part)
    return f"（{shown}）" if shown else ""
