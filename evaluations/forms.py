"""榮譽台賬的表單：只管把填的東西收拾乾淨，能不能記由服務說了算。"""

from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from evaluations.models import Honour
from people.forms import DateField, HolderField
from people.models import Department


class HonourForm(forms.ModelForm):
    """一項榮譽。授給本局的，單位和個人都不選。"""

    granted_date = DateField(label=_("授予日期"))
    person = HolderField(label=_("獲獎個人"), required=False, empty_label=_("（不是授給個人的）"))
    revoked_date = DateField(
        label=_("撤銷日期"), required=False, help_text=_("上級撤銷了才填；記載仍留着。")
    )

    class Meta:
        model = Honour
        fields = [
            "name",
            "level",
            "series",
            "granted_by",
            "granted_date",
            "document_number",
            "department",
            "person",
            "campaign",
            "note",
            "revoked_date",
        ]
        help_texts = {
            "name": _("照證書或文件上的寫，例如：福建省文明行業。"),
            "document_number": _("例如：閩委文明〔2026〕12號。"),
            "department": _("授給本局的，單位和個人都不選。"),
        }
        error_messages = {
            "name": {"required": _("填寫榮譽名稱。")},
            "level": {"required": _("選擇級別。")},
            "granted_by": {"required": _("填寫授予機關。")},
        }

    def __init__(self, *args: Any, on: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["level"].choices = [("", _("選擇級別")), *Honour.Level.choices]
        # 撤併了的單位也會有從前的榮譽，所以全部可選；授給本局的不選單位。
        bureau = Q(kind=Department.Kind.BUREAU) & ~Q(pk=self.instance.department_id)
        self.fields["department"].queryset = Department.objects.exclude(bureau)
        self.fields["department"].empty_label = _("（不是授給單位的）")
        self.fields["person"].offer(on, also=self.instance.person_id)
        self.fields["campaign"].queryset = Campaign.objects.exclude(state=Campaign.State.DRAFT)
        self.fields["campaign"].empty_label = _("（與創建活動無關）")

    def clean(self) -> dict[str, Any]:
        clean = super().clean()
        if clean.get("department") and clean.get("person"):
            raise ValidationError({"person": _("獲獎的或是單位，或是個人，請只選一個。")})
        granted, revoked = clean.get("granted_date"), clean.get("revoked_date")
        if granted and revoked and revoked < granted:
            self.add_error("revoked_date", _("撤銷日期早於授予日期，請改正其中一個。"))
        return clean

    def _post_clean(self) -> None:
        """模型的檢查留給服務做，錯誤不報兩遍。"""
