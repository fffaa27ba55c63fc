"""頁面的外殼、小件、顯示方式和出錯的頁。"""

import re
from collections.abc import Callable
from datetime import UTC, date, datetime
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django import forms
from django.template import engines
from django.template.loader import get_template
from django.test import Client
from django.utils.translation import override

from pingtan_civ import ui
from pingtan_civ import urls as real_urls
from tests.cast import Cast

ROOT = Path(__file__).resolve().parent.parent
TEMPLATES = [
    found
    for found in [*(ROOT / "templates").rglob("*.html"), *(ROOT / "tests/gallery").rglob("*.html")]
    if found.parent.name != "mail"  # 郵件不是網頁：見 templates/mail/letter.html
]
SPRITE = (ROOT / "static/img/icons.svg").read_text(encoding="utf-8")
STYLES = (ROOT / "static/css/app.css").read_text(encoding="utf-8")
SCRIPTS = {found.name: found.read_text("utf-8") for found in (ROOT / "static/js").glob("*.js")}


@pytest.fixture
def gallery(settings) -> None:
    """裝上組件樣板頁。"""
    settings.ROOT_URLCONF = "tests.gallery.urls"
    configured = settings.TEMPLATES[0]
    settings.TEMPLATES = [
        {**configured, "DIRS": [*configured["DIRS"], ROOT / "tests/gallery/templates"]}
    ]


def rendered(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render(context)


class Report(forms.Form):
    narrative = forms.CharField(
        label="本月做了什麼", help_text="寫事實。", widget=forms.Textarea, max_length=20
    )
    problems = forms.CharField(label="問題", required=False)
    unit = forms.ChoiceField(label="單位", choices=[("a", "殯儀館")])
    wanted = forms.ChoiceField(
        label="需要協調", widget=forms.RadioSelect, choices=[("no", "不需要"), ("yes", "需要")]
    )
    agreed = forms.BooleanField(label="內容屬實")
    hidden = forms.IntegerField(widget=forms.HiddenInput)


# ── 模板與靜態文件的規矩 ──


@pytest.mark.parametrize("found", TEMPLATES, ids=lambda found: found.name)
def test_every_icon_a_template_draws_is_in_the_sprite(found: Path) -> None:
    names = re.findall(r'{% icon "([\w-]+)"', found.read_text(encoding="utf-8"))

    missing = [name for name in names if f'id="i-{name}"' not in SPRITE]

    assert missing == []


@pytest.mark.parametrize("found", TEMPLATES, ids=lambda found: found.name)
def test_no_template_breaks_the_content_policy(found: Path) -> None:
    text = found.read_text(encoding="utf-8")

    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|<style\b|\sstyle=|\son[a-z]+=\"", text)
    assert not re.search(r'(?:src|href|action)="(?:https?:)?//', text)


@pytest.mark.parametrize(
    "found",
    [found for found in TEMPLATES if "gallery" not in found.parts],
    ids=lambda found: found.name,
)
def test_every_template_compiles(found: Path) -> None:
    name = found.relative_to(ROOT / "templates").as_posix()

    assert get_template(name).template.name == name


@pytest.mark.parametrize("found", TEMPLATES, ids=lambda found: found.name)
def test_every_component_says_what_it_takes(found: Path) -> None:
    if found.parent.name != "components":
        return

    assert found.read_text(encoding="utf-8").startswith("{#")


def test_the_style_sheet_keeps_to_what_chromium_90_knows() -> None:
    without_comments = re.sub(r"/\*.*?\*/", "", STYLES, flags=re.S)

    for too_new in (":has(", "color-mix(", "@container", "@layer", "translate:", "&:", "@scope"):
        assert too_new not in without_comments


def test_the_style_sheet_and_scripts_fetch_nothing_from_outside() -> None:
    for text in [STYLES, *SCRIPTS.values()]:
        assert "http://" not in text
        assert "https://" not in text
        assert "@import" not in text


@pytest.mark.parametrize("name", sorted(SCRIPTS))
def test_scripts_write_no_inline_style_and_keep_no_words(name: str) -> None:
    code = re.sub(r"/\*.*?\*/", "", SCRIPTS[name], flags=re.S)

    assert 'setAttribute("style"' not in code
    assert "eval(" not in code
    assert (
        re.findall(r"[\u4e00-\u9fff]+", code.replace("；", "").replace("、", "").replace("。", ""))
        == []
    )


# ── 小件 ──


@pytest.mark.parametrize("state", ["done", "ok", "warn", "bad", "todo", "stop"])
def test_a_light_always_has_colour_shape_and_words(state: str) -> None:
    drawn = ui.light(state)

    assert f"c-light--{state}" in drawn
    assert f"#l-{state}" in drawn
    assert str(ui.LIGHTS[state]) in drawn


def test_an_unknown_light_is_drawn_as_not_started() -> None:
    assert "c-light--todo" in ui.light("purple")


def test_small_parts_escape_what_people_wrote() -> None:
    evil = "<script>alert(1)</script>"

    for drawn in (ui.light("ok", evil), ui.tag(evil), ui.progress(3, label=evil)):
        assert "<script>" not in drawn


@pytest.mark.parametrize(
    ("label", "kind"),
    [("辦理中", "c-tag--act"), ("辦公室退回", "c-tag--warn"), ("審核通過", "c-tag--ok")],
)
def test_a_tag_takes_its_colour_from_its_word(label: str, kind: str) -> None:
    assert kind in ui.tag(label)


def test_a_tag_without_a_colour_of_its_own_is_neutral() -> None:
    assert ui.tag("待簽收") == '<span class="c-tag">待簽收</span>'


@pytest.mark.parametrize(
    ("days", "words"),
    [(4, "剩 4 個工作日"), (0, "今天截止"), (-3, "逾期 3 個工作日"), (None, "")],
)
def test_a_deadline_is_told_in_working_days(days: int | None, words: str) -> None:
    assert ui.days_words(days) == words


def test_an_overdue_light_does_not_say_overdue_twice() -> None:
    assert ui.overdue_words(-3) == "3 個工作日"


def test_a_deadline_shows_the_date_and_the_days_together() -> None:
    drawn = ui.deadline(date(2026, 11, 25), 2)

    assert '<time datetime="2026-11-25">11月25日 週三</time>' in drawn
    assert "剩 2 個工作日" in drawn


def test_no_deadline_is_said_in_words() -> None:
    assert "未定時限" in ui.deadline(None)


def test_missing_progress_is_a_dash_and_not_an_empty_bar() -> None:
    assert "<progress" not in ui.progress(None)
    assert "—" in ui.progress(None)


@pytest.mark.parametrize(
    ("days", "part"), [(7, "88.0 88.0"), (30, "88.0 88.0"), (0, "88.0 88.0"), (-2, "88.0 88.0")]
)
def test_the_working_day_clock_is_full_far_off_and_when_it_is_over(days: int, part: str) -> None:
    assert f'stroke-dasharray="{part}"' in ui.clock(days)


def test_the_working_day_clock_shrinks_as_days_go() -> None:
    assert 'stroke-dasharray="37.7 88.0"' in ui.clock(3, date(2026, 11, 26))
    assert "c-clock--warn" in ui.clock(3)


def test_a_moment_today_says_today() -> None:
    at = datetime(2026, 11, 23, 1, 12, tzinfo=UTC)

    assert "今天 09:12" in ui.moment(at, date(2026, 11, 23))


@pytest.mark.parametrize(
    "filter_", [ui.chinese_date, ui.short_date, ui.date_and_weekday, ui.moment]
)
def test_an_empty_date_is_a_dash(filter_: Callable[[None], str]) -> None:
    assert filter_(None) == "—"


def test_block_tags_frame_their_content() -> None:
    drawn = rendered(
        '{% panel title="任務信息" note="3 項" kind="flush" %}<i>表</i>{% endpanel %}'
        '{% note kind="warn" title="斷開。" %}{{ text }}{% endnote %}'
        '{% quote source="方案" url="/plan/" %}{{ text }}{% endquote %}',
        text="<b>",
    )

    assert '<section class="c-panel" aria-label="任務信息">' in drawn
    assert "c-panel__b" not in drawn
    assert "c-note--warn" in drawn
    assert "&lt;b&gt;" in drawn
    assert 'href="/plan/"' in drawn


# ── 表單 ──


def test_a_field_ties_its_help_error_and_count_to_the_control() -> None:
    form = Report({"narrative": "字" * 21})

    drawn = ui.field(form["narrative"])

    described = re.search(r'aria-describedby="([^"]+)"', drawn)[1].split()
    assert described == ["id_narrative_helptext", "id_narrative_error", "id_narrative_count"]
    for anchor in described:
        assert f'id="{anchor}"' in drawn
    assert 'aria-invalid="true"' in drawn
    assert "maxlength" not in drawn


def test_only_optional_fields_are_marked() -> None:
    form = Report()

    assert "（選填）" in ui.field(form["problems"])
    assert "（選填）" not in ui.field(form["narrative"])


def test_a_group_of_choices_is_a_fieldset_with_a_legend() -> None:
    drawn = ui.field(Report()["wanted"])

    assert drawn.startswith("<fieldset")
    assert "<legend" in drawn
    assert drawn.count('type="radio"') == 2


def test_a_hidden_field_has_no_label() -> None:
    assert ui.field(Report()["hidden"]).startswith('<input type="hidden"')


def test_the_error_summary_names_and_links_every_wrong_field() -> None:
    form = Report({"narrative": "", "agreed": "on", "wanted": "maybe", "hidden": "1"})

    drawn = ui.error_summary(form)

    assert "有 3 處需要修改" in drawn
    assert '<a href="#id_narrative">填寫「本月做了什麼」。</a>' in drawn
    assert '<a href="#id_unit">選擇「單位」。</a>' in drawn
    assert '<a href="#id_wanted">需要協調：' in drawn
    assert ui.error_title(form) == "有 3 處需要修改 · "


def test_the_sentence_beside_the_field_is_the_one_in_the_summary() -> None:
    form = Report({})

    assert "填寫「本月做了什麼」。" in ui.field(form["narrative"])


def test_a_sentence_the_form_wrote_itself_is_kept() -> None:
    class Due(forms.Form):
        planned = forms.DateField(error_messages={"required": "任務已逾期，此項必填。"})

    assert "任務已逾期，此項必填。" in ui.field(Due({})["planned"])


def test_a_form_without_mistakes_has_no_summary() -> None:
    assert ui.error_summary(Report()) == ""
    assert ui.error_title(Report()) == ""


# ── 外殼 ──


@pytest.mark.django_db
def test_the_page_says_truthfully_which_script_it_is_in(gallery: None, client: Client) -> None:
    client.cookies["django_language"] = "zh-hans"
    client.cookies["theme"] = "dark"
    client.cookies["text"] = "lg"

    page = client.get("/gallery/sign-in/").content.decode()

    assert '<html lang="zh-Hans" data-bs-theme="dark" data-text="lg">' in page


@pytest.mark.django_db
def test_an_unknown_cookie_falls_back_to_the_default(gallery: None, client: Client) -> None:
    client.cookies["theme"] = '"><script>'

    page = client.get("/gallery/sign-in/").content.decode()

    assert '<html lang="zh-Hant" data-bs-theme="light">' in page


@pytest.mark.django_db
def test_the_office_sees_its_menu_and_its_name(
    gallery: None, cast: Cast, signed_in: Callable
) -> None:
    page = signed_in(cast.office).get("/gallery/").content.decode()

    assert str(cast.office) in page
    assert "領導小組辦公室" in page
    assert cast.campaign.name in page


@pytest.mark.django_db
def test_the_menu_offers_only_what_concerns_the_reader(
    gallery: None, cast: Cast, signed_in: Callable
) -> None:
    office = signed_in(cast.office).get("/gallery/").content.decode()
    clerk = signed_in(cast.clerk).get("/gallery/").content.decode()

    assert "進展審核" in office
    assert "進展審核" not in clerk
    assert "我的任務" in clerk


class Anchors(HTMLParser):
    """收集 id、以及 aria 與 for 指向的 id。"""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.wanted: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if name == "id" and value:
                self.ids.append(value)
            elif name in {"for", "aria-describedby", "aria-labelledby", "aria-controls"} and value:
                self.wanted |= set(value.split())


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/gallery/", "/gallery/form/", "/gallery/form/?crispy"])
def test_ids_are_unique_and_every_reference_is_answered(
    gallery: None, cast: Cast, signed_in: Callable, address: str
) -> None:
    anchors = Anchors()

    anchors.feed(signed_in(cast.clerk).get(address).content.decode())

    assert len(anchors.ids) == len(set(anchors.ids))
    assert anchors.wanted <= set(anchors.ids)


@pytest.mark.django_db
def test_a_message_offers_to_undo(gallery: None, cast: Cast, signed_in: Callable) -> None:
    page = signed_in(cast.office).get("/gallery/?say=1").content.decode()

    assert "已退回，經辦人將收到通知。" in page
    assert 'action="/gallery/save/"' in page
    assert "撤回" in page


@pytest.mark.django_db
def test_a_page_sends_the_strict_content_policy(gallery: None, client: Client) -> None:
    policy = client.get("/gallery/sign-in/").headers["Content-Security-Policy"]

    assert "script-src 'self'" in policy
    assert "unsafe" not in policy


# ── 顯示方式 ──


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "value", "cookie"),
    [("theme", "dark", "theme"), ("text", "lg", "text"), ("script", "zh-hans", "django_language")],
)
def test_a_stranger_can_change_the_display_and_comes_back(
    client: Client, name: str, value: str, cookie: str
) -> None:
    answer = client.post("/display/", {"name": name, "value": value, "next": "/x/?a=1"})

    assert answer.status_code == 302
    assert answer.headers["Location"] == "/x/?a=1"
    assert answer.cookies[cookie].value == value


@pytest.mark.django_db
def test_the_script_changes_the_display_without_reloading(client: Client) -> None:
    answer = client.post(
        "/display/", {"name": "theme", "value": "dark"}, headers={"x-requested-with": "fetch"}
    )

    assert answer.status_code == 204


@pytest.mark.django_db
@pytest.mark.parametrize("wanted", ["https://evil.example/", "//evil.example/", "javascript:1", ""])
def test_the_display_switch_never_leads_off_the_site(client: Client, wanted: str) -> None:
    answer = client.post("/display/", {"name": "theme", "value": "dark", "next": wanted})

    assert answer.headers["Location"] == "/"


@pytest.mark.django_db
@pytest.mark.parametrize(("name", "value"), [("theme", "pink"), ("colour", "dark"), ("", "")])
def test_an_unknown_display_is_refused(client: Client, name: str, value: str) -> None:
    answer = client.post("/display/", {"name": name, "value": value})

    assert answer.status_code == 400
    assert "沒有這種顯示方式" in answer.content.decode()


@pytest.mark.django_db
def test_the_display_is_not_changed_by_a_link(client: Client) -> None:
    assert client.get("/display/").status_code == 405


# ── 出錯的頁 ──


@pytest.mark.django_db
def test_not_found_repeats_our_own_reason(gallery: None, cast: Cast, signed_in: Callable) -> None:
    answer = signed_in(cast.clerk).get("/gallery/refuses/?kind=404")

    assert answer.status_code == 404
    assert "編號 3-44 不存在，可能已合併或撤銷。" in answer.content.decode()


@pytest.mark.django_db
def test_not_found_does_not_show_the_frameworks_english(gallery: None, client: Client) -> None:
    answer = client.get("/gallery/refuses/?kind=english")

    assert answer.status_code == 404
    assert "No Measure" not in answer.content.decode()
    assert "找不到這一頁" in answer.content.decode()


@pytest.mark.django_db
def test_a_stranger_who_is_lost_sees_no_menu(client: Client) -> None:
    answer = client.get("/no-such-page/")

    assert answer.status_code == 404
    assert "c-nav" not in answer.content.decode()


@pytest.mark.django_db
def test_forbidden_says_why(gallery: None, cast: Cast, signed_in: Callable) -> None:
    answer = signed_in(cast.clerk).get("/gallery/refuses/")

    assert answer.status_code == 403
    assert "評分在公示前只對領導小組和辦公室開放。" in answer.content.decode()


@pytest.mark.django_db
def test_a_fault_gives_a_code_and_no_secrets(gallery: None, caplog) -> None:
    client = Client(raise_request_exception=False)

    answer = client.get("/gallery/fails/")

    page = answer.content.decode()
    code = re.search(r"E-[0-9A-F]{6}", page)[0]
    assert answer.status_code == 500
    assert "祕密的內部信息" not in page
    assert code in caplog.text


@pytest.mark.django_db
def test_a_stale_page_gives_the_typed_words_back(gallery: None, cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.clerk, backend="django.contrib.auth.backends.ModelBackend")

    answer = client.post(
        "/gallery/form/",
        {"narrative": "寫了半小時的字", "password": "秘密", "csrfmiddlewaretoken": "stale"},
        headers={"referer": "http://testserver/gallery/form/"},
    )

    page = answer.content.decode()
    assert answer.status_code == 403
    assert "寫了半小時的字" in page
    assert "秘密" not in page
    assert 'href="/gallery/form/"' in page


@pytest.mark.django_db
def test_a_stale_page_does_not_lead_back_off_the_site(gallery: None) -> None:
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/display/", {}, headers={"referer": "http://evil.example/a"})

    assert "evil.example" not in answer.content.decode()


@pytest.mark.django_db
def test_sign_in_shows_the_first_steps_and_keeps_the_name(gallery: None, client: Client) -> None:
    answer = client.post("/gallery/sign-in/", {"username": "hunyin01", "password": "wrong"})

    page = answer.content.decode()
    assert 'value="hunyin01"' in page
    assert 'role="alert"' in page
    assert "wrong" not in page
    assert "用賬號 office 登錄。" in page


def test_the_error_pages_are_the_ones_in_use() -> None:
    assert real_urls.handler404 == "pingtan_civ.errors.page_not_found"
    assert real_urls.handler500 == "pingtan_civ.errors.server_error"


def test_the_words_of_the_scripts_follow_the_page() -> None:
    with override("zh-hant"):
        drawn = rendered("{% words %}")

    assert 'id="words"' in drawn
    assert 'type="application/json"' in drawn
    for name in re.findall(r'say\(\s*"(\w+)"', "".join(SCRIPTS.values())):
        assert f'"{name}"' in drawn
