"""讀完之後的檢查：斷號、重號、空節、過長的款。只提問題，不改結果。"""

from collections.abc import Iterator

from pingtan_civ.lib.plan.numbering import ARTICLE, BULLET, chinese_numeral, read_mark
from pingtan_civ.lib.plan.types import ParsedPlan, Problem, Section

_LONG_CLAUSE = 200


def find_problems(plan: ParsedPlan) -> tuple[Problem, ...]:
    """按行排好的問題。"""
    found = [*_document(plan), *_section_numbers(plan), *_contents(plan), *_item_numbers(plan)]
    return tuple(sorted(found, key=lambda problem: problem.line))


def _document(plan: ParsedPlan) -> Iterator[Problem]:
    if not plan.sections:
        yield Problem(1, "沒有讀到正文，請檢查貼入的內容。")
        return
    if not plan.title:
        yield Problem(1, "沒有認出標題，請填寫。")
    if all(section.mark is None and section.heading is None for section in plan.sections):
        yield Problem(
            plan.sections[0].line, "沒有認出「一、」「第一章」一級的標題，請在預覽中分節。"
        )


def _section_numbers(plan: ParsedPlan) -> Iterator[Problem]:
    previous: Section | None = None
    for section in plan.sections:
        if section.ordinal is None:
            continue
        last = previous.ordinal or 0 if previous else 0
        if section.ordinal > last + 1:
            missing = "、".join(
                f"「{_like(section, n)}」" for n in range(last + 1, min(section.ordinal, last + 10))
            )
            after = f"「{previous.number}」" if previous else "開頭"
            yield Problem(
                section.line,
                f"節的序號不連續：{after}之後是「{section.number}」，缺少{missing}。"
                "已照印出的序號保留，請核對原文是否漏了一節。",
            )
        elif section.ordinal == last:
            yield Problem(section.line, f"節的序號「{section.number}」重複，已照原樣保留。")
        elif section.ordinal < last and section.ordinal != 1:
            yield Problem(section.line, f"節的序號「{section.number}」前後顛倒，已照原樣保留。")
        previous = section


def _like(section: Section, number: int) -> str:
    return str(number) if (section.number or "").isdigit() else chinese_numeral(number)


def _contents(plan: ParsedPlan) -> Iterator[Problem]:
    for section in plan.sections:
        if not section.items:
            yield Problem(section.line, f"「{section.heading or section.mark}」一節沒有內容。")
        for item in section.items:
            for clause in item.clauses:
                if len(clause.text) > _LONG_CLAUSE:
                    yield Problem(clause.line, "這一款超過 200 字，請看要不要再切分。")


def _item_numbers(plan: ParsedPlan) -> Iterator[Problem]:
    """條的斷號；各節連續編號（通編）不算斷號。"""
    running = 0
    for section in plan.sections:
        last = 0
        for item in section.items:
            mark = read_mark(item.mark + "　文") if item.mark else None
            if mark is None or mark.rank in (BULLET, ARTICLE):
                continue
            through = last == 0 and mark.number == running + 1
            if mark.number != last + 1 and not through:
                yield Problem(
                    item.line,
                    f"條的序號不連續：「{item.mark}」之前應是「{mark.number - 1}」。"
                    if mark.number > last + 1
                    else f"條的序號「{item.mark}」重複或前後顛倒，已照原樣保留。",
                )
            last = running = mark.number
