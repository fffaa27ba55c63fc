"""評分表上的草稿：交來的字裏哪幾條與保存過的不一樣，存過的草稿怎樣擺回表上，誰也在填。"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from evaluations.forms_marks import MarkForm, mark_forms
from evaluations.models import Score, Sheet, SheetDraft
from evaluations.sheets import SheetLine
from people.models import User

TypedLine = dict[str, str]
Typed = dict[str, TypedLine]
_SCORE_ID = re.compile(r"[1-9]\d{0,17}", re.ASCII)
_MATTER = re.compile(r"(matter|step|times|is_concealed)_\d{1,3}", re.ASCII)


@dataclass(frozen=True)
class Colleague:
    """也在填這張表的人：存了草稿而沒有保存的各條。"""

    who: User
    saved_at: datetime
    numbers: str


def colleague_words(row: Colleague) -> str:
    return _("%(who)s %(when)s 也填過%(numbers)s，存成草稿，還沒有保存。") % {
        "who": row.who,
        "when": f"{localtime(row.saved_at):%m-%d %H:%M}",
        "numbers": row.numbers,
    }


@dataclass(frozen=True)
class Drafts:
    """一張表的一欄裏的草稿：自己的一份，和別人的。"""

    mine: SheetDraft | None = None
    others: tuple[SheetDraft, ...] = ()
    own: tuple[SheetDraft, ...] = ()
    """自己在各欄的，連同已經不能填的那一欄的。"""

    @property
    def version(self) -> int:
        return self.mine.version if self.mine else 0

    @property
    def typed(self) -> Mapping[str, Mapping[str, str]]:
        return self.mine.typed if self.mine else {}

    def colleagues(self, numbers: Mapping[int, str]) -> list[Colleague]:
        """numbers：歸自己填的各條的編號；別人填的與它們不相干的不說。"""
        found = []
        for draft in self.others:
            shared = [number for key, number in numbers.items() if str(key) in draft.typed]
            if shared:
                found.append(Colleague(draft.by, draft.saved_at, "、".join(shared)))
        return found


def draft_key(sheet: Sheet, stage: str) -> str:
    """這份草稿在會話和本機裏的名字。"""
    return f"sheet-{sheet.pk}-{stage}"


def drafts_of(sheet: Sheet, stage: str, user_id: int) -> Drafts:
    """一次查詢；打開表時問清了一份也沒有的不查。"""
    if not getattr(sheet, "has_drafts", True):
        return Drafts()
    rows = list(SheetDraft.objects.filter(sheet=sheet).select_related("by"))
    own = tuple(row for row in rows if row.by_id == user_id)
    mine = next((row for row in own if row.stage == stage), None)
    others = (row for row in rows if row.by_id != user_id and row.stage == stage and row.typed)
    return Drafts(mine, tuple(others), own)


def typed_in(forms: Mapping[int, MarkForm], sheet: Sheet, stage: str) -> Typed:
    """交來的字裏，與打開時保存着的不一樣的各條。有人後來改過的才多查一次。"""
    posted = {key: _posted(form) for key, form in forms.items()}
    moved = [
        int(line["seen"])
        for key, line in posted.items()
        if _SCORE_ID.fullmatch(line.get("seen", "")) and int(line["seen"]) != _current(forms[key])
    ]
    rows = Score.objects.filter(pk__in=moved, sheet=sheet, stage=stage) if moved else ()
    old = {str(row.pk): row for row in rows}
    return {
        str(key): line
        for key, line in posted.items()
        if said(line) != forms[key].shown(_baseline(forms[key], line, old))
    }


def _baseline(form: MarkForm, line: TypedLine, old: Mapping[str, Score]) -> Any:
    """打開這一條時存着的評分；還沒有評過的為空。"""
    seen = line.get("seen", "")
    if seen == str(_current(form)):
        return form.line.entry_of(form.stage)
    return old.get(seen)


def _current(form: MarkForm) -> int:
    entry = form.line.entry_of(form.stage)
    return entry.score_id if entry else 0


def _posted(form: MarkForm) -> TypedLine:
    """這一條交來的字，空着的不記。"""
    start = f"{form.prefix}-"
    found = {}
    for name, value in form.data.items():
        known = name.removeprefix(start)
        if name == known or not (known in form.fields or _MATTER.fullmatch(known)):
            continue
        if text := str(value).replace("\r\n", "\n").strip():
            found[known] = text
    return found


def said(line: Mapping[str, str]) -> TypedLine:
    """填的字，不算打開時的版本。"""
    return {name: value for name, value in line.items() if name != "seen"}


def lay_out(forms: Collection[MarkForm]) -> None:
    """擺回了草稿的各條，別人後來存過的，說出他存的是什麼。"""
    for form in forms:
        if form.is_draft and form.typed.get("seen") != str(_current(form)):
            form.other = words_of_saved(form)


def words_of_saved(form: MarkForm) -> str:
    """這一條現在存着的：誰評的、多少分、為什麼。"""
    entry = form.line.entry_of(form.stage)
    if entry is None:
        return ""
    why = "，".join(filter(None, (entry.why, entry.reason)))
    words = {
        "who": entry.by or _("系統"),
        "what": _("不適用")
        if entry.is_not_applicable
        else _("%(points)s 分") % {"points": entry.points},
        "why": _("（%(why)s）") % {"why": why} if why else "",
    }
    return (
        _("%(who)s後來存過這一條：%(what)s%(why)s。下面是您填的，看過再按保存，就以您的為準。")
        % words
    )


def words_of_draft(form: MarkForm, line: Mapping[str, str]) -> str:
    """草稿裏這一條填的：各欄的名字和字。"""
    # 草稿裏的事可以比頁上的多幾行，照草稿的行數擺。
    form = MarkForm(form.line, form.stage, typed=line, offers=form.offers)
    parts = []
    for name, bound in form.fields.items():
        value = line.get(name, "")
        if not value or name == "seen":
            continue
        options = dict(getattr(bound, "choices", ()))
        shown = "" if value == "on" else str(options.get(value, value))
        parts.append(" ".join(filter(None, (str(bound.label), shown))))
    return "，".join(parts) or _("沒有填")


def lay_beside(forms: Mapping[int, MarkForm], stored: Mapping[str, Mapping[str, str]]) -> None:
    """頁上填的與另一處存的草稿不一樣的各條，把另一處填的寫在旁邊。"""
    for key, form in forms.items():
        there = stored.get(str(key), {})
        if said(_posted(form)) == said(there) or not there:
            continue
        form.other = _("您在另一處的草稿裏填的是：%(what)s。下面是這一頁填的。") % {
            "what": words_of_draft(form, there)
        }


def left_over(
    sheet: Sheet, drafts: Drafts, stage: str, lines: Collection[SheetLine]
) -> list[tuple[str, str]]:
    """那一欄已經不能填了，草稿裏還有沒有保存的各條：（編號，填的是什麼），人自己抄走。"""
    found = []
    for draft in drafts.own:
        if draft.stage == stage or not draft.typed:
            continue
        kept = [line for line in lines if draft.typed.get(str(line.criterion_id))]
        forms = mark_forms(kept, draft.stage, None, sheet=sheet)
        found += [
            (form.line.number, words_of_draft(form, draft.typed[str(key)]))
            for key, form in forms.items()
        ]
    return found
