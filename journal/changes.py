"""改了什麼：把新值寫到對象上，並記下 {字段: [舊, 新]} 供留痕。"""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import translation


def apply_changes(instance: models.Model, values: Mapping[str, Any]) -> dict[str, list[str]]:
    """只寫不存；返回真正變了的字段，鍵和值都是給人看的原文（不隨操作者的繁簡變）。"""
    changes: dict[str, list[str]] = {}
    with translation.override(settings.LANGUAGE_CODE):
        for name, value in values.items():
            old = getattr(instance, name)
            if old == value:
                continue
            before = shown(instance, name)
            setattr(instance, name, value)
            label = str(getattr(instance._meta.get_field(name), "verbose_name", name))
            changes[label] = [before, shown(instance, name)]
    return changes


def shown(instance: models.Model, name: str) -> str:
    """一個字段現在的值，寫成人讀的樣子。"""
    field = instance._meta.get_field(name)
    if getattr(field, "choices", None):
        return str(getattr(instance, f"get_{name}_display")())
    value = getattr(instance, name)
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, date):
        return value.isoformat()
    return "" if value is None else str(value)
