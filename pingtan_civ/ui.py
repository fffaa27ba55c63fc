"""頁面上反覆出現的小件：圖標、燈號、標籤、進度、時限、表單字段。

都是「給現成的值，還一段安全的 HTML」，不查詢，循環裏用也便宜。
模板裏經 pingtan_civ.templatetags.ui 使用，Python 裏可直接調用。
"""

from datetime import date, datetime
from functools import cache, lru_cache

from crispy_forms.helper import FormHelper
from django.contrib import messages
from django.contrib.messages.storage.base import Message
from django.forms import BaseForm, BoundField, Field, widgets
from django.http import HttpRequest
from django.templatetags.static import static
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language, gettext_lazy, gettext_noop
from django.utils.translation import gettext as _

from pingtan_civ.lib import clock as lib_clock
from pingtan_civ.lib import dates

Text = str | Promise

#: 燈號：急不急。六種，各有顏色、圖形和文字（設計規範第 3 節）。
LIGHTS = {
    "done": gettext_lazy("已辦結"),
    "ok": gettext_lazy("正常"),
    "warn": gettext_lazy("臨期"),
    "bad": gettext_lazy("逾期"),
    "todo": gettext_lazy("未開始"),
    "stop": gettext_lazy("已中止"),
}

#: 流程標籤的底色：走到哪一步。沒有列出的一律中性。
TAG_KINDS = {
    gettext_noop("辦理中"): "act",
    gettext_noop("進行中"): "act",
    gettext_noop("待初審"): "act",
    gettext_noop("待審核"): "act",
    gettext_noop("待裁定"): "act",
    gettext_noop("已退回"): "warn",
    gettext_noop("辦公室退回"): "warn",
    gettext_noop("負責人退回"): "warn",
    gettext_noop("有異議"): "warn",
    gettext_noop("不同意"): "warn",
    gettext_noop("不採用"): "warn",
    gettext_noop("審核通過"): "ok",
    gettext_noop("採用"): "ok",
    gettext_noop("同意"): "ok",
    gettext_noop("已辦結"): "ok",
    gettext_noop("已領辦"): "act",
    gettext_noop("已反饋"): "act",
    gettext_noop("退回重辦"): "warn",
    gettext_noop("領導要求再辦"): "warn",
    gettext_noop("負責人退回修改"): "warn",
    gettext_noop("滿意"): "ok",
    gettext_noop("待單位簽訂"): "act",
    gettext_noop("待組長簽訂"): "act",
    gettext_noop("已簽訂"): "ok",
}
#: 供翻譯目錄收集；dates.weekday 只給繁體。
WEEKDAYS = (
    gettext_noop("週一"),
    gettext_noop("週二"),
    gettext_noop("週三"),
    gettext_noop("週四"),
    gettext_noop("週五"),
    gettext_noop("週六"),
    gettext_noop("週日"),
)
BAR_STATES = {"ok", "warn", "bad"}
RING = 88.0  # 半徑 14 的圓周，SVG 用戶單位
RING_DAYS = 7  # 剩七個工作日以上時圓環是滿的


def stand_under(request: HttpRequest, url: str) -> None:
    """這一頁在菜單上算在哪一項之下：從網址看不出來的，由頁面自己說。"""
    request.menu_url = url  # type: ignore[attr-defined]


# ── 圖標 ──────────────────────────────────────────────


@cache
def icon(name: str, extra: str = "") -> SafeString:
    """一個線性圖標，隨文字顏色；意思由旁邊的文字說，圖標本身對讀屏隱藏。

    extra 是附加的類名，如 "i--s"（小）、"i--l"（大）。名稱見 static/img/icons.svg。
    """
    classes = f"i {extra}".strip()
    return format_html(
        '<svg class="{}" aria-hidden="true" focusable="false"><use href="{}#i-{}"></use></svg>',
        classes,
        static("img/icons.svg"),
        name,
    )


@cache
def shape(state: str) -> SafeString:
    """燈號的圖形：黑白打印和色覺不同的人都認得。"""
    return format_html(
        '<svg viewBox="0 0 16 16" aria-hidden="true" focusable="false">'
        '<use href="{}#l-{}"></use></svg>',
        static("img/icons.svg"),
        state if state in LIGHTS else "todo",
    )


# ── 狀態 ──────────────────────────────────────────────


def light(state: str, note: Text = "", label: Text = "") -> SafeString:
    """燈號。note 跟在後面的小字，如「剩 4 個工作日」；label 換掉默認的兩三個字。"""
    state = str(state)
    known = state if state in LIGHTS else "todo"
    small = format_html(" <small>{}</small>", note) if note else ""
    return format_html(
        '<span class="c-light c-light--{}">{}{}{}</span>',
        known,
        shape(known),
        label or LIGHTS[known],
        small,
    )


def tag(label: Text, kind: str = "", icon_name: str = "") -> SafeString:
    """流程標籤。kind: act ok warn bad veto gold；不給時由文字決定，沒有對應的為中性。"""
    kind = kind or _kind_of(str(label), get_language() or "")
    return format_html(
        '<span class="c-tag{}">{}{}</span>',
        f" c-tag--{kind}" if kind and kind != "plain" else "",
        icon(icon_name, "i--s") if icon_name else "",
        label,
    )


@lru_cache(maxsize=256)
def _kind_of(label: str, language: str) -> str:
    """記住結果：一頁幾十個標籤，不必每個都把詞表譯一遍。language 只用來分開繁簡。"""
    if label in TAG_KINDS:
        return TAG_KINDS[label]
    # 簡體頁面上標籤已經譯過，拿譯文再對一次。
    return next((kind for word, kind in TAG_KINDS.items() if _(word) == label), "")


def progress(percent: int | None, state: str = "", label: Text = "", size: str = "") -> SafeString:
    """進度條，0 到 100。沒有數時寫「—」，不畫空條冒充 0%。"""
    if percent is None:
        return mark_safe('<span class="u-3">—</span>')
    classes = f"c-bar c-bar--{state}" if state in BAR_STATES else "c-bar"
    if size == "lg":
        classes += " c-bar--lg"
    return format_html(
        '<span class="{0}"><progress value="{1}" max="100" aria-label="{2}">{1}%</progress>'
        "<b>{1}%</b></span>",
        classes,
        percent,
        label or _("進度"),
    )


# ── 時限與日期 ────────────────────────────────────────


def days_words(days_left: int | None) -> str:
    """「剩 4 個工作日」「今天截止」「逾期 3 個工作日」。按工作日算，不是天數。"""
    if days_left is None:
        return ""
    if days_left == 0:
        return _("今天截止")
    if days_left > 0:
        return _("剩 %(days)d 個工作日") % {"days": days_left}
    return _("逾期 %(days)d 個工作日") % {"days": -days_left}


def overdue_words(days_left: int | None) -> str:
    """跟在「逾期」燈後面的字，不再重複「逾期」二字。"""
    if days_left is not None and days_left < 0:
        return _("%(days)d 個工作日") % {"days": -days_left}
    return days_words(days_left)


def time_tag(value: date | datetime, words: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), words)


def chinese_date(value: date | None) -> SafeString:
    """2026年11月23日"""
    return time_tag(value, dates.long_date(value)) if value else mark_safe("—")


def short_date(value: date | None) -> SafeString:
    """11月23日，用在列表裏；不是今年的帶上年。"""
    return time_tag(value, _near(value)) if value else mark_safe("—")


def _near(value: date | datetime) -> str:
    return dates.near_date(value, lib_clock.today())


def date_and_weekday(value: date | None) -> SafeString:
    """11月25日 週三；不是今年的帶上年。"""
    if not value:
        return mark_safe("—")
    return time_tag(value, f"{_near(value)} {_(dates.weekday(value))}")


def moment(value: datetime | None, today: date | None = None) -> SafeString:
    """「今天 09:12」「11月20日 15:06」。不給 today 時取今天。"""
    if not value:
        return mark_safe("—")
    return time_tag(value, dates.moment(value, today=today or lib_clock.today()))


def deadline(due: date | None, days_left: int | None = None) -> SafeString:
    """完成時限：日期與剩餘工作日，從不單獨出現一樣。"""
    if not due:
        return format_html('<span class="u-3">{}</span>', _("未定時限"))
    words = days_words(days_left)
    if not words:
        return date_and_weekday(due)
    urgent = "u-bad u-b" if days_left < 0 else "u-warn u-b" if days_left <= 3 else "u-3"
    return format_html('{} <span class="{}">{}</span>', date_and_weekday(due), urgent, words)


def clock(days_left: int, due: date | None = None) -> SafeString:
    """工作日鐘：圓環、剩餘的數、文字和日期。剩三日起變黃，過期變紅。"""
    state = "bad" if days_left < 0 else "warn" if days_left <= 3 else ""
    part = 1.0 if days_left <= 0 else min(days_left, RING_DAYS) / RING_DAYS
    small = format_html("<small>{}</small>", short_date(due)) if due else ""
    return format_html(
        '<span class="c-clock c-clock--{}"><svg viewBox="0 0 36 36" aria-hidden="true">'
        '<circle class="tr" cx="18" cy="18" r="14"/>'
        '<circle class="ar" cx="18" cy="18" r="14" stroke-dasharray="{} {}"'
        ' transform="rotate(-90 18 18)"/>'
        '<text x="18" y="22.5">{}</text></svg><span>{}{}</span></span>',
        state,
        f"{RING * part:.1f}",
        RING,
        abs(days_left),
        days_words(days_left),
        small,
    )


# ── 表單 ──────────────────────────────────────────────


def form_helper(*, css_class: str = "c-crispy") -> FormHelper:
    """crispy 表單的統一設置：<form>、令牌和按鈕都由模板寫，crispy 只排字段。"""
    helper = FormHelper()
    helper.form_tag = False
    helper.disable_csrf = True
    helper.form_show_errors = True
    helper.field_class = ""
    helper.form_class = css_class
    helper.wrapper_class = ""
    helper.include_media = False
    return helper


def field(bound: BoundField, label: Text = "", hint: Text = "") -> SafeString:
    """一個字段：標籤、說明、控件、錯誤，錯誤與說明經 aria-describedby 掛在控件上。

    可不填的標「（選填）」；必填的不加記號。幾欄填一欄的，字段上設 is_needed。
    """
    if bound.is_hidden:
        return SafeString(str(bound))
    widget = bound.field.widget
    hint = hint or bound.help_text
    described = " ".join(
        part
        for part in (
            f"{bound.auto_id}_helptext" if hint else "",
            f"{bound.auto_id}_error" if bound.errors else "",
            f"{bound.auto_id}_count" if _counted(bound) else "",
        )
        if part
    )
    if isinstance(widget, widgets.CheckboxInput):
        return _check(bound, label, hint, described)
    body = _group(bound) if widget.use_fieldset else _control(bound, described)
    return _frame(bound, body, label=label, hint=hint, described=described)


def _frame(
    bound: BoundField, body: SafeString, *, label: Text, hint: Text, described: str
) -> SafeString:
    """字段的外框：一組選項用 fieldset，其餘用 div。"""
    is_needed = getattr(bound.field, "is_needed", bound.field.required)
    optional = "" if is_needed else format_html('<span class="req">{}</span>', _("（選填）"))
    if bound.field.widget.use_fieldset:
        template = (
            '<fieldset class="{}" id="{}" tabindex="-1"{}>'
            '<legend class="form-label">{}{}</legend>{}{}{}</fieldset>'
        )
        aria = format_html(' aria-describedby="{}"', described) if described else ""
        return format_html(
            template,
            _frame_class(bound),
            bound.auto_id,
            aria,
            label or bound.label,
            optional,
            _hint(bound, hint),
            body,
            _errors(bound),
        )
    return format_html(
        '<div class="{}"><label class="form-label" for="{}">{}{}</label>{}{}{}</div>',
        _frame_class(bound),
        bound.id_for_label,
        label or bound.label,
        optional,
        _hint(bound, hint),
        body,
        _errors(bound),
    )


def _frame_class(bound: BoundField) -> str:
    return "c-field has-err" if bound.errors else "c-field"


def _control(bound: BoundField, described: str) -> SafeString:
    widget = bound.field.widget
    base = "form-select" if isinstance(widget, widgets.Select) else "form-control"
    attrs: dict[str, str | int | bool] = {
        "class": f"{widget.attrs.get('class', '')} {base}".strip()
    }
    if isinstance(widget, widgets.Textarea) and str(widget.attrs.get("rows")) == "10":
        attrs["rows"] = 4  # Django 的默認十行太高
    if described:
        attrs["aria-describedby"] = described
    if bound.errors:
        attrs["class"] += " is-invalid"
        attrs["aria-invalid"] = "true"
    counter = ""
    if limit := _counted(bound):
        # 不用 maxlength：粘貼超長的文字會被瀏覽器悄悄截斷，寧可讓人看見超了多少。
        attrs |= {"data-counter": f"{bound.auto_id}_count", "data-max": limit, "maxlength": False}
        counter = format_html(
            '<p class="c-counter"><span id="{}_count">{}</span></p>',
            bound.auto_id,
            _("最多 %(limit)d 字") % {"limit": limit},
        )
    return format_html("{}{}", bound.as_widget(attrs=attrs), counter)


def _counted(bound: BoundField) -> int:
    """多行文字框的字數上限；其他控件為 0，不顯示計數。"""
    if not isinstance(bound.field.widget, widgets.Textarea):
        return 0
    return getattr(bound.field, "max_length", None) or 0


def _group(bound: BoundField) -> SafeString:
    """單選排成一行按鈕，多選排成一列。"""
    # CheckboxSelectMultiple 是 RadioSelect 的子類，所以看 input_type。
    radios = getattr(bound.field.widget, "input_type", "") == "radio"
    outer, inner = ("c-seggroup", "c-opt") if radios else ("l-stack l-stack--3", "form-check")
    if not hasattr(bound.field.widget, "choices"):
        return bound.as_widget()
    options = list(bound)
    if bound.errors and not radios:
        for option in options:
            option.data["attrs"]["aria-invalid"] = "true"
    return format_html(
        '<div class="{}">{}</div>',
        outer,
        format_html_join(
            "",
            '<label class="{}">{}<span>{}</span></label>',
            ((inner, option.tag(), option.choice_label) for option in options),
        ),
    )


def _check(bound: BoundField, label: Text, hint: Text, described: str) -> SafeString:
    attrs = {"class": "form-check-input"}
    if described:
        attrs["aria-describedby"] = described
    if bound.errors:
        attrs["aria-invalid"] = "true"
    return format_html(
        '<div class="{}"><label class="form-check" for="{}">{}<span>{}</span></label>{}{}</div>',
        _frame_class(bound),
        bound.id_for_label,
        bound.as_widget(attrs=attrs),
        label or bound.label,
        _hint(bound, hint),
        _errors(bound),
    )


def _hint(bound: BoundField, hint: Text) -> SafeString | str:
    if not hint:
        return ""
    return format_html('<span class="form-text" id="{}_helptext">{}</span>', bound.auto_id, hint)


def _errors(bound: BoundField) -> SafeString | str:
    if not bound.errors:
        return ""
    return format_html(
        '<p class="invalid-feedback" id="{}_error">{}<span><span class="u-vh">{}</span>{}</span></p>',
        bound.auto_id,
        icon("err", "i--s"),
        _("錯誤："),
        " ".join(_sentences(bound)),
    )


def _sentences(bound: BoundField) -> list[str]:
    """字段的錯誤，一條一句。框架默認的「請填寫這一項」換成說出名字的那一句。"""
    default = Field.default_error_messages["required"]
    said = []
    for error in bound.errors.as_data():
        unnamed = error.code == "required" and error.message is default
        widget = bound.field.widget
        if unnamed and (widget.use_fieldset or isinstance(widget, widgets.Select)):
            said.append(_("選擇「%(label)s」。") % {"label": bound.label})
        elif unnamed:
            said.append(_("填寫「%(label)s」。") % {"label": bound.label})
        else:
            said.extend(str(message) for message in error.messages)
    return said


def count_errors(*forms: BaseForm | None) -> int:
    """一共有幾處需要修改。"""
    return sum(
        len(problems) for form in forms if form is not None for problems in form.errors.values()
    )


def error_title(*forms: BaseForm | None) -> str:
    """網頁標題的前綴：「有 3 處需要修改 · 」；沒有錯誤時為空。"""
    count = count_errors(*forms)
    return _("有 %(count)d 處需要修改 · ") % {"count": count} if count else ""


def error_summary(*forms: BaseForm | None) -> SafeString:
    """表單上方的錯誤清單，每條都連到對應的字段；頁面載入時焦點落在這裏。"""
    lines = [line for form in forms if form is not None for line in _error_lines(form)]
    if not lines:
        return SafeString("")
    return format_html(
        '<div class="c-errsum" role="alert" tabindex="-1" data-focus aria-labelledby="errors">'
        '<h2 id="errors">{}{}</h2><ol>{}</ol></div>',
        icon("err"),
        _("有 %(count)d 處需要修改") % {"count": len(lines)},
        format_html_join("", "<li>{}</li>", ((line,) for line in lines)),
    )


def _error_lines(form: BaseForm) -> list[SafeString | str]:
    """按頁面上的先後，不按查出的先後；不屬於哪個字段的在前。"""
    order = {name: number for number, name in enumerate(form.fields)}
    lines = []
    for name, problems in sorted(form.errors.items(), key=lambda item: order.get(item[0], -1)):
        bound = form[name] if name in form.fields else None
        if bound is None or bound.is_hidden:
            lines.extend(str(problem) for problem in problems)
            continue
        for sentence in _sentences(bound):
            # 寫了字段名的句子照用，沒寫的前面加上，清單裏才看得出是哪一處。
            named = sentence if str(bound.label) in sentence else f"{bound.label}：{sentence}"
            lines.append(format_html('<a href="#{}">{}</a>', bound.auto_id, named))
    return lines


# ── 告訴人 ────────────────────────────────────────────


def say(request: HttpRequest, text: Text, *, undo: str = "", level: int = messages.SUCCESS) -> None:
    """辦完之後說一句：做了什麼、誰會知道。undo 是撤回的地址（POST），沒有就不給。"""
    messages.add_message(request, level, text, extra_tags=f"undo:{undo}" if undo else "")


def undo_url(message: Message) -> str:
    """這句話後面「撤回」按鈕的地址。"""
    extra = message.extra_tags or ""
    return extra.removeprefix("undo:") if extra.startswith("undo:") else ""
