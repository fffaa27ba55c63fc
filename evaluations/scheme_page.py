"""考核辦法的頁：把樹排成表上的一行一行，再算出各類的合計和還差什麼。"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from campaigns.standing import Standing
from evaluations.models import Method, Scheme, Scorer, Section, SystemFigure
from evaluations.schemes import (
    CriterionLine,
    GradeLine,
    Problem,
    ProfileLine,
    ProfileSum,
    SchemeTree,
    SectionNode,
    StandardLine,
    problems,
    read_tree,
    rule_words,
)
from people.models import Department
from pingtan_civ.lib.scoring import Part, show
from tasks.labels import choice_label


@dataclass(frozen=True)
class StandardCell:
    """一條標準：文字，和「材料審核、實地考察 · 規範文件、會議記錄」。"""

    line: StandardLine

    @property
    def methods(self) -> str:
        names = filter(None, (self.line.method, self.line.second_method))
        return "、".join(choice_label(Method, each) for each in names)

    @property
    def forms(self) -> list[str]:
        return [each.name for each in self.line.forms]


@dataclass(frozen=True)
class Row:
    """表上的一行：一個項目（depth 1）、一個指標（depth 2），或者一條測評內容。"""

    section: SectionNode
    depth: int
    line: CriterionLine | None = None

    @property
    def points(self) -> str:
        """分值；加分、扣分條的 0 是不設上限。"""
        points = self.line.full if self.line else self.section.points
        if not points and self.section.part is not Part.BASE:
            return _("不限")
        return show(points)

    @property
    def standards(self) -> list[StandardCell]:
        return [StandardCell(each) for each in self.line.standards]

    @property
    def rule(self) -> str:
        return rule_words(self.line.rule)

    @property
    def scorer(self) -> str:
        """誰評：指定科室的寫科室，系統取數的寫哪個數。"""
        if self.line.scoring_department:
            return self.line.scoring_department.name
        return choice_label(Scorer, self.line.scorer)

    @property
    def figure(self) -> str:
        return choice_label(SystemFigure, self.line.figure)

    @property
    def part(self) -> str:
        """基本分以外的才說。"""
        return (
            "" if self.section.part is Part.BASE else choice_label(Section.Part, self.section.part)
        )


@dataclass(frozen=True)
class SchemePage:
    """一份辦法的頁上要的全部。"""

    scheme: Scheme
    tree: SchemeTree
    profile: ProfileLine | None
    own: ProfileLine | None
    """看的人的單位按哪一類計分；不在單位裏的、單位不參加考核的為 None。"""
    problems: list[Problem]
    left_out: list[str]

    @property
    def rows(self) -> list[Row]:
        tree = self.tree
        shown = tree.sections_for(self.profile.name) if self.profile else tree.sections
        return [row for section in shown for row in _rows(section, 1)]

    @property
    def sums(self) -> list[ProfileSum]:
        return self.tree.sums()

    @property
    def grades(self) -> list[tuple[GradeLine, str]]:
        """（等次, 「90 分以上」）；最低的一等說不足上一等多少分。"""
        found, above = [], None
        for line in self.tree.grades:
            words = _("%(least)s 分以上") % {"least": show(line.at_least)}
            if above is not None and not line.at_least:
                words = _("不足 %(above)s 分") % {"above": show(above)}
            found.append((line, words))
            above = line.at_least
        return found

    @property
    def tabs(self) -> list[dict[str, object]]:
        """全部，或只看一類單位考的。"""
        chosen = self.profile
        return [
            {"label": _("全部"), "url": "?", "current": chosen is None},
            *(
                {"label": each.name, "url": f"?profile={each.pk}", "current": each == chosen}
                for each in self.tree.profiles
            ),
        ]


def scheme_page(scheme: Scheme, profile_id: int | None, standing: Standing) -> SchemePage:
    tree = read_tree(scheme)
    chosen = (each for each in tree.profiles if each.pk == profile_id)
    own = filter(None, map(tree.profile_of, sorted(standing.departments)))
    return SchemePage(
        scheme=scheme,
        tree=tree,
        profile=next(chosen, None),
        own=next(own, None),
        problems=problems(tree) if scheme.is_draft else [],
        left_out=list(_left_out(tree, units_on(standing.on))),
    )


def units_on(day: date) -> list[Department]:
    """當日的各單位；局機關本身不參加考核。"""
    existing = Department.objects.existing(day).exclude(kind=Department.Kind.BUREAU)
    return list(existing.order_by("position", "name"))


def _left_out(tree: SchemeTree, units: Iterable[Department]) -> Iterator[str]:
    """不屬任何一類、因而不參加考核的單位。"""
    return (unit.name for unit in units if tree.profile_of(unit.pk) is None)


def _rows(section: SectionNode, depth: int) -> Iterator[Row]:
    yield Row(section, depth)
    for line in section.criteria:
        yield Row(section, depth, line)
    for child in section.children:
        yield from _rows(child, depth + 1)
