"""異議的表單：提出、答覆、裁定。缺不缺、行不行由服務說。"""

from collections.abc import Collection, Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.models import Objection
from evaluations.services.objections import (
    DECISION_LIMIT,
    NO_ANSWER,
    NO_DECISION,
    NO_REASON,
    REASON_LIMIT,
    Claim,
)
from evaluations.sheets import SheetLine
from people.forms import SeveralField
from pingtan_civ.lib.scoring import show
from tasks.models import EvidenceLink
from tasks.models.evidence import EvidenceLinkQuerySet
from tasks.work_forms import ProseField


class Prose(ProseField):
    """必填的一段話：空着的與別的錯一起說，不等別的改完。missing 是說的話，與服務的同一句。"""

    def __init__(self, *, missing: Any, **kwargs: Any) -> None:
        super().__init__(widget=forms.Textarea(attrs={"rows": 4}), **kwargs)
        self.required, self.missing = True, missing

    def validate(self, value: Any) -> None:
        if not value:
            raise forms.ValidationError(self.missing)


class LinksField(SeveralField):
    def label_from_instance(self, link: EvidenceLink) -> str:
        measure = link.round.submission.assignment.measure
        return f"{link.name}（{measure.code} {measure.title}）"


class ObjectionForm(forms.Form):
    """對一條提異議。文件在模板裏另放，可一次選幾件。"""

    use_required_attribute = False

    criterion = forms.TypedChoiceField(
        label=gettext_lazy("對哪一條"),
        coerce=int,
        error_messages={"required": gettext_lazy("選出不同意的那一條，一條提一件。")},
    )
    points = forms.DecimalField(
        label=gettext_lazy("認為應得"),
        required=False,
        min_value=0,
        max_digits=7,
        decimal_places=2,
        help_text=gettext_lazy("多少分；說不準的可以空着。"),
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "w-pp"}),
    )
    reason = Prose(
        label=gettext_lazy("理由"),
        limit=REASON_LIMIT,
        missing=NO_REASON,
        help_text=gettext_lazy("哪一處與事實不符、憑什麼。寫事實、日期和數字。"),
    )
    links = LinksField(
        label=gettext_lazy("引用已採用的佐證"),
        queryset=EvidenceLink.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )

    def __init__(
        self,
        *args: Any,
        lines: Iterable[SheetLine],
        taken: Collection[int] = (),
        citable: EvidenceLinkQuerySet,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["criterion"].choices = [
            ("", _("選一條")),
            *(_choice(line) for line in lines if line.criterion_id not in taken),
        ]
        self.fields["links"].queryset = citable
        if not citable.exists():
            del self.fields["links"]

    def claim(self) -> Claim:
        clean = self.cleaned_data
        return Claim(
            criterion_id=clean["criterion"],
            reason=clean["reason"],
            points=clean["points"],
            link_ids=[link.pk for link in clean.get("links") or ()],
        )


def _choice(line: SheetLine) -> tuple[int, str]:
    words = {
        "number": line.number,
        "text": line.text,
        "points": show(line.result.points),
        "full": show(line.full),
    }
    if line.result.is_not_applicable:
        said = _("%(number)s %(text)s（不適用）") % words
    elif line.is_base:
        said = _("%(number)s %(text)s（得 %(points)s，滿分 %(full)s）") % words
    else:
        said = _("%(number)s %(text)s（%(points)s 分）") % words
    return line.criterion_id, said


class AnswerObjectionForm(forms.Form):
    """辦公室的答覆和意見。"""

    use_required_attribute = False

    proposal = forms.ChoiceField(
        label=gettext_lazy("意見"),
        choices=Objection.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("選成立、部分成立或不成立。")},
    )
    answer = Prose(
        label=gettext_lazy("答覆"),
        limit=REASON_LIMIT,
        missing=NO_ANSWER,
        help_text=gettext_lazy("查了什麼、事實是什麼、憑哪一條規則。單位和領導小組都看得到。"),
    )


class DecideObjectionForm(forms.Form):
    """領導小組的裁定；改後的事實另在 MarkForm 上。"""

    use_required_attribute = False

    outcome = forms.ChoiceField(
        label=gettext_lazy("裁定"),
        choices=Objection.Outcome.choices,
        widget=forms.RadioSelect,
        error_messages={"required": gettext_lazy("選成立、部分成立或不成立。")},
    )
    reason = Prose(
        label=gettext_lazy("裁定理由"),
        limit=DECISION_LIMIT,
        missing=NO_DECISION,
        help_text=gettext_lazy("單位看得到；改了分的，也寫進下一版定稿。"),
    )
