"""把值寫成庫裏的行：整份一次寫全，或只寫一條測評內容。權限、狀態由調用的服務先查。"""

from collections.abc import Iterable, Sequence
from typing import Any

from django.db.models import Model

from evaluations.models import (
    Criterion,
    CriterionStep,
    Grade,
    Profile,
    ProfileDepartment,
    Scheme,
    Section,
    Standard,
    hundredths_of,
)
from evaluations.schemes import (
    CriterionLine,
    GradeLine,
    ProfileLine,
    Ref,
    SchemeTree,
    SectionNode,
)
from pingtan_civ.lib.scoring import Step


def write_tree(scheme: Scheme, tree: SchemeTree) -> None:
    """給一份還空着的草稿寫上全部內容。每種行一次寫入，不隨條數增長。"""
    profiles = _write_profiles(scheme, tree.profiles)
    write_grades(scheme, tree.grades)
    tops = [_section(scheme, place, node, profiles) for place, node in enumerate(tree.sections)]
    Section.objects.bulk_create(tops)
    pairs = list(zip(tops, tree.sections, strict=True))
    below = [
        (_section(scheme, place, child, profiles, parent), child)
        for parent, node in pairs
        for place, child in enumerate(node.children)
    ]
    Section.objects.bulk_create(section for section, _node in below)
    lines = [
        (criterion_row(section, place, line), line)
        for section, node in [*pairs, *below]
        for place, line in enumerate(node.criteria)
    ]
    Criterion.objects.bulk_create(row for row, _line in lines)
    fill_criteria(lines)


def _write_profiles(scheme: Scheme, lines: Sequence[ProfileLine]) -> dict[str, Profile]:
    rows = Profile.objects.bulk_create(
        Profile(scheme=scheme, name=line.name, position=place) for place, line in enumerate(lines)
    )
    pairs = list(zip(rows, lines, strict=True))
    write_members(scheme, pairs)
    return {row.name: row for row in rows}


def write_members(scheme: Scheme, pairs: Iterable[tuple[Profile, ProfileLine]]) -> None:
    ProfileDepartment.objects.bulk_create(
        ProfileDepartment(scheme=scheme, profile=profile, department_id=unit.pk)
        for profile, line in pairs
        for unit in line.departments
    )


def write_grades(scheme: Scheme, lines: Iterable[GradeLine]) -> None:
    Grade.objects.bulk_create(
        Grade(
            scheme=scheme,
            name=line.name,
            at_least_hundredths=hundredths_of(line.at_least),
            is_failing=line.is_failing,
        )
        for line in lines
    )


def _section(
    scheme: Scheme,
    place: int,
    node: SectionNode,
    profiles: dict[str, Profile],
    parent: Section | None = None,
) -> Section:
    return Section(
        scheme=scheme,
        parent=parent,
        part=node.part.value,
        profile=profiles.get(node.profile),
        number=node.number,
        title=node.title,
        objective_id=_pk(node.objective),
        position=place,
    )


def criterion_row(section: Section, place: int, line: CriterionLine) -> Criterion:
    """一條測評內容本身，不連檔次、標準和指標；還沒有寫入。"""
    return Criterion(section=section, position=place, **criterion_values(line))


def criterion_values(line: CriterionLine) -> dict[str, Any]:
    return {
        "number": line.number,
        "text": line.text,
        "full_hundredths": hundredths_of(line.rule.full),
        "rule": line.rule.kind.value,
        "each_hundredths": hundredths_of(line.rule.each),
        "scorer": line.scorer,
        "scoring_department_id": _pk(line.scoring_department),
        "figure": line.figure,
        "may_not_apply": line.may_not_apply,
        "survey_options": line.survey_options,
        "note": line.note,
    }


def fill_criteria(lines: Sequence[tuple[Criterion, CriterionLine]]) -> None:
    """寫上各條的檔次、指標和標準。各條已寫入，這些還空着。"""
    CriterionStep.objects.bulk_create(
        _step(row, place, step) for row, line in lines for place, step in enumerate(line.rule.steps)
    )
    _link(Criterion.indicators, [(row, line.indicators) for row, line in lines])
    standards = [
        (
            Standard(
                criterion=row,
                number=each.number,
                text=each.text,
                method=each.method,
                second_method=each.second_method,
                clause_id=_pk(each.clause),
                position=place,
            ),
            each.forms,
        )
        for row, line in lines
        for place, each in enumerate(line.standards)
    ]
    Standard.objects.bulk_create(row for row, _forms in standards)
    _link(Standard.forms, standards)


def _step(row: Criterion, place: int, step: Step) -> CriterionStep:
    points = {"points": step.points, "percent": step.percent, "at_least": step.at_least}
    return CriterionStep(
        criterion=row,
        label=step.label,
        position=place,
        **{
            f"{name}_hundredths": None if value is None else hundredths_of(value)
            for name, value in points.items()
        },
    )


def _link(relation: Any, pairs: Sequence[tuple[Model, Sequence[Ref]]]) -> None:
    """多對多：一次寫入全部的連線。"""
    field = relation.field
    relation.through.objects.bulk_create(
        relation.through(
            **{
                f"{field.m2m_field_name()}_id": row.pk,
                f"{field.m2m_reverse_field_name()}_id": ref.pk,
            }
        )
        for row, refs in pairs
        for ref in refs
    )


def _pk(ref: Ref | None) -> int | None:
    return ref.pk if ref else None
