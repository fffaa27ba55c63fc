"""評分單位的一頁：它負責的每一條，各單位各一行；自評、佐證和要填的並排。"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime

from django.http import QueryDict

from campaigns.standing import Standing
from evaluations import policies
from evaluations.forms_marks import MarkForm, read_marks
from evaluations.honour_picks import Register
from evaluations.models import AssessmentRound, Criterion, Score, Scorer, Sheet
from evaluations.scoring_draft import AcrossDrafts, FormsBySheet
from evaluations.services.rounds import Mark
from evaluations.services.unit_scoring import Held
from evaluations.sheet_draft import (
    Typed,
    colleague_words,
    lay_beside,
    lay_out,
    typed_in,
    words_of_draft,
    words_of_saved,
)
from evaluations.sheet_guide import Guide, guides_of
from evaluations.sheets import SheetLine, difference, read_sheets

FIRST = Score.Stage.FIRST


@dataclass(frozen=True)
class Cell:
    """一條在一個單位的表上：自評、佐證，和要填的小表單。"""

    sheet: Sheet
    line: SheetLine
    form: MarkForm

    @property
    def is_scored(self) -> bool:
        return self.line.first is not None

    @property
    def anchor(self) -> str:
        return f"line-{self.form.prefix}"

    @property
    def difference(self) -> str:
        return difference(self.line.self_entry, self.line.first)


@dataclass(frozen=True)
class Group:
    """一條，和要評的各單位。"""

    line: SheetLine
    guide: Guide
    cells: tuple[Cell, ...]
    is_open: bool = False

    @property
    def scored(self) -> int:
        return sum(cell.is_scored for cell in self.cells)

    @property
    def is_unfinished(self) -> bool:
        return self.line.is_base and self.scored < len(self.cells)

    @property
    def is_faulty(self) -> bool:
        return any(cell.form.errors for cell in self.cells)

    @property
    def has_draft(self) -> bool:
        return any(cell.form.is_draft or cell.form.other for cell in self.cells)


def scores_lines(standing: Standing, round_: AssessmentRound) -> bool:
    """本單位是這份辦法裏的評分單位。"""
    rows = Criterion.objects.filter(
        section__scheme=round_.scheme_id,
        scorer=Scorer.DEPARTMENT,
        scoring_department__in=standing.departments,
    )
    return bool(standing.departments) and rows.exists()


@dataclass(frozen=True)
class UnitScoring:
    """這一頁的事實。不在初評的階段沒有要評的；left_over 是那時還沒有保存的：（哪一條, 填的）。"""

    cells: tuple[Cell, ...]
    drafts: AcrossDrafts = field(default_factory=AcrossDrafts)
    left_over: tuple[tuple[str, str], ...] = ()

    @classmethod
    def read(
        cls,
        standing: Standing,
        round_: AssessmentRound,
        data: QueryDict | None,
        drafts: AcrossDrafts,
    ) -> "UnitScoring":
        is_late = round_.phase not in policies.FIRST_PHASES
        if is_late and data is None and not any(row.typed for row in drafts.mine.values()):
            return cls((), drafts)
        cells = tuple(_cells(standing, round_, data, drafts, is_late=is_late))
        if is_late:
            return cls((), drafts, tuple(_too_late(cells, drafts, is_posted=data is not None)))
        found = cls(cells, drafts)
        lay_out([cell.form for cell in cells])
        return found

    @property
    def lines(self) -> dict[int, list[int]]:
        """{表: 頁上的各條}。"""
        return {pk: list(forms) for pk, (_sheet, forms) in _by_sheet(self.cells).items()}

    @property
    def version(self) -> int:
        return self.drafts.version_on(self.lines)

    @property
    def drafted(self) -> list[Cell]:
        """擺回了草稿的。"""
        return [cell for cell in self.cells if cell.form.is_draft]

    @property
    def saved_at(self) -> datetime | None:
        return self.drafts.saved_at({cell.sheet.pk for cell in self.drafted})

    @property
    def colleagues(self) -> list[str]:
        """也在評這幾條的人，各一句。"""
        numbers = {(cell.sheet.pk, str(_key(cell))): cell.form.line.number for cell in self.cells}
        return [colleague_words(row) for row in self.drafts.colleagues(numbers)]

    def typed(self) -> dict[int, Typed]:
        """交來的字裏，與打開時保存着的不一樣的，一張表一份。"""
        return {
            pk: typed_in(forms, sheet, FIRST)
            for pk, (sheet, forms) in _by_sheet(self.cells).items()
        }

    def lay_beside(self, held: Held) -> None:
        """與另一處存的草稿不一樣的各條，把另一處填的寫在旁邊。"""
        for pk, (_sheet, forms) in _by_sheet(self.cells).items():
            lay_beside(forms, held[pk].typed if pk in held else {})

    def accept_as_seen(self, data: QueryDict) -> None:
        """交來的字照留，打開時的評分換成現在的；別人剛改過的，他存的寫在旁邊，再保存以這一頁為準。"""
        for cell in self.cells:
            seen = f"{cell.form.prefix}-seen"
            now = str(cell.line.first.score_id if cell.line.first else 0)
            if data.get(seen) != now:
                cell.form.other = words_of_saved(cell.form)
            data[seen] = now

    @property
    def groups(self) -> list[Group]:
        """按辦法的次序；展開還沒有評完的第一條、有錯的和有草稿的。"""
        lines = {cell.line.criterion_id: cell.line for cell in self.cells}
        guides = guides_of(list(lines.values()))
        found = [
            Group(line, guides[key], tuple(each for each in self.cells if _key(each) == key))
            for key, line in lines.items()
        ]
        unfinished = next((each for each in found if each.is_unfinished), None)
        return [
            replace(each, is_open=each.is_faulty or each.has_draft or each is unfinished)
            for each in found
        ]

    @property
    def wanted(self) -> int:
        return sum(cell.line.is_base for cell in self.cells)

    @property
    def filled(self) -> int:
        return sum(cell.line.is_base and cell.is_scored for cell in self.cells)

    @property
    def faulty(self) -> list[Cell]:
        return [cell for cell in self.cells if cell.form.is_bound and cell.form.errors]

    @property
    def draft_version(self) -> int:
        return max((cell.line.first.score_id for cell in self.cells if cell.line.first), default=0)

    def marks(self) -> dict[int, dict[int, Mark]] | None:
        """{表: {測評內容: 評分}}；有一張讀不懂就是 None，錯寫在那一張上。"""
        read = read_marks({place: cell.form for place, cell in enumerate(self.cells)})
        if read is None:
            return None
        found: dict[int, dict[int, Mark]] = {}
        for cell, mark in zip(self.cells, read.values(), strict=True):
            found.setdefault(cell.sheet.pk, {})[_key(cell)] = mark
        return found

    def refuse(self, errors: Collection[tuple[tuple[int, int], str]]) -> None:
        """服務說不行的，寫在那一張小表單上。"""
        forms = {(cell.sheet.pk, _key(cell)): cell.form for cell in self.cells}
        for key, sentence in errors:
            forms[key].add_error(None, sentence)


def _key(cell: Cell) -> int:
    return cell.line.criterion_id


def _by_sheet(cells: Collection[Cell]) -> FormsBySheet:
    found: FormsBySheet = {}
    for cell in cells:
        found.setdefault(cell.sheet.pk, (cell.sheet, {}))[1][_key(cell)] = cell.form
    return found


def _too_late(
    cells: Collection[Cell], drafts: AcrossDrafts, *, is_posted: bool
) -> Iterator[tuple[str, str]]:
    """已經不能評了，交來的、草稿裏的還沒有保存的各條，人自己抄走。"""
    for pk, (sheet, forms) in _by_sheet(cells).items():
        if is_posted:
            typed = typed_in(forms, sheet, FIRST)
        else:
            typed = {str(key): drafts.typed_of(pk, key) for key in forms}
        for key, form in forms.items():
            if line := typed.get(str(key)):
                yield form.line.number, words_of_draft(form, line)


def _cells(
    standing: Standing,
    round_: AssessmentRound,
    data: QueryDict | None,
    drafts: AcrossDrafts,
    *,
    is_late: bool = False,
) -> Iterator[Cell]:
    """歸本單位評的各條 × 各單位；本單位自己的那張由創建辦評，不在這裏。

    is_late：過了初評，只為說出沒有保存的；連着的是本單位負責的各條。
    """
    sheets = list(Sheet.objects.filter(round=round_).select_related("department", "profile"))
    views = read_sheets(round_, sheets, with_previous=False)
    own = [
        line
        for view in views
        for line in view.lines
        if line.scoring_department_id in standing.departments
    ]
    register = Register.of(round_, sheets, FIRST, own)
    for sheet, view in zip(sheets, views, strict=True):
        sheet.round = round_
        for line in view.lines:
            if not _is_ours(standing, sheet, line, is_late=is_late):
                continue
            # 各欄的 aria-label 從編號起頭：一頁許多單位，編號後面要帶上單位。
            named = replace(line, number=f"{line.number} {sheet.department_name}")
            form = MarkForm(
                named,
                FIRST,
                data,
                prefix=f"s{sheet.pk}-c{line.criterion_id}",
                offers=register.offers(sheet, line),
                typed=drafts.typed_of(sheet.pk, line.criterion_id) if data is None else None,
            )
            yield Cell(sheet, line, form)


def _is_ours(standing: Standing, sheet: Sheet, line: SheetLine, *, is_late: bool) -> bool:
    if line.scorer != Scorer.DEPARTMENT:
        return False
    if is_late:
        return line.scoring_department_id in standing.departments
    return policies.can_score_first(
        standing, sheet.round, sheet.department_id, line.scorer, line.scoring_department_id
    )
