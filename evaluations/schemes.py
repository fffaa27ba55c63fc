"""考核辦法讀成一棵樹：純值，頁面、Excel、評分都只從這裏讀；怎樣才算齊也在這裏查。

查詢次數固定（六次），與辦法有多長無關。樹與庫裏的主鍵可以分開：兩棵樹相等，
說的是兩份辦法內容相同（抄出的下一版、導出再讀回的一份，都與原來的相等）。
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from django.db.models import F, Model, QuerySet
from django.utils.translation import gettext as _

from evaluations.models import (
    Criterion,
    Profile,
    Scheme,
    Scorer,
    Section,
    Standard,
)
from pingtan_civ.lib.scoring import ZERO, Part, Rule, RuleKind, Step, show

STEPPED = (RuleKind.BANDS, RuleKind.STEPS, RuleKind.BONUS_STEPS)
"""沒有檔次就算不出分的規則。"""
BY_FIGURE = (RuleKind.STEPS, RuleKind.PRO_RATA)
"""系統取的數能直接算分的規則。"""


@dataclass(frozen=True)
class Ref:
    """指着庫裏的一行：主鍵和給人看的名字（單位、佐證形式的名稱，指標、條文、目標的編碼）。"""

    pk: int
    name: str


@dataclass(frozen=True)
class StandardLine:
    """一條測評標準。"""

    number: str
    text: str
    method: str
    second_method: str = ""
    forms: tuple[Ref, ...] = ()
    clause: Ref | None = None


@dataclass(frozen=True)
class CriterionLine:
    """一條測評內容，連同檔次（在 rule 裏）和標準。"""

    number: str
    text: str
    rule: Rule
    scorer: str = Scorer.OFFICE
    scoring_department: Ref | None = None
    figure: str = ""
    may_not_apply: bool = False
    indicators: tuple[Ref, ...] = ()
    note: str = ""
    survey_options: str = ""
    standards: tuple[StandardLine, ...] = ()
    pk: int | None = field(default=None, compare=False)

    @property
    def full(self) -> Decimal:
        return self.rule.full


@dataclass(frozen=True)
class SectionNode:
    """測評項目或測評指標。part、profile 下一層與上一層相同；profile 空着的人人都考。"""

    number: str
    title: str
    part: Part = Part.BASE
    profile: str = ""
    objective: Ref | None = None
    children: tuple["SectionNode", ...] = ()
    criteria: tuple[CriterionLine, ...] = ()
    pk: int | None = field(default=None, compare=False)

    def walk(self) -> Iterator["SectionNode"]:
        yield self
        for child in self.children:
            yield from child.walk()

    def all_criteria(self) -> Iterator[CriterionLine]:
        for section in self.walk():
            yield from section.criteria

    @property
    def points(self) -> Decimal:
        """本項（連同下一層）各條分值之和。"""
        return sum((each.full for each in self.all_criteria()), ZERO)


@dataclass(frozen=True)
class ProfileLine:
    """計分類別和屬於它的單位。"""

    name: str
    departments: tuple[Ref, ...] = ()
    pk: int | None = field(default=None, compare=False)


@dataclass(frozen=True)
class GradeLine:
    name: str
    at_least: Decimal
    is_failing: bool = False


@dataclass(frozen=True)
class ProfileSum:
    """一類單位的基本分：共同部分、本類部分、合計，和總分差多少（少了為正）。"""

    name: str
    common: Decimal
    own: Decimal
    gap: Decimal

    @property
    def total(self) -> Decimal:
        return self.common + self.own


@dataclass(frozen=True)
class SchemeTree:
    """一份考核辦法的全部內容。"""

    title: str
    full: Decimal
    bonus_cap: Decimal | None = None
    penalty_cap: Decimal | None = None
    note: str = ""
    profiles: tuple[ProfileLine, ...] = ()
    grades: tuple[GradeLine, ...] = ()
    sections: tuple[SectionNode, ...] = ()

    def walk(self) -> Iterator[SectionNode]:
        for section in self.sections:
            yield from section.walk()

    def all_criteria(self) -> Iterator[CriterionLine]:
        for section in self.sections:
            yield from section.all_criteria()

    def profile_of(self, department_id: int) -> ProfileLine | None:
        """一個單位按哪一類計分；不參加考核的為 None。"""
        for profile in self.profiles:
            if any(each.pk == department_id for each in profile.departments):
                return profile
        return None

    def sections_for(self, profile: str) -> tuple[SectionNode, ...]:
        """這一類單位考的各項：共同的和自己的。"""
        return tuple(each for each in self.sections if each.profile in ("", profile))

    def sums(self) -> list[ProfileSum]:
        """各類的基本分合計。"""
        by_profile: dict[str, Decimal] = defaultdict(lambda: ZERO)
        for section in self.sections:
            if section.part is Part.BASE:
                by_profile[section.profile] += section.points
        common = by_profile[""]
        return [
            ProfileSum(
                name=each.name,
                common=common,
                own=by_profile[each.name],
                gap=self.full - common - by_profile[each.name],
            )
            for each in self.profiles
        ]


# ── 讀 ────────────────────────────────────────────────


def read_tree(scheme: Scheme) -> SchemeTree:
    """一次讀全。"""
    profiles = _profiles(scheme)
    names = {each.pk: each.name for each in profiles}
    return SchemeTree(
        title=scheme.title,
        full=scheme.full,
        bonus_cap=scheme.bonus_cap,
        penalty_cap=scheme.penalty_cap,
        note=scheme.note,
        profiles=profiles,
        grades=tuple(
            GradeLine(each.name, each.at_least, each.is_failing) for each in scheme.grades.all()
        ),
        sections=_sections(scheme, names),
    )


def _profiles(scheme: Scheme) -> tuple[ProfileLine, ...]:
    """各類和它的單位，一次查詢；還沒有單位的一類也在。"""
    rows = Profile.objects.filter(scheme=scheme).order_by(
        "position", "pk", "members__department__position", "members__department__name"
    )
    members: dict[tuple[int, str], list[Ref]] = {}
    for pk, name, unit, unit_name in rows.values_list(
        "pk", "name", "members__department", "members__department__name"
    ):
        held = members.setdefault((pk, name), [])
        if unit:
            held.append(Ref(unit, unit_name))
    return tuple(ProfileLine(name, tuple(held), pk) for (pk, name), held in members.items())


def _sections(scheme: Scheme, profiles: dict[int, str]) -> tuple[SectionNode, ...]:
    below: dict[int | None, list[Section]] = defaultdict(list)
    for section in Section.objects.filter(scheme=scheme).select_related("objective"):
        below[section.parent_id].append(section)
    criteria: dict[int, list[CriterionLine]] = defaultdict(list)
    rows = Criterion.objects.filter(section__scheme=scheme)
    standards = standards_of(Standard.objects.filter(criterion__section__scheme=scheme))
    found = rows.select_related("scoring_department").prefetch_related("indicators").with_steps()
    for row, steps in sorted(found, key=lambda each: (each[0].position, each[0].pk)):
        line = _criterion_line(row, steps, standards.get(row.pk, []))
        criteria[row.section_id].append(line)

    def node(section: Section, part: Part, profile: str) -> SectionNode:
        return SectionNode(
            number=section.number,
            title=section.title,
            part=part,
            profile=profile,
            objective=_ref(section.objective, "code"),
            children=tuple(node(child, part, profile) for child in below[section.pk]),
            criteria=tuple(criteria[section.pk]),
            pk=section.pk,
        )

    return tuple(
        node(each, Part(each.part), profiles.get(each.profile_id, "")) for each in below[None]
    )


def _criterion_line(
    row: Criterion, steps: Iterable[Step], standards: Iterable[StandardLine]
) -> CriterionLine:
    """庫裏的一條 → 值。indicators 要先取好。"""
    return CriterionLine(
        number=row.number,
        text=row.text,
        rule=row.scoring_rule(steps),
        scorer=row.scorer,
        scoring_department=_ref(row.scoring_department, "name"),
        figure=row.figure,
        may_not_apply=row.may_not_apply,
        indicators=tuple(Ref(each.pk, each.code) for each in row.indicators.all()),
        note=row.note,
        survey_options=row.survey_options,
        standards=tuple(standards),
        pk=row.pk,
    )


def standards_of(rows: QuerySet[Standard]) -> dict[int, list[StandardLine]]:
    """各條的測評標準，按次序；連同佐證形式、條文的編碼一次查詢：一種形式連出一行。"""
    rows = rows.annotate(
        form=F("forms"), form_name=F("forms__name"), clause_code=F("clause__code")
    ).order_by("position", "pk", "forms__position", "forms__pk")
    found: dict[int, tuple[Standard, list[Ref]]] = {}
    for row in rows:
        _row, forms = found.setdefault(row.pk, (row, []))
        if row.form:
            forms.append(Ref(row.form, row.form_name))
    lines: dict[int, list[StandardLine]] = {}
    for row, forms in found.values():
        lines.setdefault(row.criterion_id, []).append(_standard_line(row, forms))
    return lines


def _standard_line(row: Standard, forms: Iterable[Ref]) -> StandardLine:
    return StandardLine(
        number=row.number,
        text=row.text,
        method=row.method,
        second_method=row.second_method,
        forms=tuple(forms),
        clause=Ref(row.clause_id, row.clause_code) if row.clause_id else None,
    )


def _ref(row: Model | None, name: str) -> Ref | None:
    return Ref(row.pk, getattr(row, name)) if row else None


# ── 查 ────────────────────────────────────────────────


@dataclass(frozen=True)
class Problem:
    """辦法裏還不能用的一處：在哪裏、一句話。"""

    where: str
    text: str
    criterion: int | None = None
    """說的是哪一條測評內容（主鍵），頁上連過去。"""

    def __str__(self) -> str:
        return _("%(where)s：%(text)s") % {"where": self.where, "text": self.text}


def problems(tree: SchemeTree) -> list[Problem]:
    """啟用之前要改的全部；空的就可以啟用。"""
    return [
        *_sum_problems(tree),
        *_grade_problems(tree),
        *_number_problems(tree),
        *(found for section in tree.walk() for found in _section_problems(section)),
    ]


def _sum_problems(tree: SchemeTree) -> Iterator[Problem]:
    if not tree.profiles:
        sentence = _("還沒有計分類別。至少設一類，選好哪些單位屬於它。")
        yield Problem(_("類別與單位"), sentence)
    for each in tree.sums():
        if each.gap:
            words = {
                "name": each.name,
                "total": show(each.total),
                "full": show(tree.full),
                "gap": show(abs(each.gap)),
            }
            sentence = (
                _("%(name)s合計 %(total)s 分，差 %(gap)s 分，要正好 %(full)s 分。")
                if each.gap > 0
                else _("%(name)s合計 %(total)s 分，多 %(gap)s 分，要正好 %(full)s 分。")
            )
            yield Problem(_("分值"), sentence % words)


def _grade_problems(tree: SchemeTree) -> Iterator[Problem]:
    if not tree.grades:
        yield Problem(_("等次"), _("還沒有等次。至少設一等，最低的一等下限是 0 分。"))
    elif not any(each.at_least == 0 for each in tree.grades):
        lowest = min(tree.grades, key=lambda each: each.at_least)
        sentence = _("最低的「%(name)s」下限是 %(least)s 分，再低的沒有等次。請設一等下限為 0 分。")
        words = {"name": lowest.name, "least": show(lowest.at_least)}
        yield Problem(_("等次"), sentence % words)


def _number_problems(tree: SchemeTree) -> Iterator[Problem]:
    """編號是人們嘴上說的，全份不能有兩個一樣的。"""
    kinds = {
        _("測評項目"): [section.number for section in tree.walk()],
        _("測評內容"): [each.number for each in tree.all_criteria()],
    }
    for kind, numbers in kinds.items():
        for number, count in Counter(numbers).items():
            if count > 1:
                sentence = _("編號用了 %(count)d 次，請改成各不相同。") % {"count": count}
                yield Problem(f"{kind} {number}", sentence)


def _section_problems(section: SectionNode) -> Iterator[Problem]:
    if not section.children and not section.criteria:
        sentence = _("下面還沒有測評內容；不要的請刪去。")
        yield Problem(_("測評項目 %(number)s") % {"number": section.number}, sentence)
    for each in section.criteria:
        where = _("測評內容 %(number)s") % {"number": each.number}
        for sentence in _criterion_problems(each, section.part):
            yield Problem(where, sentence, each.pk)


def _criterion_problems(line: CriterionLine, part: Part) -> Iterator[str]:
    rule = line.rule
    yield from _place_problems(rule, part)
    yield from _rule_problems(rule)
    if (line.scorer == Scorer.DEPARTMENT) != (line.scoring_department is not None):
        yield _("評分方是「指定科室」時，請選評分科室；不是時不選。")
    if (line.scorer == Scorer.SYSTEM) != bool(line.figure):
        yield _("評分方是「系統取數」時，請選用哪個數；不是時不選。")
    if line.scorer == Scorer.SYSTEM and rule.kind not in BY_FIGURE:
        names = "、".join(f"「{rule_label(kind)}」" for kind in BY_FIGURE)
        yield _("系統取的是百分數，計分規則只能用%(names)s。") % {"names": names}


def _place_problems(rule: Rule, part: Part) -> Iterator[str]:
    """規則算在哪一塊，就要放在哪一塊。"""
    if rule.part is part:
        return
    words = {"rule": rule_label(rule.kind), "place": _PLACES[rule.part], "here": _PLACES[part]}
    yield (
        _("計分規則「%(rule)s」只能放在%(place)s項目裏，現在放在%(here)s項目裏。")
        % {key: str(value) for key, value in words.items()}
    )


_PLACES = {
    Part.BASE: Section.Part.BASE.label,
    Part.BONUS: Section.Part.BONUS.label,
    Part.PENALTY: Section.Part.PENALTY.label,
}


def _rule_problems(rule: Rule) -> Iterator[str]:
    if rule.part is Part.BASE and rule.full <= 0:
        yield _("分值要大於 0。")
    if rule.kind in STEPPED and not rule.steps:
        yield _("按檔次給分，還沒有寫檔次。")
    if rule.kind is RuleKind.DEDUCT_EACH and not rule.each:
        yield _("寫明每次扣多少分。")
    if rule.kind is RuleKind.PENALTY and not rule.each and not rule.steps:
        yield _("寫明每次扣多少分，或者寫檔次。")
    for step in rule.steps:
        yield from _step_problems(rule, step)
    limits = Counter(step.at_least for step in rule.steps if rule.kind is RuleKind.STEPS)
    for limit, count in limits.items():
        if limit is not None and count > 1:
            yield _("有 %(count)d 檔的數值下限都是 %(limit)s，請改成各不相同。") % {
                "count": count,
                "limit": show(limit),
            }


def _step_problems(rule: Rule, step: Step) -> Iterator[str]:
    words = {"step": step.label}
    if rule.kind is RuleKind.STEPS and step.at_least is None:
        yield _("檔次「%(step)s」沒有寫數值下限。") % words
    if (step.points is None) == (step.percent is None):
        yield _("檔次「%(step)s」寫分數或滿分的百分之幾，只寫一樣。") % words
    elif rule.part is Part.BASE and step.worth(rule.full) > rule.full:
        words |= {"points": show(step.worth(rule.full)), "full": show(rule.full)}
        yield _("檔次「%(step)s」給 %(points)s 分，超過本條分值 %(full)s 分。") % words
    elif step.percent is not None and not rule.full:
        yield _("檔次「%(step)s」按百分比給分，本條卻沒有寫分值。請改寫分數。") % words


# ── 說 ────────────────────────────────────────────────


def rule_label(kind: RuleKind) -> str:
    return str(Criterion.Rule(kind.value).label)


def rule_words(rule: Rule) -> str:
    """計分辦法，一句話：表上、Excel 的說明裏都這樣寫。"""
    words = {"full": show(rule.full), "each": show(rule.each), "steps": _steps_words(rule)}
    return _RULE_WORDS[rule.kind](rule) % words


def _steps_words(rule: Rule) -> str:
    return _("，").join(_step_words(rule, step) for step in rule.steps)


def _step_words(rule: Rule, step: Step) -> str:
    words = {
        "step": step.label,
        "points": show(step.worth(rule.full)),
        "limit": show(step.at_least) if step.at_least is not None else "",
    }
    if rule.kind is RuleKind.STEPS:
        return _("%(step)s（%(limit)s 以上）%(points)s 分") % words
    return _("%(step)s %(points)s 分") % words


def _bonus_words(rule: Rule) -> str:
    if rule.full:
        return _("按級別加分：%(steps)s；同一事只取最高，本條最多加 %(full)s 分。")
    return _("按級別加分：%(steps)s；同一事只取最高。")


def _penalty_words(rule: Rule) -> str:
    taken = _("按情節扣：%(steps)s") if rule.steps else _("每次扣 %(each)s 分")
    if rule.full:
        return taken + _("；隱瞞不報的加倍，本條最多扣 %(full)s 分。")
    return taken + _("；隱瞞不報的加倍。")


_RULE_WORDS = {
    RuleKind.BINARY: lambda rule: _("達到要求得 %(full)s 分，達不到不得分。"),
    RuleKind.PRO_RATA: lambda rule: _("完成多少按比例得多少，超額不多得。"),
    RuleKind.DEDUCT_EACH: lambda rule: _("每發現一次扣 %(each)s 分，扣完為止。"),
    RuleKind.BANDS: lambda rule: _("分檔評定：%(steps)s。"),
    RuleKind.STEPS: lambda rule: _("按數值：%(steps)s，再低不得分。"),
    RuleKind.BONUS_STEPS: _bonus_words,
    RuleKind.PENALTY: _penalty_words,
    RuleKind.MANUAL: lambda rule: _("評分人在 0 至 %(full)s 分之間給分，註明理由。"),
}
