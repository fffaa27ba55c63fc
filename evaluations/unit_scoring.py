"""評分單位的一頁：它負責的每一條，各單位各一行；自評、佐證和要填的並排。"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace

from django.http import QueryDict

from campaigns.standing import Standing
from evaluations import policies
from evaluations.forms_marks import MarkForm, read_marks
from evaluations.honour_picks import Register
from evaluations.models import AssessmentRound, Criterion, Score, Scorer, Sheet
from evaluations.services.rounds import Mark
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
    """這一頁的事實。不在初評的階段沒有要評的。"""

    cells: tuple[Cell, ...]

    @classmethod
    def read(
        cls, standing: Standing, round_: AssessmentRound, data: QueryDict | None
    ) -> "UnitScoring":
        if round_.phase not in policies.FIRST_PHASES:
            return cls(())
        return cls(tuple(_cells(standing, round_, data)))

    @property
    def groups(self) -> list[Group]:
        """按辦法的次序；展開還沒有評完的第一條和有錯的。"""
        lines = {cell.line.criterion_id: cell.line for cell in self.cells}
        guides = guides_of(list(lines.values()))
        found = [
            Group(line, guides[key], tuple(each for each in self.cells if _key(each) == key))
            for key, line in lines.items()
        ]
        unfinished = next((each for each in found if each.is_unfinished), None)
        return [replace(each, is_open=each.is_faulty or each is unfinished) for each in found]

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


def _cells(standing: Standing, round_: AssessmentRound, data: QueryDict | None) -> Iterator[Cell]:
    """歸本單位評的各條 × 各單位；本單位自己的那張由創建辦評，不在這裏。"""
    sheets = list(Sheet.objects.filter(round=round_).select_related("department", "profile"))
    views = read_sheets(round_, sheets)
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
            if line.scorer == Scorer.DEPARTMENT and policies.can_score_first(
                standing,
                round_,
                sheet.department_id,
                line.scorer,
                line.scoring_department_id,
            ):
                # 各欄的 aria-label 從編號起頭：一頁許多單位，編號後面要帶上單位。
                named = replace(line, number=f"{line.number} {sheet.department_name}")
                prefix = f"s{sheet.pk}-c{line.criterion_id}"
                offers = register.offers(sheet, line)
                form = MarkForm(named, FIRST, data, prefix=prefix, offers=offers)
                yield Cell(sheet, line, form)
