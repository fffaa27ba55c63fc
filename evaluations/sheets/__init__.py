"""評分表：一張表的每一行、合計、等次怎樣得來，全在這裏算。

頁面、預覽、導出、命令和定稿都調 read_sheets，所以永遠是同一個數；定稿之後讀的是凍結的
那一份（SheetView.from_json），不再碰評分和辦法的表。
"""

from evaluations.sheets.frozen import (
    frozen_sheets,
    is_in_a_result,
    latest_snapshot,
    previous_results,
)
from evaluations.sheets.ranking import Ranked, RankGroup, Tier, rank_sheets
from evaluations.sheets.reading import (
    SELF_SCORED,
    grade_of,
    read_sheets,
    sheets_of,
    with_lines,
)
from evaluations.sheets.sight import seen_by
from evaluations.sheets.values import (
    Domain,
    Entry,
    EvidenceItem,
    Gap,
    Paper,
    Previous,
    SheetLine,
    SheetView,
    Source,
    SourceKind,
    StepView,
    Veto,
    plain,
)
from evaluations.sheets.words import (
    consequences,
    difference,
    explain,
    explain_vetoes,
    self_words,
)

__all__ = [
    "SELF_SCORED",
    "Domain",
    "Entry",
    "EvidenceItem",
    "Gap",
    "Paper",
    "Previous",
    "RankGroup",
    "Ranked",
    "SheetLine",
    "SheetView",
    "Source",
    "SourceKind",
    "StepView",
    "Tier",
    "Veto",
    "consequences",
    "difference",
    "explain",
    "explain_vetoes",
    "frozen_sheets",
    "grade_of",
    "is_in_a_result",
    "latest_snapshot",
    "plain",
    "previous_results",
    "rank_sheets",
    "read_sheets",
    "seen_by",
    "self_words",
    "sheets_of",
    "with_lines",
]
