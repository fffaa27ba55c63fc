"""把讀出的樹還原成字：一個也不能少。"""

from collections import Counter
from collections.abc import Iterator

from pingtan_civ.lib.plan import ParsedPlan


def letters(plan: ParsedPlan) -> Counter[str]:
    """樹裏所有的字（空白不計）及其次數。"""
    return Counter("".join("".join(_parts(plan)).split()))


def _parts(plan: ParsedPlan) -> Iterator[str]:
    yield from (entry.text for entry in plan.header)
    yield from (entry.text for entry in plan.dropped)
    for section in plan.sections:
        yield (section.mark or "") + (section.heading or "") + section.heading_separator
        for item in section.items:
            yield (item.mark or "") + (item.heading or "") + item.heading_separator
            yield from (tag.text for tag in item.tags)
            yield from (clause.printed + clause.separator for clause in item.clauses)
