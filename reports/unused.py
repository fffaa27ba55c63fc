"""還沒用上的材料：期內審核通過、正文裏卻沒有的句子。一次查詢，與段落多少無關。

不採用的段落、提綱裏沒有一章收它的，都在這裏；放進哪一節由辦公室定。
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from reports import paper
from reports.material import Span, accepted_rounds, department_of, measure_of
from reports.models import Paragraph, Report
from reports.paper import sha256_of
from reports.prose import attributed, tidy, typeset
from tasks.models import Round


@dataclass(frozen=True)
class Unused:
    """一個單位審核通過而沒有用上的一段話。"""

    round: Round
    text: str
    source: paper.Source
    task_key: str

    @property
    def pk(self) -> int:
        return self.round.pk


@dataclass(frozen=True)
class Accepted:
    """期內審核通過的：截止之後才通過的有幾件，截止前通過而沒有用上的是哪些。"""

    newly: int
    unused: list[Unused]


def accepted_of(report: Report, printed: Iterable[Paragraph], now: datetime) -> Accepted:
    """printed 是要印的段落（不採用的不在其內），連同來源。"""
    used = {source.round_id for row in printed for source in row.sources.all() if source.round_id}
    span = Span(report.period_start, report.period_end, max(now, report.cutoff_at))
    rounds = list(
        accepted_rounds(report.campaign, span)
        .select_related(
            "submission__assignment__measure__main_task", "submission__assignment__department"
        )
        .prefetch_related(None)
    )
    in_time = [row for row in rounds if row.decided_at and row.decided_at <= report.cutoff_at]
    return Accepted(
        len(rounds) - len(in_time),
        [unused_of(row) for row in in_time if row.pk not in used and has_words(row)],
    )


def has_words(round_: Round) -> bool:
    return not round_.is_nil and bool(tidy(round_.narrative))


def unused_of(round_: Round) -> Unused:
    """照彙集的寫法：單位名、冒號、原句；來源跟着走。"""
    department, measure = department_of(round_), measure_of(round_)
    label = f"{department.name}，{measure.code} {typeset(measure.title)}，{round_.submission.name}"
    source = paper.Source(
        label=label[:300],
        department=department.name,
        round_id=round_.pk,
        submission_id=round_.submission_id,
        text_sha256=sha256_of(round_.narrative),
    )
    text = attributed(department.name, department.short_name, round_.narrative)
    return Unused(round_, text, source, f"task.{measure.main_task.code}")
