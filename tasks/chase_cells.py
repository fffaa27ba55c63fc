"""矩陣的一行格子。六十個單位、一百五十項措施是九千格：在這裏一次拼好，不逐格過模板。"""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from functools import lru_cache

from django.urls import get_script_prefix, reverse
from django.utils.html import conditional_escape as esc
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from pingtan_civ import ui
from tasks.chase_stand import Item, Stand
from tasks.lights import Light

EMPTY = '<td class="ch na">·</td>'


def history_url(pk: int) -> str:
    """一份報送的催辦記錄。九千格不必反查九千遍。"""
    return _history_pattern(get_script_prefix()) % pk


@lru_cache(maxsize=8)
def _history_pattern(prefix: str) -> str:
    """prefix 只用來區分部署在不同路徑下。"""
    return reverse("tasks:chase-history", args=[0]).replace("/0/", "/%d/")


def cells_html(
    keys: Sequence[int],
    cells: Mapping[int, list[Item]],
    idle: Collection[int],
    *,
    unit: str,
    url: str,
    today: date,
) -> SafeString:
    """一個單位的各格，按列的次序。沒有分到的是「·」，分到而這一期沒有要報的是「—」。"""
    nothing = f'<td class="ch na" title="{esc(_("這一期沒有要報的"))}">—</td>'
    found = []
    for key in keys:
        if items := cells.get(key):
            found.append(_cell(items, key, unit=unit, url=url, today=today))
        else:
            found.append(nothing if key in idle else EMPTY)
    return mark_safe("".join(found))  # noqa: S308  各段都已轉義


def _cell(items: list[Item], key: int, *, unit: str, url: str, today: date) -> str:
    items = sorted(items, key=lambda item: item.rank)
    first, owed = items[0], [item for item in items if item.is_owed]
    if len({item.measure_id for item in items}) == 1:
        url = f"{url}?measure={first.measure_id}"
    anchor = f"c{first.department_id}-{key}"
    link = history_url(first.pk) if len(items) == 1 else url
    box = ""
    if owed:
        value = "-".join(str(item.pk) for item in owed)
        box = (
            f'<input type="checkbox" name="pick" value="{value}" form="cf" data-row'
            f' aria-labelledby="{anchor}">'
        )
    is_supporting = all(item.is_supporting for item in items)
    short = _short(first, len(owed), is_supporting)
    # 名字以看得見的那幾個字開頭：用語音操作的人照着念就點得到。
    label = f"{short}，{_label(items, unit, today)}"
    return (
        f'<td class="ch {_tint(first)}{" ch--sup" if is_supporting else ""}">{box}'
        f'<a id="{anchor}" href="{link}" data-cell aria-label="{esc(label)}">'
        f"{_shape(first)}{esc(short)}{_mark(first)}</a></td>"
    )


def _tint(item: Item) -> str:
    if item.is_owed:
        return {Light.BAD: "ch--bad", Light.WARN: "ch--warn"}.get(item.light, "ch--open")
    if item.stand == Stand.ENDORSED:
        return "ch--ours"
    return "ch--done" if item.stand in (Stand.ACCEPTED, Stand.NIL) else "ch--calm"


def _shape(item: Item) -> str:
    if item.stand in _ICONS:
        return ui.icon(_ICONS[item.stand], "i--s")
    if item.stand in (Stand.LATER, Stand.STOPPED):
        return ui.shape("todo" if item.stand == Stand.LATER else "stop")
    return ui.shape(item.light)


_ICONS = {Stand.SUBMITTED: "clock", Stand.ENDORSED: "eye"}


def _short(item: Item, owed: int, is_supporting: bool) -> str:
    """格裏的幾個字：「逾 3」「剩 2」「今天」「待審 4」；配合的帶「配」。"""
    parts = [_("配")] if is_supporting else []
    if item.stand in _PREFIX:
        parts.append(_PREFIX[item.stand]())
    if item.is_owed:
        parts.append(_age(item))
    elif item.stand in (Stand.SUBMITTED, Stand.ENDORSED):
        parts.append(str(item.days))
    if owed > 1:
        parts.append(f"×{owed}")
    return " ".join(parts)


_PREFIX = {
    Stand.UNSIGNED: lambda: _("簽"),
    Stand.RETURNED: lambda: _("退"),
    Stand.SUBMITTED: lambda: _("初審"),
    Stand.ENDORSED: lambda: _("待審"),
    Stand.ACCEPTED: lambda: _("通過"),
    Stand.NIL: lambda: _("零報"),
    Stand.LATER: lambda: _("未始"),
    Stand.STOPPED: lambda: _("中止"),
}


def _age(item: Item) -> str:
    if item.light == Light.BAD:
        return _("逾 %(days)d") % {"days": max(-item.days, 1)}
    if item.days <= 0:
        return _("今天")
    return _("剩 %(days)d") % {"days": item.days}


def _mark(item: Item) -> str:
    """催過的、答覆了的，角上一個小記號；意思在 aria-label 裏。"""
    if not item.last:
        return ""
    return ui.icon("chat" if item.last.answer else "megaphone", "i--s ch__m")


def _label(items: list[Item], unit: str, today: date) -> str:
    """讀屏和底下那一行說的全話。"""
    first = items[0]
    role = _("（配合）") if first.is_supporting else ""
    parts = [f"{unit}{role} {first.code} {first.title}：{first.period} {first.words}"]
    if len(items) > 1:
        parts.append(_("同格另有 %(count)d 份") % {"count": len(items) - 1})
    if first.last:
        parts.append(_("最近催過：%(last)s") % {"last": first.last.words(today)})
        answer = {"answer": first.last.answer}
        parts.append(_("答覆：%(answer)s") % answer if first.last.answer else _("未答覆"))
    return "，".join(parts)
