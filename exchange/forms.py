"""導入的表單：只收一個文件，別的都在文件裏。"""

from django import forms
from django.utils.translation import gettext_lazy as _


class UploadForm(forms.Form):
    file = forms.FileField(
        label=_("改好的 Excel（.xlsx）"),
        widget=forms.ClearableFileInput(attrs={"accept": ".xlsx"}),
        error_messages={
            "required": _("請選擇要導入的 .xlsx 文件。"),
            "empty": _("這個文件是空的，請重新選擇。"),
        },
    )
