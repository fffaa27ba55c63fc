"""系統管理各頁的底子：改動必留痕、報來的東西只看不動、繁簡都搜得到。"""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db import models
from django.db.models import QuerySet
from django.forms import BaseModelFormSet, ModelForm
from django.http import HttpRequest
from django.utils import translation

from journal.changes import shown
from journal.services import record
from pingtan_civ.lib import clock
from pingtan_civ.lib.script import search_key

# 這些字段的值不寫進留痕，只說改過。
PRIVATE = frozenset({"password", "phone", "email"})


class SearchBothScripts:
    """search_fields 照常，另用繁簡、大小寫、全半角都相同的鍵再找一遍。只用於幾千行以內的表。"""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet, search_term: str
    ) -> tuple[QuerySet, bool]:
        found, duplicates = super().get_search_results(request, queryset, search_term)
        words = search_key(search_term).split()
        if not words:
            return found, duplicates
        fields = [name.lstrip("^=@") for name in self.get_search_fields(request)]
        matching = {
            row[0]
            for row in queryset.values_list("pk", *fields).order_by()
            if _holds(row[1:], words)
        }
        keys = matching | set(found.values_list("pk", flat=True))
        return queryset.filter(pk__in=keys), False


def _holds(values: tuple[Any, ...], words: list[str]) -> bool:
    text = search_key(" ".join(str(value) for value in values if value))
    return all(word in text for word in words)


class RecordedAdmin(SearchBothScripts, admin.ModelAdmin):
    """可以改的表：每次增改都寫一條留痕，改了哪些字段、原來是什麼都在。

    不提供刪除；停用、終止、撤銷各有自己的辦法，歷史都要留着。
    """

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def topic(self, obj: models.Model) -> models.Model:
        """這條留痕顯示在哪一頁的經過裏。"""
        return obj

    def save_model(self, request: HttpRequest, obj: Any, form: ModelForm, change: bool) -> None:
        changed = _changed_fields(obj, form)
        old = self.model._base_manager.get(pk=obj.pk) if change else None
        super().save_model(request, obj, form, change)
        with translation.override(settings.LANGUAGE_CODE):
            request.admin_changes = {
                str(obj._meta.get_field(name).verbose_name): (
                    ["", ""]
                    if name in PRIVATE
                    else [shown(old, name) if old else "", shown(obj, name)]
                )
                for name in changed
            }

    def save_related(
        self, request: HttpRequest, form: ModelForm, formsets: list[BaseModelFormSet], change: bool
    ) -> None:
        """多對多和附表的改動也要留名：授權多半正是改在那裏。"""
        with translation.override(settings.LANGUAGE_CODE):
            many_before = _many(form)
            rows_before = [_rows(formset) for formset in formsets]
            super().save_related(request, form, formsets, change)
            changes = dict(getattr(request, "admin_changes", {}))
            for name, now in _many(form).items():
                if now != many_before[name]:
                    changes[name] = [many_before[name], now]
            for formset, before in zip(formsets, rows_before, strict=True):
                changes |= _formset_changes(formset, before)
        request.admin_changes = changes

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        self._record(request, obj, "admin.added", "新增")
        return super().log_addition(request, obj, message)

    def log_change(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        if message:
            self._record(request, obj, "admin.changed", "修改")
        return super().log_change(request, obj, message)

    def _record(self, request: HttpRequest, obj: Any, action: str, verb: str) -> None:
        with translation.override(settings.LANGUAGE_CODE):
            name = str(obj._meta.verbose_name)
            record(
                actor=request.user,
                action=action,
                target=obj,
                topic=self.topic(obj),
                summary=f"在系統管理中{verb}{name}「{obj}」",
                changes=getattr(request, "admin_changes", {}),
                at=clock.now(),
            )


def _many(form: ModelForm) -> dict[str, str]:
    """表單裏各多對多字段庫裏此刻的值，人讀的樣子。"""
    return {
        str(field.verbose_name): "、".join(map(str, getattr(form.instance, field.name).all()))
        for field in form.instance._meta.many_to_many
        if field.name in form.fields
    }


def _rows(formset: BaseModelFormSet) -> dict[Any, models.Model]:
    """附表裏改過的各行在庫裏原來的樣子，{pk: 行}。"""
    keys = [form.instance.pk for form in formset.initial_forms if form.has_changed()]
    return formset.model._base_manager.in_bulk(keys)


def _formset_changes(
    formset: BaseModelFormSet, before: dict[Any, models.Model]
) -> dict[str, list[str]]:
    """附表裏添了誰、去了誰、哪一行的哪一項改了。"""
    kind = formset.model._meta.verbose_name
    changes = {f"新增{kind}": ["", _names(formset.new_objects)]} if formset.new_objects else {}
    if formset.deleted_objects:
        changes[f"刪除{kind}"] = [_names(formset.deleted_objects), ""]
    for row, names in formset.changed_objects:
        old = before[row.pk]
        for name in names:
            label = f"{kind}「{old}」{row._meta.get_field(name).verbose_name}"
            private = name in PRIVATE
            changes[label] = ["", ""] if private else [shown(old, name), shown(row, name)]
    return changes


def _names(rows: list[models.Model]) -> str:
    return "、".join(map(str, rows))


def _changed_fields(obj: models.Model, form: ModelForm) -> list[str]:
    """改了的、存在這一行裏的字段（多對多和密碼框之類的不算）。"""
    columns = {field.name for field in obj._meta.concrete_fields}
    return [name for name in form.changed_data if name in columns]


class ReadOnlyAdmin(admin.ModelAdmin):
    """只看不動：留痕、通知、報送、佐證。改動只能走平台自己的頁。"""

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class ReadOnlyInline(admin.TabularInline):
    extra = 0
    can_delete = False
    show_change_link = True

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
