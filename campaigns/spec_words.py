"""一條佐證要求寫成話。spec 是 campaigns.models.EvidenceSpec，連同它的 form。"""

from typing import Any

from django.utils.translation import gettext as _


def in_one_line(spec: Any) -> str:
    """要的是什麼，一行話：「實景圖片 2 張，報送期內，審核看：看得到單位名稱」。"""
    return f"{heading(spec)}{_('，')}{details(spec)}" if details(spec) else heading(spec)


def heading(spec: Any) -> str:
    """「實景圖片 2 張」。"""
    words = {"form": _(spec.form.name), "count": spec.count}
    if spec.form.is_picture:
        return _("%(form)s %(count)d 張") % words
    return _("%(form)s %(count)d 份") % words


def short(spec: Any) -> str:
    """表格裏的寫法：「規範文件 1 份，要有文號」，審核看什麼等略去。"""
    number = _("要有文號") if spec.needs_number else ""
    return _("，").join(filter(None, [heading(spec), window_words(spec), number]))


def details(spec: Any) -> str:
    """份數以外的要求，用逗號連成一句；沒有別的要求為空。"""
    parts = [
        window_words(spec),
        _("要有文號") if spec.needs_number else "",
        _("註明日期") if spec.needs_date and spec.window == "any" else "",
        _limit_words(spec),
        _(spec.note) if spec.note else "",
        _("審核看：%(lines)s") % {"lines": "；".join(_(line) for line in spec.tick_lines)}
        if spec.tick_lines
        else "",
    ]
    return _("，").join(part.rstrip("。") for part in parts if part)


def window_words(spec: Any) -> str:
    """材料日期的要求；不限為空。"""
    if spec.window == "period":
        return _("報送期內")
    if spec.window == "year":
        return _("本年度內")
    if spec.window == "months" and spec.window_months:
        return _("近 %(months)d 個月內") % {"months": spec.window_months}
    return ""


def _limit_words(spec: Any) -> str:
    characters = spec.max_characters or spec.form.max_characters
    parts = []
    if characters:
        parts.append(_("%(limit)d 字以內") % {"limit": characters})
    if spec.max_megabytes:
        parts.append(_("每份不超過 %(limit)d MB") % {"limit": spec.max_megabytes})
    return _("，").join(parts)
