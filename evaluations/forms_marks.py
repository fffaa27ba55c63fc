"""評分的表單：一條一小張，隨規則問不同的事實；讀回來是服務要的 Mark。"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext as _

from evaluations.honour_picks import Offer, Register
from evaluations.models import Honour, Score, Scorer, Sheet
from evaluations.services.rounds import Mark
from evaluations.services.rounds.scoring import AGREED, REASON_LIMIT, SOURCED
from evaluations.sheets import Entry, SheetLine
from pingtan_civ.lib.scoring import Finding, Matter, RuleKind, show

MATTER_LIMIT = 60
SPARE_MATTERS = 2
"""加分、扣分的事，除已有的外多留幾行空的；不夠時保存一次再填。"""
MOST_MATTERS = 60
_PLACE = re.compile(r"(?:^|-)matter_(\d{1,3})$", re.ASCII)


class MarkForm(forms.Form):
    """對一條的評分。什麼也不填就是不評；name 都帶這一條的號，一頁許多張不相混。"""

    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
    reason = forms.CharField(
        required=False, max_length=REASON_LIMIT, widget=forms.Textarea(attrs={"rows": 1})
    )

    def __init__(
        self,
        line: SheetLine,
        stage: str,
        data: QueryDict | None = None,
        *,
        prefill: Entry | None = None,
        typed: Mapping[str, str] | None = None,
        prefix: str = "",
        offers: Sequence[Offer] = (),
    ) -> None:
        self.line, self.stage = line, stage
        self.kind = RuleKind(line.rule)
        entry = line.entry_of(stage)
        self.entry = entry or _agreed(prefill)
        self.offers = _offered(offers, self.entry) if self.kind in _PICKING else ()
        self.typed = typed or {}
        seen = entry.score_id if entry else 0
        super().__init__(
            data,
            prefix=prefix or f"c{line.criterion_id}",
            auto_id="id_%s",
            initial=self._initial(seen) if not typed else {**typed, "seen": seen},
        )
        self.other = ""
        """別人（或自己在另一處）這一條填的是什麼；與這裏一樣的為空。"""
        is_sourced = stage == Score.Stage.FIRST and line.scorer in SOURCED
        self.fields["reason"].label = _("來源") if is_sourced else _("理由")
        self.fields["reason"].widget.attrs |= {
            "class": "form-control form-control-sm",
            "data-grow": "",
            "aria-label": f"{line.number} {self.fields['reason'].label}",
        }
        if is_sourced and line.scorer == Scorer.SURVEY:
            self.fields["reason"].widget.attrs["placeholder"] = _("哪次問卷，收回多少份")
        for name, field in _FIELDS[self.kind](line, self._matters()).items():
            self.fields[name] = field
        for offer in self.offers:
            self._offer(offer)
        if stage == Score.Stage.SELF:
            # 是不是隱瞞不報由創建辦認定，不問單位自己。
            for name in [name for name in self.fields if name.startswith("is_concealed_")]:
                del self.fields[name]
        if line.may_not_apply:
            self.fields["is_not_applicable"] = forms.BooleanField(required=False, label=_("不適用"))

    def _offer(self, offer: Offer) -> None:
        """台賬裏的一項：勾上就是引它；級別對不上檔次的，另選一檔。"""
        box = forms.BooleanField(required=False, label=offer.name)
        box.widget.attrs["aria-label"] = f"{self.line.number} {offer.name}"
        self.fields[f"pick{offer.honour_id}"] = box
        if not offer.step:
            label = _("%(name)s按哪一檔") % {"name": offer.name}
            self.fields[f"pickstep{offer.honour_id}"] = _choice(
                self.line, label, _steps_of(self.line)
            )

    @property
    def is_draft(self) -> bool:
        """填的字是草稿裏的，還沒有保存。"""
        return bool(self.typed)

    def _matters(self) -> int:
        """加扣分留幾行：手寫的加兩行空的；交來的、草稿裏的比它多，就照交來的行數。引台賬的不佔行。"""
        held = len(_handwritten(self.entry)) if self.entry else 0
        typed = [_place_in(name) for name in self.typed]
        posted = [_place_in(name) for name in self.data if name.startswith(f"{self.prefix}-")]
        return min(max([held + SPARE_MATTERS, *typed, *posted]), MOST_MATTERS)

    def shown(self, saved: Entry | Score | None) -> dict[str, str]:
        """保存着的這一格，在頁上顯示成哪些字；空着的不記。交來的與它一樣，就是沒有動過。"""
        found = self._initial_of(saved) if saved else {}
        texts = {
            name: "on" if value is True else str(value).replace("\r\n", "\n").strip()
            for name, value in found.items()
            if name in self.fields and value not in (None, False, "")
        }
        return {name: text for name, text in texts.items() if text}

    def _initial(self, seen: int) -> dict[str, Any]:
        return {"seen": seen, **(self._initial_of(self.entry) if self.entry else {})}

    @staticmethod
    def _initial_of(saved: Entry | Score) -> dict[str, Any]:
        finding = saved.finding
        found: dict[str, Any] = {
            "reason": saved.reason,
            "is_not_applicable": saved.is_not_applicable,
        }
        found |= {name: value for name, value in finding.items() if name != "matters"}
        if "is_met" in finding:
            found["is_met"] = "1" if finding["is_met"] else "0"
        for place, matter in enumerate(_handwritten(saved)):
            found |= {f"{name}_{place}": value for name, value in matter.items()}
        for matter in finding.get("matters", ()):
            if honour := matter.get("honour"):
                found |= {f"pick{honour}": True, f"pickstep{honour}": matter["step"]}
        return found

    @property
    def facts(self) -> list[Any]:
        """問事實的各欄，模板照排。"""
        skipped = ("seen", "reason", "is_not_applicable")
        return [
            bound
            for bound in self
            if bound.name not in skipped and not bound.name.startswith("pick")
        ]

    @property
    def is_about_honours(self) -> bool:
        """檔次就是榮譽的級別：這一條正是為榮譽設的，各項直接列出；別的收起。"""
        levels = {str(label) for label in Honour.Level.labels}
        return any(step.label in levels for step in self.line.steps)

    @property
    def has_picks(self) -> bool:
        """有勾了的，或有錯。"""
        return any(pick.box.value() or (pick.step and pick.step.errors) for pick in self.picks)

    @property
    def picks(self) -> list["Pick"]:
        """台賬裏可引的各項，模板照排。"""
        return [
            Pick(
                offer,
                self[f"pick{offer.honour_id}"],
                None if offer.step else self[f"pickstep{offer.honour_id}"],
            )
            for offer in self.offers
        ]

    @property
    def matters(self) -> list[list[Any]]:
        """加分、扣分條的各欄，一件事一組；別的規則為空。"""
        if "matter_0" not in self.fields:
            return []
        return [
            [bound for bound in self.facts if bound.name.endswith(f"_{place}")]
            for place in range(self._matters())
        ]

    def clean(self) -> dict[str, Any]:
        clean = super().clean()
        if not self.errors and not clean.get("is_not_applicable"):
            self._finding = self._with_picks(_FINDERS[self.kind](clean), clean)
        return clean

    def _with_picks(self, finding: Finding | None, clean: Mapping[str, Any]) -> Finding | None:
        """手寫的，加上勾了的各項。Raises ValidationError：勾了而沒有選檔次。"""
        chosen = [offer for offer in self.offers if clean.get(f"pick{offer.honour_id}")]
        if not chosen:
            return finding
        picked, unsaid = [], {}
        for offer in chosen:
            step = offer.step or clean.get(f"pickstep{offer.honour_id}", "")
            if not step:
                unsaid[f"pickstep{offer.honour_id}"] = _("請選檔次。")
            picked.append(Matter(offer.matter, step, honour=offer.honour_id))
        if unsaid:
            raise forms.ValidationError(unsaid)
        typed = finding.matters if finding else ()
        return Finding(matters=(*picked, *typed))

    def mark(self) -> Mark:
        clean = self.cleaned_data
        is_not_applicable = bool(clean.get("is_not_applicable"))
        return Mark(
            finding=None if is_not_applicable else self._finding,
            is_not_applicable=is_not_applicable,
            reason=clean["reason"],
            seen=clean["seen"],
        )


_PICKING = (RuleKind.BONUS_STEPS,)
"""可以引榮譽台賬的規則。"""


@dataclass(frozen=True)
class Pick:
    """台賬裏可引的一項：說明、勾選框，和要人選檔次時的一欄。"""

    offer: Offer
    box: forms.BoundField
    step: forms.BoundField | None


def _offered(offers: Sequence[Offer], entry: Entry | None) -> tuple[Offer, ...]:
    """可引的，加上已經引了而現在不在可引之列的：不列出來，一保存就丟了。"""
    known = {offer.honour_id for offer in offers}
    held = entry.finding.get("matters", ()) if entry else ()
    return (
        *offers,
        *(
            Offer(row["honour"], row["matter"], row["matter"], row["step"], is_known=False)
            for row in held
            if row.get("honour") and row["honour"] not in known
        ),
    )


def _handwritten(saved: Entry | Score) -> list[Mapping[str, Any]]:
    """手寫的各件事；引台賬的不算。"""
    return [each for each in saved.finding.get("matters", ()) if not each.get("honour")]


def _place_in(name: str) -> int:
    """「c12-matter_3」說的是第幾件事；不是說事的為 0。"""
    found = _PLACE.search(name)
    return int(found[1]) + 1 if found else 0


def _agreed(own: Entry | None) -> Entry | None:
    """照自評填的一格：單位寫了理由的照抄，沒有寫的寫「同意單位自評」，不必逐條再補。"""
    if own is None or own.reason:
        return own
    return replace(own, reason=str(AGREED))


Fields = dict[str, forms.Field]


def _small(widget: forms.Widget, label: str, **attrs: Any) -> forms.Widget:
    widget.attrs |= {"aria-label": label, **attrs}
    return widget


def _number(line: SheetLine, label: str, **limits: Any) -> forms.DecimalField:
    field = forms.DecimalField(
        label=label,
        required=False,
        min_value=0,
        max_digits=12,
        decimal_places=2,
        localize=False,
        **limits,
    )
    field.widget = _small(
        forms.TextInput(), f"{line.number} {label}", inputmode="decimal", **{"class": "sc"}
    )
    return field


def _choice(line: SheetLine, label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        required=False,
        choices=[("", "—"), *choices],
        widget=_small(
            forms.Select(), f"{line.number} {label}", **{"class": "form-select form-select-sm"}
        ),
    )


def _times(line: SheetLine, label: str) -> forms.IntegerField:
    widget = _small(
        forms.TextInput(), f"{line.number} {label}", inputmode="numeric", **{"class": "sc"}
    )
    return forms.IntegerField(
        label=label, required=False, min_value=0, max_value=9999, widget=widget
    )


def _binary(line: SheetLine, _matters: int) -> Fields:
    choices = [("1", _("達到")), ("0", _("沒有達到"))]
    return {"is_met": _choice(line, _("達到沒有"), choices)}


def _steps_of(line: SheetLine) -> list[tuple[str, str]]:
    return [(step.label, _step_words(step)) for step in line.steps]


def _step_words(step: Any) -> str:
    worth = f"{show(step.percent)}%" if step.percent is not None else show(step.points)
    return _("%(label)s（%(worth)s）") % {"label": step.label, "worth": worth}


def _matter_fields(line: SheetLine, matters: int) -> Fields:
    found: Fields = {}
    for place in range(matters):
        found[f"matter_{place}"] = forms.CharField(
            label=_("什麼事"),
            required=False,
            max_length=MATTER_LIMIT,
            widget=_small(
                forms.TextInput(),
                _("%(number)s 第 %(place)d 件事") % {"number": line.number, "place": place + 1},
                **{"class": "form-control form-control-sm"},
            ),
        )
        if line.steps:
            found[f"step_{place}"] = _choice(line, _("檔次"), _steps_of(line))
        if line.rule == RuleKind.PENALTY:
            found[f"times_{place}"] = _times(line, _("次數"))
            found[f"is_concealed_{place}"] = forms.BooleanField(required=False, label=_("隱瞞不報"))
    return found


_FIELDS: Mapping[RuleKind, Callable[[SheetLine, int], Fields]] = {
    RuleKind.BINARY: _binary,
    RuleKind.PRO_RATA: lambda line, _m: {
        "done": _number(line, _("完成")),
        "planned": _number(line, _("應完成")),
    },
    RuleKind.DEDUCT_EACH: lambda line, _m: {"occurrences": _times(line, _("發現幾次"))},
    RuleKind.BANDS: lambda line, _m: {"step": _choice(line, _("評為"), _steps_of(line))},
    RuleKind.STEPS: lambda line, _m: {"value": _number(line, _("數值"))},
    RuleKind.BONUS_STEPS: _matter_fields,
    RuleKind.PENALTY: _matter_fields,
    RuleKind.MANUAL: lambda line, _m: {
        "points": _number(line, _("得分"), max_value=Decimal(line.full))
    },
}

Clean = Mapping[str, Any]


def _pro_rata(clean: Clean) -> Finding | None:
    done, planned = clean.get("done"), clean.get("planned")
    if done is None and planned is None:
        return None
    if done is None or not planned:
        raise forms.ValidationError(_("兩個數都要填；應完成的要大於 0。"))
    return Finding(done=done, planned=planned)


def _matters_found(clean: Clean) -> Finding | None:
    found, place = [], 0
    while f"matter_{place}" in clean:
        if clean[f"matter_{place}"]:
            found.append(
                Matter(
                    matter=clean[f"matter_{place}"],
                    step=clean.get(f"step_{place}", ""),
                    times=1 if (times := clean.get(f"times_{place}")) is None else times,
                    is_concealed=bool(clean.get(f"is_concealed_{place}")),
                )
            )
        place += 1
    return Finding(matters=tuple(found)) if found else None


def _bonuses_found(clean: Clean) -> Finding | None:
    """加分按級別算，說了什麼事就要選級別。"""
    unsaid = {
        step: _("請選級別。")
        for step, chosen in clean.items()
        if step.startswith("step_") and not chosen and clean.get(step.replace("step", "matter"))
    }
    if unsaid:
        raise forms.ValidationError(unsaid)
    return _matters_found(clean)


def _one(
    name: str, read: Callable[[Any], Any] = lambda value: value
) -> Callable[[Clean], Finding | None]:
    def find(clean: Clean) -> Finding | None:
        value = clean.get(name)
        return None if value in (None, "") else Finding(**{name: read(value)})

    return find


_FINDERS: Mapping[RuleKind, Callable[[Clean], Finding | None]] = {
    RuleKind.BINARY: _one("is_met", lambda value: value == "1"),
    RuleKind.PRO_RATA: _pro_rata,
    RuleKind.DEDUCT_EACH: _one("occurrences"),
    RuleKind.BANDS: _one("step"),
    RuleKind.STEPS: _one("value"),
    RuleKind.BONUS_STEPS: _bonuses_found,
    RuleKind.PENALTY: _matters_found,
    RuleKind.MANUAL: _one("points"),
}


def mark_forms(
    lines: list[SheetLine],
    stage: str,
    data: QueryDict | None,
    *,
    sheet: Sheet,
    like_self: bool = False,
    typed: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[int, MarkForm]:
    """這幾條各一張。typed：草稿裏各條填的，有的照它擺。

    like_self：還沒初評的先照自評填好（不存，等人看過再按保存）；只限創建辦憑材料評的，
    要到現場看、別的科室來評的，不替他們填。
    """
    register = Register.of(sheet.round, [sheet], stage, lines)
    return {
        line.criterion_id: MarkForm(
            line,
            stage,
            data,
            offers=register.offers(sheet, line),
            prefill=line.self_entry if like_self and line.scorer == Scorer.OFFICE else None,
            typed=(typed or {}).get(str(line.criterion_id)) if data is None else None,
        )
        for line in lines
    }


def seen_now(data: QueryDict, lines: list[SheetLine], stage: str) -> QueryDict:
    """交來的字照留，各條打開時的評分換成現在的：說清楚過了，再保存就以這一頁為準。"""
    found = data.copy()
    for line in lines:
        entry = line.entry_of(stage)
        found[f"c{line.criterion_id}-seen"] = str(entry.score_id if entry else 0)
    return found


def read_marks(found: Mapping[int, MarkForm]) -> dict[int, Mark] | None:
    """全部讀得懂的返回評分；有一張讀不懂就是 None，錯寫在那一張上。"""
    checked = [form.is_valid() for form in found.values()]
    if not all(checked):
        return None
    return {key: form.mark() for key, form in found.items()}
