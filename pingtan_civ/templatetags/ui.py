"""模板裏的小件。已是內建標籤，模板不必 {% load %}。用法見 docs/frontend.md。"""

from collections.abc import Iterable
from datetime import date

from django import template
from django.templatetags.static import static
from django.urls import NoReverseMatch, reverse
from django.utils.html import format_html, json_script
from django.utils.safestring import SafeString
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from pingtan_civ import ui
from pingtan_civ.lib.script import simplify_sentence
from workdays import services as workdays

register = template.Library()

register.simple_tag(ui.icon)
register.simple_tag(ui.shape)
register.simple_tag(ui.light)
register.simple_tag(ui.tag)
register.simple_tag(ui.progress)
register.simple_tag(ui.clock)
register.simple_tag(ui.deadline)
register.simple_tag(ui.field)
register.simple_tag(ui.error_summary)
register.simple_tag(ui.error_title)

register.filter("chinese_date", ui.chinese_date)
register.filter("short_date", ui.short_date)
register.filter("date_and_weekday", ui.date_and_weekday)
register.filter("moment", ui.moment)
register.filter("days_words", ui.days_words)
register.filter("overdue_words", ui.overdue_words)
register.filter("undo_url", ui.undo_url)


@register.filter
def or_dash(value: object) -> object:
    """沒有數寫「—」；0 是有數。"""
    return "—" if value is None or value == "" else value


@register.filter
def translated(value: object) -> object:
    """隨系統給出的參考數據（佐證形式、退回常用語）：與目錄裏的一字不差就照目錄，人自己寫的照原樣。"""
    return _(value) if isinstance(value, str) and value else value


@register.filter
def in_script(value: object, names: Iterable[str] = ()) -> object:
    """系統的句子（消息、留痕）：存的是繁體，簡體頁面上轉成簡體；names 是人名，和「」裏引的標題一樣，一字不動。

    只用於系統說的話，絕不用於人填寫的進展、方案條款和上傳的文件名。
    """
    if not value or get_language() != "zh-hans":
        return value
    return simplify_sentence(str(value), keep=names)


@register.simple_tag
def estimate_note(*days: date | None) -> SafeString:
    """{% estimate_note row.due_date %}：日子所在年份的放假安排還沒公佈時說一聲，否則什麼也不寫。"""
    note = next(filter(None, map(workdays.estimate_note, days)), "")
    return format_html(' <span class="u-xs u-3">（{}）</span>', note) if note else SafeString("")


@register.simple_tag
def words() -> SafeString:
    """腳本要說的話，隨頁面的繁簡由服務端給出；花括號裏的由腳本填。"""
    try:
        sign_in = reverse("people:sign-in")
    except NoReverseMatch:
        sign_in = ""
    said = {
        "sprite": static("img/icons.svg"),
        "sign_in": sign_in,
        "undo": _("撤回"),
        "dismiss": _("關閉這條提示"),
        "failed": _("沒有辦成，可能是網絡斷了。請稍後重試，或刷新本頁。"),
        "count": _("已寫 {used} 字，最多 {limit} 字"),
        "written": _("已寫 {used} 字"),
        "over": _("已寫 {used} 字，超出 {extra} 字，最多 {limit} 字"),
        "saved": _("草稿 {time} 自動保存"),
        "kept": _("{time} 已暫存在本機，按「保存」才交上去。"),
        "offline": _("連不上服務器，您填的內容已存在本機，聯網後自動保存。"),
        "expired": _("登錄已過期，您填的內容已存在本機。"),
        "refused": _("草稿沒有存到服務器，內容已存在本機。請刷新本頁後恢復。"),
        "sign_in_again": _("在新窗口重新登錄"),
        "found_title": _("發現一份未保存的草稿。"),
        "found_text": _("{time} 寫的內容還在本機，沒有存到服務器。"),
        "restore": _("恢復"),
        "discard": _("丟棄"),
        "conflict_title": _("這份內容剛被別人改過。"),
        "conflict_text": _(
            "為免覆蓋，自動保存已停。您寫的還在本頁和本機，請打開最新內容對照後再提交。"
        ),
        "conflict_open": _("打開最新內容"),
        "uploading": _("上傳 {name}"),
        "uploading_count": _("還有 {left} 件在上傳"),
        "waiting_upload": _("還有 {left} 件在上傳，傳完自動提交。"),
        "retry": _("重試"),
        "change_file": _("換一個文件"),
        "remove": _("移除 {name}"),
        "too_big": _("超過 {limit} MB，請壓縮後重傳。"),
        "empty_file": _("這個文件是空的，請換一個。"),
        "upload_offline": _("網絡斷了，沒有傳完。請聯網後重試。"),
        "upload_failed": _("服務器沒有收下這件佐證，請重試。"),
    }
    return json_script(said, "words")


@register.simple_block_tag
def panel(
    content: str, title: str = "", note: str = "", kind: str = "", anchor: str = ""
) -> SafeString:
    """面板：{% panel title="任務要求" note="4 項" %}…{% endpanel %}，正文自帶內邊距。

    kind: "bad" 紅邊；"flush" 正文不留邊（表格、列表用）。面板不套面板。
    """
    head = ""
    if title:
        side = format_html('<span class="u-3 u-sm">{}</span>', note) if note else ""
        head = format_html('<div class="c-panel__h"><h2>{}</h2>{}</div>', title, side)
    flush = "flush" in kind.split()
    return format_html(
        '<section class="c-panel{}"{}{}>{}{}{}{}</section>',
        " c-panel--bad" if "bad" in kind.split() else "",
        format_html(' aria-label="{}"', title) if title else "",
        format_html(' id="{}"', anchor) if anchor else "",
        head,
        "" if flush else SafeString('<div class="c-panel__b">'),
        content,
        "" if flush else SafeString("</div>"),
    )


@register.simple_block_tag
def dialog(content: str, anchor: str, title: str) -> SafeString:
    """對話框的殼：{% dialog anchor="send-back" title="退回這份進展？" %}…{% enddialog %}。

    打開它的元素寫 data-dlg="send-back" 和一個沒有腳本時也能用的 href。
    裏面自己寫 <form>，用 c-dlg__b 與 c-dlg__f 分正文和按鈕。
    """
    return format_html(
        '<dialog class="c-dlg" id="{0}" aria-labelledby="{0}-title">'
        '<div class="c-dlg__h"><h2 id="{0}-title">{1}</h2></div>{2}</dialog>',
        anchor,
        title,
        content,
    )


@register.simple_block_tag
def note(content: str, kind: str = "", title: str = "", role: str = "") -> SafeString:
    """提示條：{% note kind="warn" title="網絡已斷開。" %}…{% endnote %}。kind: ok warn bad veto。"""
    icons = {"ok": "ok", "warn": "alert", "bad": "err", "veto": "shield"}
    return format_html(
        '<div class="c-note{}"{}>{}<div>{}{}</div></div>',
        f" c-note--{kind}" if kind else "",
        format_html(' role="{}"', role) if role else "",
        ui.icon(icons.get(kind, "info")),
        format_html('<span class="c-note__t">{}</span> ', title) if title else "",
        content,
    )


@register.simple_block_tag
def quote(content: str, source: str = "", url: str = "") -> SafeString:
    """方案原文的引用，左側金線。原文是數據，簡體頁面上也不轉換。"""
    link = format_html(' · <a href="{}">{}</a>', url, _("在方案中查看")) if url else ""
    footer = format_html("<footer>{}{}{}</footer>", _("出處："), source, link) if source else ""
    return format_html(
        '<blockquote class="c-quote"><span lang="zh-Hant">{}</span>{}</blockquote>',
        content,
        footer,
    )
