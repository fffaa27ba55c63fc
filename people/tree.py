"""把單位排成樹：給組織架構頁左邊用。不查庫。"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from people.models import Department

KIND_ORDER = {kind: place for place, kind in enumerate(Department.Kind.values)}


@dataclass
class Node:
    department: Department
    groups: list[tuple[str, list["Node"]]] = field(default_factory=list)


def department_tree(departments: Iterable[Department]) -> list[Node]:
    """上級不在名單裏的（如已撤銷）當作頂層，不會漏掉一個單位。"""
    nodes = {department.pk: Node(department) for department in departments}
    children: dict[int | None, list[Node]] = {}
    for node in nodes.values():
        parent = node.department.parent_id
        children.setdefault(parent if parent in nodes else None, []).append(node)
    for node in nodes.values():
        node.groups = _by_kind(children.get(node.department.pk, []))
    return sorted(children.get(None, []), key=_place)


def in_tree_order(nodes: Iterable[Node]) -> list[Department]:
    """自上而下排成一列：下屬單位緊跟在上級後面，與左邊的樹一致。"""
    ordered = []
    for node in nodes:
        ordered.append(node.department)
        for _label, children in node.groups:
            ordered += in_tree_order(children)
    return ordered


def _by_kind(nodes: list[Node]) -> list[tuple[str, list[Node]]]:
    """同一上級下面按類別分組；只有一類時不用小標題。"""
    kinds: dict[str, list[Node]] = {}
    for node in sorted(nodes, key=_place):
        kinds.setdefault(node.department.kind, []).append(node)
    if len(kinds) == 1:
        return [("", next(iter(kinds.values())))]
    return [(str(Department.Kind(kind).label), group) for kind, group in kinds.items()]


def _place(node: Node) -> tuple[int, int, int]:
    department = node.department
    return (KIND_ORDER.get(department.kind, 9), department.position, department.pk)
