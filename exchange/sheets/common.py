"""幾種表共用的讀法和寫法。"""

import copy
import re
from collections.abc import Iterable
from typing import Any

from django.db.models import Model
from django.forms import ModelForm
from django.forms.models import model_to_dict
from django.utils.translation import gettext as _

from campaigns.models import EvidenceForm
from exchange.cells import SEPARATORS, Cell, Named, NotUnderstood, unknown
from exchange.kinds import Refused, form_errors

_COUNT = re.compile(
    r"^(?P<name>.*?)\s*[×xX*]?\s*(?P<count>\d{1,3})?\s*(?:份|件|張|张|個|个|篇|套)?$"
)
_MOST_COPIES = 99


def parts(cell: Cell) -> list[str]:
    """頓號、逗號、分號、換行隔開的幾項。"""
    return [part.strip() for part in SEPARATORS.split(cell.text) if part.strip()]


def evidence_words(rows: Iterable[tuple[EvidenceForm, int]]) -> str:
    return "、".join(f"{form.name}{count}份" for form, count in rows)


def read_evidence(forms: Named, cell: Cell) -> list[tuple[EvidenceForm, int]]:
    """「規範文件2份、實景圖片3」；沒有寫份數的算一份。"""
    wanted: dict[EvidenceForm, int] = {}
    for part in parts(cell):
        form, count = forms.find(part), 1
        if form is None:
            found = _COUNT.match(part)
            name = found["name"] if found else part
            form, count = forms.find(name), int((found and found["count"]) or 1)
            if form is None:
                raise unknown(_("佐證形式"), name, forms.near(name))
        wanted[form] = wanted.get(form, 0) + count
    if any(not 1 <= count <= _MOST_COPIES for count in wanted.values()):
        raise NotUnderstood(_("佐證份數應在 1 至 %(most)d 之間。") % {"most": _MOST_COPIES})
    return list(wanted.items())


def evidence_forms() -> Named:
    return Named((form, [form.name]) for form in EvidenceForm.objects.filter(is_active=True))


def filled_form(form_class: Any, row: Model | None, values: dict[str, Any], **kwargs: Any) -> Any:
    """頁面上的那張表單，照行的現狀填好再換上 values；不行的 Raises Refused。

    表單會把值寫到對象上，所以給它一個副本。
    """
    data = model_to_dict(row) if row else defaults_of(form_class)
    data |= {name: _plain(value) for name, value in values.items()}
    instance = {"instance": copy.copy(row)} if row else {}
    form: ModelForm = form_class(
        {key: value for key, value in data.items() if value is not None}, **instance, **kwargs
    )
    if not form.is_valid():
        raise Refused(form_errors(form))
    return form


def defaults_of(form_class: Any) -> dict[str, Any]:
    """新增時沒有填的，用模型的默認值。"""
    found = {}
    for name in form_class._meta.fields:
        field = form_class._meta.model._meta.get_field(name)
        if field.has_default():
            found[name] = field.get_default()
    return found


def _plain(value: Any) -> Any:
    return value.pk if isinstance(value, Model) else value
