"""定稿裏的評分表：原樣讀出，不碰評分和辦法的表。"""

import json
from collections.abc import Collection
from decimal import Decimal

from evaluations.models import AssessmentRound, HonourFile, ResultSnapshot
from evaluations.sheets.values import Previous, SheetView


def latest_snapshot(round_: AssessmentRound) -> ResultSnapshot | None:
    return round_.snapshots.order_by("-edition").first()


def is_in_a_result(file: HonourFile) -> bool:
    """有一版定稿引着這份證書。定稿是規範的 JSON，鍵照字母排，找這一段文字就行。"""
    said = json.dumps(
        {"file_id": file.pk, "kind": "honour", "name": file.name},
        ensure_ascii=False,
        separators=(",", ":"),
    )
    return ResultSnapshot.objects.filter(body__contains=said[:-1] + ",").exists()


def frozen_sheets(
    snapshot: ResultSnapshot, departments: Collection[int] | None = None
) -> list[SheetView]:
    """一版定稿裏的評分表（可只要幾個單位的），原樣讀出。"""
    return [
        SheetView.from_json(each["sheet"])
        for each in json.loads(snapshot.body)["sheets"]
        if departments is None or each["sheet"]["department_id"] in departments
    ]


def previous_results(round_: AssessmentRound) -> dict[int, Previous]:
    """上一次同類考核的定稿裏各單位的結果；沒有上一次的為空。一次查詢。"""
    snapshot = (
        ResultSnapshot.objects.filter(
            round__campaign=round_.campaign_id,
            round__kind=round_.kind,
            round__period_end__lt=round_.period_start,
        )
        .order_by("-round__period_end", "-edition")
        .first()
    )
    if snapshot is None:
        return {}
    body = json.loads(snapshot.body)
    return {
        each["sheet"]["department_id"]: Previous(
            title=body["round"]["title"],
            total=Decimal(each["sheet"]["result"]["total"]),
            grade=each["sheet"]["grade"],
            rank=each["rank"],
        )
        for each in body["sheets"]
    }
