"""把查出的排成一個包：各文件夾、各文件在包裏的名字、說明和缺項的話。只有值，不碰存儲。

文字到這裏就定了繁簡：簡體的整份一起轉，人名一字不動；上傳的文件內容從不轉。
"""

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import F, QuerySet

from campaigns.models import Campaign, Objective
from campaigns.standing import Standing
from evidence.completeness import (
    STANDING_ASSIGNMENTS,
    missing_words,
    readable_rounds,
    says_nothing,
)
from evidence.packing.explanation import LIMIT, Statement, explain
from evidence.packing.names import Taken, padded, safe_name
from evidence.packing.scope import HANS, Scope
from evidence.packing.survey import Found, Survey, active_indicators, look
from people.models import Department
from people.naming import bureau_name
from pingtan_civ.lib.periods import ONCE
from pingtan_civ.lib.script import simplify
from reports.material import names_in
from reports.prose import period_words, typeset
from tasks.models import EvidenceLink, Measure, Round
from tasks.specification import dated

Says = Callable[[str], str]

OBJECTIVE_CHARACTERS = 20
INDICATOR_CHARACTERS = 28
UNIT_CHARACTERS = 14
MATTER_CHARACTERS = 36


@dataclass(frozen=True)
class Piece:
    """文件夾裏的一份佐證。path 是包裏的位置，stored 是存儲裏的位置，link 是哪一處佐證。"""

    link: int
    path: str
    stored: str
    sha256: str
    size: int
    is_picture: bool
    title: str
    unit: str
    period: str
    day: str
    number: str
    form: str


@dataclass(frozen=True)
class Want:
    """要的一種佐證。"""

    form: str
    wanted: int
    counted: int
    missing: int
    sentence: str


@dataclass(frozen=True)
class Refused:
    """採用了、但不合要求而沒有放進來的一份。"""

    title: str
    unit: str
    period: str
    why: str


@dataclass(frozen=True)
class Folder:
    """一項指標的文件夾。"""

    path: str
    code: str
    text: str
    explanation: str
    pieces: tuple[Piece, ...]
    wants: tuple[Want, ...]
    refused: tuple[Refused, ...]
    is_nil: bool
    is_lacking: bool

    @property
    def anchor(self) -> str:
        """目錄頁裏跳到這裏的記號。"""
        return f"i-{hashlib.sha256(self.path.encode()).hexdigest()[:10]}"


@dataclass(frozen=True)
class Chapter:
    """一個目標，下有若干指標。"""

    path: str
    code: str
    title: str
    folders: tuple[Folder, ...]


@dataclass(frozen=True)
class Pack:
    """一個包的全部內容。limits 是只要哪些單位；空是全部。"""

    campaign: str
    unit: str
    period: str
    script: str
    limits: str
    chapters: tuple[Chapter, ...]

    def folders(self) -> Iterator[Folder]:
        for chapter in self.chapters:
            yield from chapter.folders

    def pieces(self) -> Iterator[Piece]:
        for folder in self.folders():
            yield from folder.pieces

    @property
    def size(self) -> int:
        return sum(piece.size for piece in self.pieces())

    @property
    def lacking(self) -> list[Folder]:
        return [folder for folder in self.folders() if folder.is_lacking]

    @property
    def fingerprint(self) -> str:
        """內容的指紋：佐證、說明、要求、名稱、次序有一處不同就不同。"""
        text = json.dumps(asdict(self), ensure_ascii=False, sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()

    def says(self, text: str) -> str:
        """固定的說法隨包的繁簡。"""
        return simplify(text) if self.script == HANS else text


def gather(campaign: Campaign, scope: Scope, standing: Standing | None) -> Pack:
    """照範圍查出並排好。查詢次數固定，不隨數據增長。"""
    survey = look(campaign, scope, standing, active_indicators(campaign))
    rounds = list(_accepted_rounds(campaign, scope, standing, survey))
    units = Department.objects.filter(pk__in=scope.departments) if scope.departments else []
    says = _converter(scope.script, survey, rounds)
    statements: dict[int, list[Statement]] = {}
    for row in rounds:
        statements.setdefault(row["indicator"], []).append(_statement(row, says))
    return Pack(
        campaign=says(typeset(campaign.name)),
        unit=says(bureau_name()),
        period=says(period_words(scope.start, scope.end)),
        script=scope.script,
        limits=says("、".join(unit.name for unit in units)),
        chapters=tuple(_chapters(survey, statements, says)),
    )


def _accepted_rounds(
    campaign: Campaign, scope: Scope, standing: Standing | None, survey: Survey
) -> QuerySet[Round, dict[str, Any]]:
    """各指標審核通過的各期：牽頭在前，近的在前。"""
    submission = "submission__assignment"
    rows = readable_rounds(campaign, standing).filter(
        number=F("submission__round_number"),
        decision=Round.Decision.ACCEPTED,
        submission__assignment__state__in=STANDING_ASSIGNMENTS,
        submission__assignment__measure__state__in=(Measure.State.ISSUED, Measure.State.CLOSED),
        submission__period_start__lte=scope.end,
        submission__period_end__gte=scope.start,
        submission__assignment__measure__indicators__in=[
            each.indicator.pk for each in survey.found
        ],
    )
    if scope.departments:
        rows = rows.filter(submission__assignment__department__in=scope.departments)
    return rows.order_by(
        f"{submission}__role", "-submission__period_end", f"{submission}__measure__position", "pk"
    ).values(
        "narrative",
        "is_nil",
        "nil_reason",
        indicator=F(f"{submission}__measure__indicators"),
        unit=F(f"{submission}__department__name"),
        period=F("submission__name"),
    )


def _statement(row: dict[str, Any], says: Says) -> Statement:
    text = "" if says_nothing(row["narrative"]) else row["narrative"]
    if row["is_nil"]:
        text = f"本期零報告，{row['nil_reason']}" if row["nil_reason"] else "本期零報告。"
    return Statement(says(row["unit"]), says(row["period"]), says(text))


def _converter(script: str, survey: Survey, rounds: list[dict[str, Any]]) -> Says:
    if script != HANS:
        return lambda text: text
    links = [link for each in survey.found for link in each.links]
    links += [out.link for each in survey.found for out in each.left_out]
    texts = [row["narrative"] + row["nil_reason"] for row in rounds]
    texts += [f"{link.name}\n{link.caption}" for link in links]
    keep = names_in("\n".join(texts))
    return lambda text: simplify(text, keep, quotes=True)


def _chapters(
    survey: Survey, statements: dict[int, list[Statement]], says: Says
) -> Iterator[Chapter]:
    groups: dict[int, tuple[Objective, list[Found]]] = {}
    for each in survey.found:
        objective = each.indicator.objective
        groups.setdefault(objective.pk, (objective, []))[1].append(each)
    taken = Taken()
    for objective, found in groups.values():
        title = says(typeset(objective.title))
        stem = f"{objective.number:02d} {safe_name(title, OBJECTIVE_CHARACTERS)}"
        path = taken.unique(stem)
        inside = Taken()
        yield Chapter(
            path=path,
            code=objective.code,
            title=title,
            folders=tuple(
                _folder(each, path, inside, statements.get(each.indicator.pk, []), says)
                for each in found
            ),
        )


def _folder(
    found: Found, chapter: str, taken: Taken, statements: list[Statement], says: Says
) -> Folder:
    text = says(typeset(found.indicator.clause.text))
    code = safe_name(padded(found.indicator.code), 12)
    path = f"{chapter}/{taken.unique(f'{code} {safe_name(text, INDICATOR_CHARACTERS)}')}"
    head = f"{found.indicator.code} {_short(text, 60)}\n"
    words = explain(statements, LIMIT - len(head))
    return Folder(
        path=path,
        code=found.indicator.code,
        text=text,
        explanation=head + (words or says("這一時期沒有審核通過的情況說明。")),
        pieces=tuple(_pieces(found, path, says)),
        wants=tuple(_wants(found, says)),
        refused=tuple(
            Refused(
                title=says(_title(out.link)),
                unit=says(_unit(out.link)),
                period=says(_period(out.link)),
                why=says("".join(out.reasons)),
            )
            for out in found.left_out
        ),
        is_nil=found.gap.is_nil,
        is_lacking=found.is_lacking,
    )


def _short(text: str, limit: int) -> str:
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def _wants(found: Found, says: Says) -> Iterator[Want]:
    for held in found.gap.held:
        sentence = missing_words(held) if held.missing else ""
        form = says(held.spec.form.name)
        yield Want(form, held.wanted, held.counted, held.missing, says(sentence))


def _pieces(found: Found, folder: str, says: Says) -> Iterator[Piece]:
    """序號-單位-事項-日期：序號位數一樣，按名字排也是這個次序。"""
    taken, width = Taken(), max(2, len(str(len(found.links))))
    for number, link in enumerate(found.links, 1):
        title, unit, when = says(_title(link)), says(_unit(link)), says(_when(link))
        stem = "-".join(
            [
                f"{number:0{width}d}",
                safe_name(unit, UNIT_CHARACTERS),
                safe_name(_matter(title, unit, when), MATTER_CHARACTERS),
                safe_name(when, UNIT_CHARACTERS),
            ]
        )
        yield Piece(
            link=link.pk,
            path=f"{folder}/{taken.unique(stem, f'.{link.file.extension}')}",
            stored=link.file.path,
            sha256=link.file.sha256,
            size=link.file.size,
            is_picture=link.file.is_picture,
            title=title,
            unit=unit,
            period=says(_period(link)),
            day=day.isoformat() if (day := dated(link)) else "",
            number=says(link.number),
            form=says(link.form.name) if link.form else "",
        )


def _title(link: EvidenceLink) -> str:
    """說明寫了的用說明，否則用文件名（去掉擴展名）。"""
    return link.caption.strip() or link.name.rsplit(".", 1)[0].strip() or link.name


def _unit(link: EvidenceLink) -> str:
    return link.round.submission.assignment.department.name


def _when(link: EvidenceLink) -> str:
    """20261118；沒有註明日期的寫報送期。"""
    day = dated(link)
    return f"{day:%Y%m%d}" if day else _period(link)


def _period(link: EvidenceLink) -> str:
    """報送期的名稱；一次性的寫年份。"""
    submission = link.round.submission
    return f"{submission.period_end.year}年" if submission.label == ONCE else submission.name


def _matter(title: str, unit: str, when: str) -> str:
    """事項裏不重複前面已有的單位和後面的日期。"""
    return title.removeprefix(unit).replace(f"（{when}）", "") or title
