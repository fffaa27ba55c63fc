"""讀一份方案，打印成樹；不保存任何東西。"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand

from pingtan_civ.lib.plan import Item, ParsedPlan, Proposals, parse_plan
from pingtan_civ.lib.plan.breakdown import as_text
from pingtan_civ.lib.plan.readers import (
    MAX_BYTES,
    ParsedBreakdown,
    UnreadablePlan,
    check_upload,
    read_breakdown,
    read_plan,
)

_KINDS = {
    "basis": "依據",
    "principle": "原則",
    "objective": "工作目標",
    "task": "主要任務",
    "organisation": "組織領導",
    "other": "其他",
}
_CYCLES = {
    "once": "一次性",
    "monthly": "每月",
    "quarterly": "每季度",
    "half_yearly": "每半年",
    "yearly": "每年",
}


class Command(BaseCommand):
    requires_system_checks = ()  # 只讀文件，用不到網址和數據庫
    help = "讀取方案文件（.txt、.docx、.xlsx），打印讀出的節、條、款；不保存。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", help="方案文件的路徑")
        parser.add_argument("--json", action="store_true", help="輸出 JSON")
        parser.add_argument("--year", type=int, help="沒有寫年份的日期屬於哪一年")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            parsed = _read(Path(options["file"]), options["year"])
        except UnreadablePlan as error:
            self.stderr.write(str(error))  # 只給一句話，不帶 CommandError 字樣
            raise SystemExit(1) from error
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(parsed), ensure_ascii=False, indent=2))
        elif isinstance(parsed, ParsedBreakdown):
            self.stdout.write("\n".join(_rows(parsed)))
        else:
            self.stdout.write("\n".join(_tree(parsed)))


def _read(path: Path, year: int | None) -> ParsedPlan | ParsedBreakdown:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadablePlan(f"打不開文件「{path}」，請檢查路徑和權限。") from error
    if check_upload(data, path.name) == ".xlsx":
        return read_breakdown(data, year)
    return parse_plan(read_plan(data, path.name), year)


def _as_json(parsed: ParsedPlan | ParsedBreakdown) -> dict[str, Any]:
    """分解表也給出方案那樣的樹，另附逐行的原表。"""
    if isinstance(parsed, ParsedPlan):
        return parsed.as_json()
    tree = parse_plan(as_text(parsed)).as_json()
    return {**tree, **parsed.as_json(), "title": parsed.title or parsed.sheet}


def _tree(plan: ParsedPlan) -> list[str]:
    lines = [plan.title or "（沒有認出標題）"]
    for section in plan.sections:
        name = _headed(section.mark, section.heading) or "（無標題）"
        lines.append(f"\n{name}　[{_KINDS[section.kind.value]}]　第 {section.line} 行")
        for item in section.items:
            lines += _item_lines(item)
    if plan.problems:
        lines.append("\n請核對：")
        lines += [f"  第 {problem.line} 行：{problem.message}" for problem in plan.problems]
    if plan.dropped:
        lines.append("\n建議捨棄：")
        lines += [f"  第 {entry.line} 行：{entry.text}（{entry.reason}）" for entry in plan.dropped]
    count = len(plan.clauses)
    return [*lines, f"\n共 {len(plan.sections)} 節、{count} 款；沒有保存。"]


def _headed(mark: str | None, heading: str | None) -> str:
    """序號和標題；「第一章」之後空一格。"""
    gap = "　" if mark and heading and mark.startswith("第") else ""
    return f"{mark or ''}{gap}{heading or ''}"


def _item_lines(item: Item) -> list[str]:
    head = _headed(item.mark, item.heading)
    lines = [f"  {head}{_shown(item.proposals)}"] if head else []
    for clause in item.clauses:
        lines.append(f"    · {clause.printed}{clause.separator}{_shown(clause.proposals)}")
    return lines


def _shown(proposals: Proposals) -> str:
    """建議的分工，如「　〔牽頭：社會事務科；時限：2027-06-30〕」。"""
    parts = [
        f"牽頭：{proposals.lead}" if proposals.lead else "",
        f"配合：{'、'.join(proposals.supporting)}" if proposals.supporting else "",
        f"時限：{proposals.due}" if proposals.due else "",
        f"週期：{_CYCLES[proposals.cycle]}" if proposals.cycle else "",
    ]
    text = "；".join(filter(None, parts))
    return f"　〔{text}〕" if text else ""


def _rows(table: ParsedBreakdown) -> list[str]:
    lines = [table.title or table.sheet]
    for row in table.rows:
        words = row.text("measure") or row.text("task") or row.text("objective")
        lines.append(f"  第 {row.row} 行　{words}{_shown(row.proposals)}".replace("\n", ""))
    if table.problems:
        lines.append("\n請核對：")
        lines += [f"  {p.cell}：{p.message}" for p in table.problems]
    return [*lines, f"\n共 {len(table.rows)} 行；沒有保存。"]
