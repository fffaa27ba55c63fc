"""報送材料寫什麼：項目、名單、條件逐條、表決、公示、事蹟、材料的哈希和當時的名稱。

推薦表、公示稿和報送的定稿都從這裏取；報送以後讀定稿，單位改名、條件再變都不影響。
是要凍結的話，一律用原文（繁體）。
"""

from collections import defaultdict
from collections.abc import Collection
from datetime import date
from typing import Any

from campaigns.naming import signature_of
from journal.services import source_script
from recommendations.conditions import Finding, examine
from recommendations.models import (
    Attachment,
    Candidate,
    Programme,
    PublicityObjection,
    Submittal,
)

FORMAT = 1
"""定稿內容的格式；改了寫法就加一，舊的照舊格式讀。"""
Content = dict[str, Any]


@source_script()
def compose(programme: Programme, candidates: Collection[Candidate], on: date) -> Content:
    """此刻的報送材料；報送時凍結的就是它。programme.campaign 要先取好，查詢次數固定。"""
    rows = list(candidates)
    for row in rows:
        row.programme = programme
    found = _findings(programme, rows, on)
    objections = _objections(rows)
    files = _files(rows)
    return {
        "format": FORMAT,
        "as_of": on.isoformat(),
        "programme": _programme(programme),
        "candidates": [
            {
                **_candidate(row),
                "conditions": found[row.pk],
                "tally": _tally(row),
                "objections": objections[row.pk],
                "files": files[row.pk],
            }
            for row in rows
        ],
    }


def _findings(
    programme: Programme, rows: Collection[Candidate], on: date
) -> dict[int, list[Content]]:
    """還在程序裏的現查；退出了的照提交表決時凍住的，往後的事不再算到它頭上。"""
    live = [row for row in rows if not row.is_out]
    found = examine(programme, live, on) if live else {}
    fresh = {pk: [finding.to_json() for finding in each] for pk, each in found.items()}
    return {row.pk: row.examined for row in rows} | fresh


@source_script()
def compose_notice(programme: Programme, candidates: Collection[Candidate]) -> Content:
    """公示稿的內容：公示開始時凍結的就是它，公示期內取消了誰，貼出去的那一張不變。"""
    return {
        "format": FORMAT,
        "programme": _programme(programme),
        "candidates": [_candidate(row) for row in candidates],
    }


def content_of(programme: Programme, candidates: Collection[Candidate], on: date) -> Content:
    """報送了的讀定稿；沒有報送的，和沒有報上去的對象，現編。"""
    submittal = Submittal.objects.filter(programme=programme).first()
    wanted = {row.pk for row in candidates}
    sent = submittal.content["candidates"] if submittal else []
    if rows := [row for row in sent if row["id"] in wanted]:
        return submittal.content | {"candidates": rows}
    return compose(programme, candidates, on)


def findings_in(row: Content) -> list[Finding]:
    return [Finding.from_json(each) for each in row["conditions"]]


def _programme(programme: Programme) -> Content:
    start, end = programme.publicity_start, programme.publicity_end
    return {
        "id": programme.pk,
        "title": programme.title,
        "campaign": programme.campaign.name,
        "group": signature_of(programme.campaign),
        "level": programme.get_level_display(),
        "authority": programme.authority,
        "basis": programme.basis,
        "quota": programme.quota,
        "apply_by": programme.apply_by.isoformat(),
        "publicity": {
            "start": start.isoformat() if start else "",
            "end": end.isoformat() if end else "",
            "days": programme.publicity_days,
            "place": programme.publicity_place,
            "contact": programme.publicity_contact,
        },
    }


def _candidate(row: Candidate) -> Content:
    return {
        "id": row.pk,
        "name": str(row),
        "kind": row.get_kind_display(),
        "unit": row.department_name,
        "person": row.person_name,
        "post": row.person_post,
        "deeds": row.deeds,
        "place": row.place,
        "nominated_by": row.nominated_by.name,
        "nominated_on": row.nominated_at.isoformat(),
    }


def _tally(row: Candidate) -> Content:
    """結束了的用當時算的；正在表決的不提前寫。"""
    return row.tally if row.state != Candidate.State.BALLOTED else {}


def _objections(rows: Collection[Candidate]) -> dict[int, list[Content]]:
    """異議只寫哪天收到、怎樣認定，不寫誰反映的。"""
    found: dict[int, list[Content]] = defaultdict(list)
    for each in PublicityObjection.objects.filter(candidate__in=rows):
        found[each.candidate_id].append(
            {
                "received": each.received_date.isoformat(),
                "state": each.get_state_display(),
                "is_open": each.is_open,
                "finding": each.finding,
            }
        )
    return found


def _files(rows: Collection[Candidate]) -> dict[int, list[Content]]:
    found: dict[int, list[Content]] = defaultdict(list)
    held = Attachment.objects.filter(
        candidate__in=rows, part=Attachment.Part.DEEDS, removed_at__isnull=True
    )
    for each in held.select_related("file"):
        found[each.candidate_id].append(each.as_json)
    return found
