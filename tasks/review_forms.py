"""審核和初審的表單：意見、補報時限，以及對每份佐證的認定。"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from tasks.models import EvidenceLink, ReviewPhrase
from tasks.services.review import EvidenceVerdict
from tasks.work_forms import ProseField, day_field

REASON_LIMIT = 500
WHY_LIMIT = 300
ACCEPTED, REJECTED = "accepted", "rejected"


class OpinionForm(forms.Form):
    """初審：退回時的理由。缺不缺由服務說，填過的都還在。"""

    use_required_attribute = False

    reason = ProseField(
        label=gettext_lazy("退回理由"),
        help_text=gettext_lazy("退回時必填。"),
        limit=REASON_LIMIT,
        widget=forms.Textarea(attrs={"rows": 3, "class": "ta-s"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # 通過時不用寫，但不標「（選填）」；缺不缺由服務說。
        self.fields["reason"].required = True

    def clean(self) -> dict[str, Any]:
        self._limit("reason", REASON_LIMIT)
        return self.cleaned_data

    def _limit(self, name: str, limit: int) -> None:
        count = len(self.cleaned_data.get(name, ""))
        if count > limit:
            words = {"limit": limit, "count": count}
            self.add_error(name, _("意見超過 %(limit)s 字，現有 %(count)s 字，請刪短。") % words)

    def add_problems(self, errors: dict[str, str]) -> None:
        """把服務說的問題寫到對應的字段；那一欄已經有話的不再說。"""
        for name, sentence in errors.items():
            field = name.replace("evidence_", "why_", 1)
            if field not in self.errors:
                self.add_error(field if field in self.fields else None, sentence)


class ReviewForm(OpinionForm):
    """辦公室審核：意見（退回時必填）、補報時限，每份佐證採用與否及理由。"""

    due_date = day_field(gettext_lazy("退回後補報時限"), required=False)
    confirm_unticked = forms.BooleanField(
        label=gettext_lazy("已看過，沒有勾的也採用"), required=False
    )

    def __init__(
        self,
        *args: Any,
        links: Iterable[EvidenceLink],
        due_date: date,
        is_send_back: bool = False,
        ticks: Mapping[int, list[str]] | None = None,
        **kwargs: Any,
    ) -> None:
        """ticks 是各份要逐條看的：{EvidenceLink.pk: 各條}。"""
        super().__init__(*args, **kwargs)
        self.links = list(links)
        self.ticks = dict(ticks or {})
        self.is_send_back = is_send_back
        self.fields["reason"].label = _("審核意見")
        self.fields["reason"].help_text = _("退回時必填。")
        self.fields["due_date"].initial = due_date
        for link in self.links:
            self.fields[f"verdict_{link.pk}"] = forms.ChoiceField(
                label=_("「%(name)s」採用嗎") % {"name": link.name},
                choices=[(ACCEPTED, _("採用")), (REJECTED, _("不採用"))],
                widget=forms.RadioSelect,
                initial=ACCEPTED,
                required=False,
            )
            why = ProseField(
                label=_("「%(name)s」不採用的理由") % {"name": link.name},
                limit=WHY_LIMIT,
                widget=forms.Textarea(attrs={"rows": 2, "class": "ta-s"}),
            )
            why.required = True
            self.fields[f"why_{link.pk}"] = why
            if lines := self.ticks.get(link.pk):
                self.fields[f"ticks_{link.pk}"] = _ticks_field(link, lines)
        # 上方的清單按這個次序：先說哪一份缺什麼，再說怎樣照樣通過。
        self.order_fields([name for name in self.fields if name != "confirm_unticked"])

    def clean(self) -> dict[str, Any]:
        """通過時用不着補報時限，那裏填錯了不攔。"""
        super().clean()
        if not self.is_send_back and "due_date" in self.errors:
            del self._errors["due_date"]
        for link in self.links:
            self._limit(f"why_{link.pk}", WHY_LIMIT)
        if not self.is_send_back and not self.cleaned_data.get("confirm_unticked"):
            self._ask_about_unticked()
        return self.cleaned_data

    def _ask_about_unticked(self) -> None:
        """採用而沒有勾完的：不攔，在那一份旁邊說，要人再確認一次。"""
        found = {
            name: [_(text) for text, is_seen in self._seen(link) if not is_seen]
            for link in self.links
            if (name := f"ticks_{link.pk}") in self.cleaned_data and self._is_accepted(link)
        }
        unseen = {name: lines for name, lines in found.items() if lines}
        for name, lines in unseen.items():
            words = {"lines": "」「".join(lines)}
            self.add_error(name, _("還沒有勾「%(lines)s」，看到了就勾上。") % words)
        if unseen:
            words = _("確實看不出而仍要採用的，在這裏勾一下再點通過。")
            self.add_error("confirm_unticked", words)

    def _is_accepted(self, link: EvidenceLink) -> bool:
        return self.cleaned_data.get(f"verdict_{link.pk}") != REJECTED

    def _seen(self, link: EvidenceLink) -> tuple[tuple[str, bool], ...] | None:
        """各條看到沒有；這一份沒有要逐條看的為 None。"""
        lines = self.ticks.get(link.pk)
        if not lines:
            return None
        ticked = self.cleaned_data.get(f"ticks_{link.pk}", [])
        return tuple((text, text in ticked) for text in lines)

    def verdicts(self) -> dict[int, EvidenceVerdict]:
        """{EvidenceLink.pk: 認定}。"""
        return {
            link.pk: EvidenceVerdict(
                is_accepted=self._is_accepted(link),
                reason=self.cleaned_data.get(f"why_{link.pk}", ""),
                ticks=self._seen(link),
            )
            for link in self.links
        }

    def on(
        self, link: EvidenceLink
    ) -> tuple[forms.BoundField, forms.BoundField, forms.BoundField | None]:
        """一份佐證的字段：認定、理由、逐條看（沒有要看的為 None）。"""
        name = f"ticks_{link.pk}"
        ticks = self[name] if name in self.fields else None
        return self[f"verdict_{link.pk}"], self[f"why_{link.pk}"], ticks


def _ticks_field(link: EvidenceLink, lines: list[str]) -> forms.MultipleChoiceField:
    """逐條看的。

    交回來的是那一條的原話，不是第幾條：打開之後要求改過，勾的不會算到別的一條上。
    """
    field = forms.MultipleChoiceField(
        label=_("「%(name)s」逐條看") % {"name": link.name},
        choices=[(text, _(text)) for text in lines],
        widget=forms.CheckboxSelectMultiple,
        required=False,
        error_messages={
            "invalid_choice": gettext_lazy("「%(value)s」已不在要求裏，請照現在的各條再看一遍。")
        },
    )
    # 沒勾完要再確認一次，由 clean 管；不標「選填」。
    field.is_needed = True
    return field


def stock_phrases() -> tuple[list[str], list[str]]:
    """（整體的，佐證的）退回常用語，一次查詢。"""
    rows = list(
        ReviewPhrase.objects.filter(is_active=True)
        .order_by("position", "pk")
        .values_list("text", "for_evidence")
    )
    return (
        [text for text, for_evidence in rows if not for_evidence],
        [text for text, for_evidence in rows if for_evidence],
    )
