"""問卷和主管部門意見的表單：一次問卷、一個機關的意見，各可附一份掃描件。

掃描件先收下、再看別的填得對不對：別處有錯退回來時，收下的還在，不用再選一次。
"""

from datetime import datetime
from typing import Any

from django import forms
from django.core import signing
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from evaluations.models import Collected, Criterion, Opinion, Questionnaire
from people.forms import DateField, ReasonField
from pingtan_civ.lib.satisfaction import Counts, Option, read_options
from pingtan_civ.lib.uploads import RefusedUpload
from tasks.models import EvidenceFile
from tasks.services.evidence import receive

SALT = "evaluations.collected"
MOST_SHEETS = 1_000_000
HOW = {
    Counts.SATISFIED: _("計入滿意"),
    Counts.OTHER: "",
    Counts.IGNORED: _("不計入分母"),
}


class CollectedForm(forms.Form):
    """共用的：掃描件和更正的理由。row 是正在更正的那一份，新記的沒有。"""

    use_required_attribute = False

    paper = forms.FileField(
        label=_("掃描件"),
        required=False,
        error_messages={"empty": _("這個文件是空的，請重新選擇。")},
    )
    kept_paper = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, *args: Any, criterion: Criterion, row: Collected | None, at: datetime, **kwargs: Any
    ) -> None:
        self.criterion, self.row, self.at = criterion, row, at
        if row is not None:
            kwargs["initial"] = self.initial_of(row) | kwargs.get("initial", {})
        super().__init__(*args, **kwargs)
        if row is not None:
            self.fields["reason"] = ReasonField(
                label=_("為什麼更正"),
                max_length=300,
                help_text=_("改以前的數、誰記的、什麼時候都留着。"),
            )
        self._say_what_is_kept(row.file_name if row else "")

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """頁上並排的兩項。"""
        return ()

    def initial_of(self, row: Any) -> dict[str, Any]:
        return row.facts()

    def _say_what_is_kept(self, name: str) -> None:
        if name:
            self.fields["paper"].help_text = gettext(
                "已有「%(name)s」，不用再選；要換才重新選擇。"
            ) % {"name": name}

    def clean(self) -> dict[str, Any]:
        """收下的掃描件記在隱藏的一欄裏，簽了名：退回來時不用再選，也換不成別人的文件。"""
        clean = super().clean()
        self.kept = self._read(clean.get("kept_paper", ""))
        if upload := clean.get("paper"):
            try:
                received = receive(upload, upload.name)
            except RefusedUpload as refusal:
                self.add_error("paper", refusal.sentence)
            else:
                self.kept = received.keep(self.at), received.name
                self.data = self.data.copy()
                self.data["kept_paper"] = signing.dumps([self.kept[0].pk, received.name], salt=SALT)
        if self.kept:
            self._say_what_is_kept(self.kept[1])
            # 綁定的欄建得早，說明是那時抄的。
            self["paper"].help_text = self.fields["paper"].help_text
        return clean

    def _read(self, token: str) -> tuple[EvidenceFile, str] | None:
        try:
            pk, name = signing.loads(token, salt=SALT) if token else (0, "")
        except (signing.BadSignature, ValueError):
            return None
        found = EvidenceFile.objects.filter(pk=pk).first() if pk else None
        return (found, name) if found else None

    def facts(self) -> dict[str, Any]:
        """交給服務的各項。沒有換掃描件的，照原來的。"""
        clean = self.cleaned_data
        skipped = ("paper", "kept_paper", "reason")
        found = {name: value for name, value in clean.items() if name not in skipped}
        if self.kept:
            found |= {"file": self.kept[0], "file_name": self.kept[1]}
        return found


def _sheets(label: Any, **kwargs: Any) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=MOST_SHEETS,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "class": "w-pp"}),
        error_messages={
            "required": _("填份數，沒有的寫 0。"),
            "invalid": _("份數填整數，如 120。"),
            "min_value": _("份數不能小於 0。"),
        },
        **kwargs,
    )


class QuestionnaireForm(CollectedForm):
    """一次問卷。各選項照辦法寫的，怎樣計寫在旁邊。"""

    held_date = DateField(label=_("調查日期"))
    way = forms.ChoiceField(label=_("方式"), choices=Questionnaire.Way)
    place = forms.CharField(
        label=_("地點或對象"),
        max_length=80,
        required=False,
        help_text=_("例如：辦事大廳，11月辦過登記的群眾。"),
    )
    given_out = _sheets(
        _("發出（份）"), help_text=_("電話調查填撥打的次數，掃碼填邀請的人數；不知道的同收回。")
    )
    returned = _sheets(_("收回（份）"), help_text=_("連同填錯、作廢的。"))
    valid = _sheets(_("有效（份）"), help_text=_("下面各項加起來要正好是這個數。"))

    field_order = ["held_date", "way", "place", "given_out", "returned", "valid"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.options = self._options()
        for place, option in enumerate(self.options):
            how = HOW[option.counts]
            label = f"{option.label}（{how}）" if how else option.label
            self.fields[f"count_{place}"] = _sheets(label)
        last = ["paper", "kept_paper", *(["reason"] if self.row else [])]
        first = [name for name in self.fields if name not in last]
        self.order_fields([*first, *last])

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        """日期和方式、收回和有效並排，各選項兩個一排。"""
        places = range(0, len(self.options) - 1, 2)
        return (
            ("held_date", "way"),
            ("returned", "valid"),
            *((f"count_{place}", f"count_{place + 1}") for place in places),
        )

    def _options(self) -> tuple[Option, ...]:
        """更正的照它當時的選項，新記的照辦法。"""
        if self.row is not None:
            return tuple(option for option, _number in self.row.tally.counts)
        return read_options(self.criterion.survey_options)

    def initial_of(self, row: Any) -> dict[str, Any]:
        counts = {f"count_{place}": each["number"] for place, each in enumerate(row.counts)}
        return row.facts() | counts

    def clean(self) -> dict[str, Any]:
        clean = super().clean()
        given, returned, valid = (clean.get(name) for name in ("given_out", "returned", "valid"))
        if given is not None and returned is not None and returned > given:
            self.add_error("returned", _("收回的比發出的多，請核對。"))
        if valid is not None and returned is not None and valid > returned:
            self.add_error("valid", _("有效的比收回的多，請核對。"))
        numbers = [clean.get(f"count_{place}") for place in range(len(self.options))]
        if valid is not None and None not in numbers and sum(numbers) != valid:
            words = {"total": sum(numbers), "valid": valid}
            self.add_error(
                "valid",
                gettext("各項加起來是 %(total)d 份，有效的寫了 %(valid)d 份，請核對。") % words,
            )
        return clean

    def facts(self) -> dict[str, Any]:
        found = super().facts()
        numbers = [found.pop(f"count_{place}") for place in range(len(self.options))]
        found["counts"] = [
            {"label": option.label, "counts": option.counts.value, "number": number}
            for option, number in zip(self.options, numbers, strict=True)
        ]
        return found


class OpinionForm(CollectedForm):
    """一個機關的意見。沒有答覆的留「未確認」，收到了再回來更正。"""

    authority = forms.CharField(
        label=_("徵求意見的機關"),
        max_length=80,
        error_messages={"required": _("填寫機關名稱。")},
        help_text=_("例如：縣應急管理局。"),
    )
    asked_date = DateField(label=_("發函日期"))
    answer = forms.ChoiceField(
        label=_("答覆"),
        choices=Opinion.Answer.choices,
        required=False,
        help_text=_("沒有答覆的是「未確認」，不當作沒有意見。"),
    )
    answered_date = DateField(label=_("答覆日期"), required=False)
    document_number = forms.CharField(label=_("復函文號"), max_length=60, required=False)
    content = forms.CharField(
        label=_("意見內容"),
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "class": "ta-s"}),
    )

    field_order = [
        "authority",
        "asked_date",
        "answer",
        "answered_date",
        "document_number",
        "content",
        "paper",
        "kept_paper",
    ]

    @property
    def pairs(self) -> tuple[tuple[str, str], ...]:
        return (("authority", "asked_date"), ("answer", "answered_date"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.is_answering:
            self.initial["reason"] = gettext("收到答覆。")
        self.fields["answer"].is_needed = True
        self.fields["paper"].label = _("復函")

    @property
    def is_answering(self) -> bool:
        """原來還沒有答覆：這一次多半是來記答覆的。"""
        return self.row is not None and self.row.is_unconfirmed

    def clean(self) -> dict[str, Any]:
        clean = super().clean()
        answer, answered = clean.get("answer"), clean.get("answered_date")
        asked = clean.get("asked_date")
        if answer and not answered and "answered_date" not in self.errors:
            self.add_error("answered_date", _("填寫答覆日期。"))
        if answered and not answer:
            self.add_error("answer", _("填了答覆日期，請選答覆是什麼；還沒有答覆的不填日期。"))
        if answered and asked and answered < asked:
            self.add_error("answered_date", _("答覆日期早於發函日期，請改正其中一個。"))
        if answer == Opinion.Answer.NOTED and not clean.get("content"):
            self.add_error("content", _("有意見的寫明是什麼意見。"))
        return clean


class WithdrawCollectedForm(forms.Form):
    """撤下一份：寫明為什麼。"""

    reason = ReasonField(label=_("為什麼撤下"), max_length=300)


FORMS: dict[type[Collected], type[CollectedForm]] = {
    Questionnaire: QuestionnaireForm,
    Opinion: OpinionForm,
}
