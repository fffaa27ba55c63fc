"""選附件的幾欄：勾要哪幾件；照片頁另寫最多幾張，存成「pictures:24」。彙報和提綱的表單共用。"""

from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from reports.annexes import AnnexKind, annex_kinds, split_key


class MostField(forms.IntegerField):
    """一件附件最多幾張。不寫就照通常的張數。"""

    def __init__(self, kind: AnnexKind) -> None:
        wrong = format_lazy(_("請寫 1 至 {most} 的整數，如 {usual}。"), **self.words(kind))
        super().__init__(
            label=format_lazy(_("{annex}最多印幾張"), annex=kind.label),
            help_text=format_lazy(
                _("1 至 {most} 張，不寫就印 {usual} 張；勾了這一件才用得着。"), **self.words(kind)
            ),
            required=False,
            min_value=1,
            max_value=kind.most,
            widget=forms.NumberInput(attrs={"class": "w-grp"}),
            error_messages=dict.fromkeys(("invalid", "min_value", "max_value"), wrong),
        )

    @staticmethod
    def words(kind: AnnexKind) -> dict[str, int]:
        return {"most": kind.most, "usual": kind.usual}


class WithAnnexes:
    """有「附件」一欄的表單。能選張數的，緊跟着另有一欄。"""

    def offer_annexes(self) -> None:
        chosen = dict(split_key(each) for each in self.initial.get("annexes") or ())
        self.initial["annexes"] = list(chosen)
        self.fields["annexes"].choices = [(kind.key, kind.label) for kind in annex_kinds()]
        self.counted = {_name(kind): kind for kind in annex_kinds() if kind.most}
        for name, kind in self.counted.items():
            self.fields[name] = MostField(kind)
            self.initial.setdefault(name, min(chosen.get(kind.key) or kind.usual, kind.most))
        names = [name for name in self.fields if name not in self.counted]
        after = names.index("annexes") + 1
        self.order_fields([*names[:after], *self.counted, *names[after:]])

    @property
    def annex_counts(self) -> list[forms.BoundField]:
        return [self[name] for name in self.counted]

    def clean(self) -> dict[str, Any]:
        """張數寫進附件的代碼；沒有勾的那一件，張數寫了什麼都不管。"""
        cleaned = super().clean()
        chosen = cleaned.get("annexes", [])
        for name, kind in self.counted.items():
            if kind.key not in chosen:
                self.errors.pop(name, None)
        if "annexes" in cleaned:
            cleaned["annexes"] = [self._written(key, cleaned) for key in chosen]
        return cleaned

    def _written(self, key: str, cleaned: dict[str, Any]) -> str:
        kind = next((kind for kind in self.counted.values() if kind.key == key), None)
        number = cleaned.get(_name(kind)) if kind else None
        return f"{key}:{number}" if kind and number and number != kind.usual else key


def _name(kind: AnnexKind) -> str:
    return f"most_{kind.key}"
