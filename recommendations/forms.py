"""推薦的表單：只管把填的東西收拾乾淨，能不能辦由服務說了算。"""

from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from people.forms import DateField, PersonField, SeveralField
from people.models import Appointment, Department
from recommendations.models import (
    Answer,
    Ballot,
    Candidate,
    Condition,
    Programme,
    PublicityObjection,
    Ruling,
)
from recommendations.models.candidates import DEEDS_LIMIT
from recommendations.models.programmes import LONGEST_PUBLICITY
from recommendations.services.candidates import Nomination
from recommendations.services.publicity import Plan, Report
from tasks.models import EvidenceLink
from tasks.models.evidence import EvidenceLinkQuerySet

SHORT = {"inputmode": "numeric", "class": "w-pp"}


def prose(label: Any, *, limit: int, required: str = "", rows: int = 4, **more: Any) -> Any:
    """一段話。required 是沒填時的一句話；空着的是選填。"""
    return forms.CharField(
        label=label,
        max_length=limit,
        required=bool(required),
        widget=forms.Textarea(attrs={"rows": rows, "class": "ta-s"}),
        error_messages={"required": required},
        **more,
    )


def number(label: Any, *, most: int, **more: Any) -> forms.DecimalField:
    """選填的一個數，最多兩位小數。"""
    return forms.DecimalField(
        label=label,
        required=False,
        min_value=Decimal("0.01"),
        max_value=most,
        decimal_places=2,
        widget=forms.TextInput(attrs={"inputmode": "decimal", "class": "w-pp"}),
        error_messages={
            "invalid": _("填一個數，例如 80。"),
            "min_value": _("要大於 0。"),
            "max_value": _("最多 %(limit_value)s。"),
            "max_decimal_places": _("最多兩位小數。"),
        },
        **more,
    )


def whole(label: Any, *, least: int, most: int, unit: Any, **more: Any) -> forms.IntegerField:
    """必填的一個整數。"""
    words = {"least": least, "most": most, "unit": unit}
    said = format_lazy(_("填 {least} 到 {most} {unit}。"), **words)
    return forms.IntegerField(
        label=label,
        min_value=least,
        max_value=most,
        widget=forms.NumberInput(attrs=SHORT),
        error_messages=dict.fromkeys(("required", "invalid", "min_value", "max_value"), said),
        **more,
    )


class ProgrammeForm(forms.ModelForm):
    """一個推薦項目。"""

    use_required_attribute = False

    kinds = forms.MultipleChoiceField(
        label=_("推薦誰"),
        choices=Programme.Whom,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("選推薦誰，至少一種。")},
    )
    quota = whole(_("名額"), least=1, most=200, unit=_("個"))
    publicity_days = whole(
        _("公示幾個工作日"), least=5, most=LONGEST_PUBLICITY, unit=_("個工作日"), initial=5
    )
    apply_by = DateField(label=_("申報截止"), help_text=_("一票否決的回溯期也從這一天往前數。"))

    class Meta:
        model = Programme
        fields = [
            "title",
            "level",
            "authority",
            "basis",
            "kinds",
            "may_repeat_kinds",
            "quota",
            "apply_by",
            "publicity_days",
            "quorum",
            "pass_mark",
        ]
        help_texts = {
            "title": _("照上級通知的叫法，例如：推薦2026年度省級文明行業創建示範點。"),
            "authority": _("報給誰，寫全稱；稱號由上級授予，本局只推薦。"),
            "basis": _("上級通知的名稱和文號。"),
            "quorum": _("應到會的成員（不算迴避的）裏，多少到會才能表決。"),
            "pass_mark": _("到會的成員裏，多少同意才算通過。"),
        }
        error_messages = {
            "title": {"required": _("寫項目的名稱。")},
            "level": {"required": _("選推薦到哪一級。")},
            "authority": {"required": _("寫明報給哪個機關。")},
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = [("", _("選擇級別")), *Programme.Level.choices]

    def only_deadline(self) -> None:
        """發佈以後只改申報截止。"""
        for name in set(self.fields) - {"apply_by"}:
            del self.fields[name]

    def _post_clean(self) -> None:
        """模型的檢查留給服務做，錯誤不報兩遍。"""


#: 按種類填的幾項：不是選填，也不是每種都要。
BY_KIND = ("round", "points", "grade", "share", "level")


class ConditionForm(forms.ModelForm):
    """一項條件。各種類用得着的那幾樣不同，說明寫在旁邊。"""

    use_required_attribute = False

    points = number(_("總分至少"), most=1000, help_text=_("種類是「考核總分」時填。"))
    share = number(
        _("比例至少（%）"),
        most=100,
        help_text=_("種類是「下屬單位中示範點的比例」時填，例如 90。"),
    )

    class Meta:
        model = Condition
        fields = [
            "text", "kind", "applies_to", "round", "points", "grade", "share", "level",
            "counted", "is_waivable",
        ]  # fmt: skip
        help_texts = {
            "kind": _("系統照它去查；系統查不了的選「辦公室確認」。"),
            "round": _("種類是「考核總分」「考核等次」時選；看審定的那一版。"),
            "grade": _("種類是「考核等次」時填，照考核辦法的叫法，例如：良好。"),
            "level": _("種類是「示範點的比例」「已有下一級稱號」時選；這一級以上都算。"),
            "counted": _("種類是「示範點的比例」時用。"),
        }
        error_messages = {
            "text": {"required": _("寫條件的原話。")},
            "kind": {"required": _("選一個種類。")},
        }

    def __init__(self, *args: Any, campaign: Campaign, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["round"].queryset = campaign.rounds.order_by("-period_end", "-pk")
        self.fields["round"].empty_label = _("不看考核")
        self.fields["kind"].choices = [("", _("選擇種類")), *Condition.Kind.choices]
        self.fields["applies_to"].choices = [("", _("人人適用")), *Programme.Whom.choices]
        self.fields["level"].choices = [("", _("不看級別")), *Programme.Level.choices]
        for name in BY_KIND:
            self.fields[name].is_needed = True
        for name in ("points", "share"):
            if self.instance.pk and getattr(self.instance, f"{name}_hundredths"):
                self.initial[name] = f"{getattr(self.instance, name).normalize():f}"

    def values(self) -> dict[str, Any]:
        """只留這個種類用得着的：換了種類，原來填的不再算數。"""
        found = dict(self.cleaned_data)
        kind, keep = found["kind"], Condition.Kind
        points, share = found.pop("points"), found.pop("share")
        if kind not in (keep.MINIMUM_SCORE, keep.GRADE_AT_LEAST):
            found["round"] = None
        found["points_hundredths"] = int((points or 0) * 100) if kind == keep.MINIMUM_SCORE else 0
        found["share_hundredths"] = int((share or 0) * 100) if kind == keep.TITLED_SHARE else 0
        if kind != keep.GRADE_AT_LEAST:
            found["grade"] = ""
        if kind not in (keep.TITLED_SHARE, keep.HOLDS_TITLE):
            found["level"] = ""
        return found

    def _post_clean(self) -> None:
        """模型的檢查留給服務做，錯誤不報兩遍。"""


class CopyForm(forms.Form):
    source = forms.ModelChoiceField(
        label=_("抄哪一個項目"),
        queryset=Programme.objects.none(),
        empty_label=_("選一個項目"),
        error_messages={"required": _("選一個項目。"), "invalid_choice": _("選一個項目。")},
    )

    def __init__(self, *args: Any, sources: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["source"].queryset = sources
        self.fields["source"].label_from_instance = lambda row: f"{row}（{row.campaign}）"


class NominationForm(forms.Form):
    """推薦一個單位，或單位裏的一個人。"""

    use_required_attribute = False

    kind = forms.ChoiceField(
        label=_("類別"),
        widget=forms.RadioSelect,
        error_messages={"required": _("選推薦的類別。")},
    )
    department = forms.ModelChoiceField(
        label=_("單位"),
        queryset=Department.objects.none(),
        empty_label=_("選一個單位"),
        error_messages={"required": _("選一個單位。"), "invalid_choice": _("選一個單位。")},
    )
    person = PersonField(
        label=_("個人"),
        required=False,
        empty_label=_("不是推薦個人"),
        help_text=_("推薦個人時選，要在這個單位任職。"),
    )
    deeds = prose(
        _("主要事蹟"),
        limit=DEEDS_LIMIT,
        rows=9,
        required=_("寫主要事蹟：做了什麼、有什麼成效，用數字和事實說話。"),
        help_text=_("用數字和事實說話；佐證推薦以後在下一頁加。"),
    )

    def __init__(
        self, *args: Any, programme: Programme, own: Iterable[int] | None, on: date, **kwargs: Any
    ) -> None:
        """own 是負責人自己的單位；辦公室為 None，各單位都能推薦。"""
        super().__init__(*args, **kwargs)
        labels = dict(Programme.Whom.choices)
        self.fields["kind"].choices = [(kind, labels[kind]) for kind in programme.kinds]
        units = Department.objects.existing(on)
        self.fields["person"].offer(on)
        if own is not None:
            units = units.filter(pk__in=own)
            people = self.fields["person"].queryset
            self.fields["person"].queryset = people.filter(
                appointments__in=_posts_of(own, on)
            ).distinct()
        self.fields["department"].queryset = units
        self.fields["person"].is_needed = True
        if Programme.Whom.PERSON not in programme.kinds:
            del self.fields["person"]
        if len(programme.kinds) == 1:
            self.initial.setdefault("kind", programme.kinds[0])

    def nomination(self) -> Nomination:
        clean = self.cleaned_data
        person = clean.get("person")
        return Nomination(
            kind=clean["kind"],
            department_id=clean["department"].pk,
            deeds=clean["deeds"],
            person_id=person.pk if person else None,
        )


def _posts_of(departments: Iterable[int], on: date) -> Any:
    return Appointment.objects.on(on).filter(department__in=departments)


class DeedsForm(forms.Form):
    use_required_attribute = False

    deeds = prose(
        _("主要事蹟"),
        limit=DEEDS_LIMIT,
        rows=12,
        required=_("寫主要事蹟：做了什麼、有什麼成效，用數字和事實說話。"),
    )


class ReasonForm(forms.Form):
    use_required_attribute = False

    reason = prose(_("理由"), limit=500, required=_("寫明理由，單位和本人要看到。"))


class LinksForm(forms.Form):
    """取自已採用的佐證。"""

    links = SeveralField(
        label=_("已採用的佐證"),
        queryset=EvidenceLink.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": _("至少選一件。")},
    )

    def __init__(self, *args: Any, citable: EvidenceLinkQuerySet, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["links"].queryset = citable
        self.fields["links"].label_from_instance = lambda link: (
            f"{link.name}（{link.round.submission.assignment.measure.title}）"
        )


class RulingForm(forms.Form):
    """確認或豁免一項條件。"""

    use_required_attribute = False

    outcome = forms.ChoiceField(
        label=_("認定"),
        widget=forms.RadioSelect,
        error_messages={"required": _("選一種認定。"), "invalid_choice": _("選一種認定。")},
    )
    reason = prose(
        _("理由"),
        limit=300,
        required=_("寫明憑什麼這樣認定。"),
        help_text=_("憑哪份文件、問過誰；單位和領導小組都看得到。"),
    )

    def __init__(self, *args: Any, outcomes: Iterable[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        labels = dict(Ruling.Outcome.choices)
        self.fields["outcome"].choices = [(value, labels[value]) for value in outcomes]


class VoteForm(forms.Form):
    """一張表決票：每個要表決的對象選一項，都不預先選好。記着是第幾輪的票。"""

    use_required_attribute = False

    vote_round = forms.IntegerField(
        widget=forms.HiddenInput,
        error_messages=dict.fromkeys(("required", "invalid"), _("請刷新看看，再表決。")),
    )

    def __init__(
        self, *args: Any, ballots: dict[Candidate, str], vote_round: int, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.initial["vote_round"] = vote_round
        self.candidates = list(ballots)
        for candidate, choice in ballots.items():
            self.fields[f"choice_{candidate.pk}"] = forms.ChoiceField(
                label=_("您的表決"),
                choices=Ballot.Choice,
                widget=forms.RadioSelect,
                initial=choice,
                error_messages={
                    "required": _("%(candidate)s：選同意、不同意或棄權。")
                    % {"candidate": candidate},
                },
            )

    @property
    def rows(self) -> list[tuple[Candidate, Any]]:
        return [(row, self[f"choice_{row.pk}"]) for row in self.candidates]

    def choices(self) -> dict[int, str]:
        return {row.pk: self.cleaned_data[f"choice_{row.pk}"] for row in self.candidates}


class RecuseForm(forms.Form):
    use_required_attribute = False

    reason = prose(_("迴避的理由"), limit=200, required=_("寫明為什麼迴避，例如有親屬關係。"))


class CloseVoteForm(forms.Form):
    use_required_attribute = False

    reason = prose(
        _("人數不夠也結束的理由"),
        limit=500,
        help_text=_("到會的人數夠了的不用填；不夠的，寫明理由，按不通過結束。"),
    )


class PublicityForm(forms.Form):
    """公示從哪天起、在哪裏、找誰反映。"""

    use_required_attribute = False

    start = DateField(label=_("公示從"))
    place = forms.CharField(
        label=_("公示在哪裏"),
        max_length=100,
        help_text=_("例如：局公示欄、縣政府網站。"),
        error_messages={"required": _("寫明公示在哪裏，例如：局公示欄、縣政府網站。")},
    )
    contact = forms.CharField(
        label=_("受理異議的電話和地址"),
        max_length=150,
        error_messages={"required": _("寫明受理異議的電話和地址。")},
    )

    def plan(self) -> Plan:
        return Plan(**self.cleaned_data)


class ReportForm(forms.Form):
    """一件公示異議。局裏的人自己反映的，只寫內容。"""

    use_required_attribute = False

    channel = forms.ChoiceField(
        label=_("怎樣反映的"),
        choices=[row for row in PublicityObjection.Channel.choices if row[0] != "online"],
        widget=forms.RadioSelect,
        error_messages={"required": _("選來信、電話或來訪。")},
    )
    received = DateField(label=_("收到日期"))
    is_anonymous = forms.BooleanField(label=_("匿名，不願留姓名"), required=False)
    name = forms.CharField(
        label=_("反映人"),
        max_length=40,
        required=False,
        help_text=_("寫姓名；選了匿名的不用寫。"),
    )
    contact = forms.CharField(
        label=_("聯繫方式"),
        max_length=80,
        required=False,
        help_text=_("只有辦公室和組長、副組長看得到，用於核實和答覆。"),
    )
    content = prose(
        _("反映的問題"),
        limit=1000,
        rows=6,
        required=_("寫明反映的是什麼事，何時、何地、誰。"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["name"].is_needed = True

    def own_only(self) -> None:
        """自己反映的：姓名、日期、方式都不用填。"""
        for name in ("channel", "received", "is_anonymous", "name", "contact"):
            del self.fields[name]

    def report(self, *, name: str, on: date) -> Report:
        clean = self.cleaned_data
        if "channel" not in clean:
            return Report(
                content=clean["content"],
                channel=PublicityObjection.Channel.ONLINE,
                received=on,
                name=name,
            )
        return Report(**clean)


class ObjectionDecisionForm(forms.Form):
    use_required_attribute = False

    outcome = forms.ChoiceField(
        label=_("認定"),
        choices=[("upheld", _("成立，取消推薦")), ("dismissed", _("不成立"))],
        widget=forms.RadioSelect,
        error_messages={"required": _("選成立或不成立。")},
    )
    finding = prose(
        _("核查情況和理由"),
        limit=1000,
        rows=6,
        required=_("寫明查了什麼、查到什麼、憑什麼認定。"),
    )

    @property
    def is_upheld(self) -> bool:
        return self.cleaned_data["outcome"] == PublicityObjection.State.UPHELD


class SubmitForm(forms.Form):
    document_number = forms.CharField(
        label=_("報送文號"),
        max_length=60,
        required=False,
        help_text=_("例如：嵐民〔2026〕45號。"),
    )


class AnswerForm(forms.ModelForm):
    """上級的批覆。"""

    use_required_attribute = False

    is_granted = forms.TypedChoiceField(
        label=_("上級的批覆"),
        choices=[("1", _("同意")), ("0", _("未同意"))],
        coerce=lambda value: value == "1",
        widget=forms.RadioSelect,
        error_messages={"required": _("選上級同意還是未同意。")},
    )
    answered_date = DateField(label=_("批覆日期"))
    as_site = forms.BooleanField(
        label=_("同時記為示範點"),
        required=False,
        help_text=_("上級給的就是示範點身份時選；以後算下屬單位比例時算上它。"),
    )

    class Meta:
        model = Answer
        fields = ["is_granted", "answered_date", "document_number", "honour_name", "note"]
        help_texts = {"honour_name": _("同意時填，照批覆的原話；記入榮譽台賬。")}

    def __init__(self, *args: Any, candidate: Candidate, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["honour_name"].is_needed = True
        if candidate.person_id:
            del self.fields["as_site"]
        else:
            self.initial["as_site"] = candidate.kind == Candidate.Kind.SITE

    def _post_clean(self) -> None:
        """模型的檢查留給服務做，錯誤不報兩遍。"""
