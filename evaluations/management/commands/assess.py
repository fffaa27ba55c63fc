"""算一次考核：每個單位的總分、等次、每一條的得分和理由，與頁面同一個函數。"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from evaluations.models import AssessmentRound
from evaluations.sheets import (
    Entry,
    Ranked,
    SheetLine,
    Veto,
    explain,
    latest_snapshot,
    rank_sheets,
    sheets_of,
)
from pingtan_civ.lib.scoring import show


class Command(BaseCommand):
    help = "算一次考核：審定以前現算，審定以後讀定稿。先等次後名次，各類單位分開排。"

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--round", required=True, help="考核代碼，如 2026-Q4")
        parser.add_argument("--json", action="store_true", help="輸出 JSON，每一條都在")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = AssessmentRound.objects.select_related("campaign", "scheme")
        round_ = rows.filter(code=options["round"]).first()
        if round_ is None:
            raise CommandError(f"沒有代碼為「{options['round']}」的考核。", returncode=2)
        sheets = round_.sheets.select_related("profile").order_by("department__position", "pk")
        groups = rank_sheets(sheets_of(round_, sheets))
        if options["json"]:
            self.stdout.write(json.dumps(_as_json(round_, groups), ensure_ascii=False))
            return
        self.stdout.write(f"{round_.title}（{round_.get_phase_display()}）")
        for group in groups:
            self.stdout.write(f"\n{group.profile}")
            for row in group.rows:
                view = row.view
                if view.is_waiting:
                    self.stdout.write(f"  {view.department} 還有 {len(view.missing)} 條待評")
                    continue
                self.stdout.write(
                    f"  {row.rank}. {view.department} {show(view.total)} 分 {view.grade}"
                )
                for sentence in explain(view):
                    self.stdout.write(f"     {sentence}")


def _as_json(round_: AssessmentRound, groups: list) -> dict[str, Any]:
    snapshot = latest_snapshot(round_) if round_.is_frozen else None
    return {
        "round": round_.code,
        "title": round_.title,
        "phase": round_.phase,
        "edition": snapshot.edition if snapshot else None,
        "sha256": snapshot.sha256 if snapshot else None,
        "departments": [_department(row) for group in groups for row in group.rows],
    }


def _department(row: Ranked) -> dict[str, Any]:
    view = row.view
    return {
        "department": view.department,
        "profile": view.profile,
        "rank": row.rank,
        "total": str(view.total),
        "is_waiting": view.is_waiting,
        "grade": view.grade,
        "base": str(view.result.base),
        "bonus": str(view.result.bonus),
        "penalty": str(view.result.penalty),
        "veto": str(view.result.veto),
        "earned_grade": view.earned_grade or view.grade,
        "is_recommendable": not view.is_stopped,
        "vetoes": [_veto(veto) for veto in view.vetoes],
        "previous": str(view.previous.total) if view.previous else None,
        "lines": [_line(line) for line in view.lines],
    }


def _veto(veto: Veto) -> dict[str, Any]:
    return {
        "effect": veto.effect,
        "points": str(veto.points),
        "grade": veto.grade,
        "sentence": veto.sentence,
        "is_confirmed": veto.is_confirmed,
    }


def _line(line: SheetLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "text": line.text,
        "points": str(line.result.points),
        "full": str(line.full),
        "self": _points(line.self_entry),
        "first": _points(line.first),
        "final": _points(line.final),
        "part": line.part,
        "rule": line.rule,
        "source": line.scorer,
        "is_missing": line.result.is_missing,
        "gap": line.result.gap,
        "is_not_applicable": line.result.is_not_applicable,
        "why": line.result.why,
        "reason": line.result.reason,
        "by": line.result.by,
        "evidence": [item.sha256 for item in line.evidence],
    }


def _points(entry: Entry | None) -> str | None:
    return str(entry.points) if entry else None
