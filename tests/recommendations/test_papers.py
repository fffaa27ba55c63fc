"""推薦表和公示稿：Word、PDF，繁簡兩體；報送了的照定稿。"""

from io import BytesIO

import docx
import pytest
from django.test import Client
from django.urls import reverse

from people.models import Department
from recommendations.dossier import content_of
from recommendations.models import Candidate, Programme
from recommendations.paper import candidate_form, publicity_notice
from reports.rendering import OfficialDocument
from reports.rendering.document import Script
from tests.cast import Cast
from tests.recommendations import stage
from tests.recommendations.stage import AFTER


def form_of(programme: Programme, row: Candidate, script: Script = "hant") -> OfficialDocument:
    content = content_of(stage.fresh(programme), [stage.fresh(row)], AFTER.date())
    return candidate_form(content, content["candidates"][0], script=script)


def text_of(document: OfficialDocument) -> str:
    return "\n".join(document.texts())


def test_the_form_holds_deeds_conditions_votes_publicity_and_room_to_sign(cast: Cast) -> None:
    programme, (row,) = stage.submitted(cast)

    text = text_of(form_of(programme, row))

    for words in (
        "2026年度省級文明行業創建示範點推薦表",
        "（嵐民〔2026〕45號，2026年12月1日報送）",
        "婚姻登記處",
        "全年辦理登記 1,286 對",
        "領導班子無違紀",
        "滿足",
        "應到3人（另有1人迴避），到會3人，同意3票，不同意0票，棄權0票，通過。",
        "2026年11月23日至30日在局公示欄公示，共5個工作日。",
        "公示期間沒有收到異議。",
        "單位意見",
        "推薦意見",
        "福建省民政廳意見",
        "（蓋章）",
    ):
        assert words in text
    assert "組長甲" not in text
    for forbidden in ("命名", "授牌", "獎金", "收費"):
        assert forbidden not in text


def test_the_form_follows_what_was_submitted_after_a_renaming(cast: Cast) -> None:
    programme, (row,) = stage.submitted(cast)
    before = text_of(form_of(programme, row))

    Department.objects.filter(pk=cast.registry.pk).update(name="婚姻家庭服務中心")

    assert text_of(form_of(programme, row)) == before


def test_before_it_is_submitted_the_form_says_so(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)

    text = text_of(form_of(programme, row))

    assert "（未報送，供核對）" in text
    assert "尚未表決。" in text
    assert "尚未公示。" in text


def test_the_simplified_form_keeps_names(cast: Cast) -> None:
    programme, (row,) = stage.submitted(cast)

    text = text_of(form_of(programme, row, "hans"))

    assert "领导小组记名表决" in text
    assert "領導小組" not in text


def test_the_notice_names_the_list_the_days_and_where_to_turn(cast: Cast) -> None:
    programme, rows = stage.in_publicity(cast, cast.registry, cast.bureau_office)
    content = content_of(programme, rows, AFTER.date())

    text = text_of(publicity_notice(content))

    for words in (
        "關於推薦2026年度省級文明行業創建示範點的公示",
        "根據閩民〔2026〕12號，",
        "推薦下列2個對象",
        "公示期為2026年11月23日至30日，共5個工作日。",
        "0591-24310000 局辦公室",
        "局辦公室",
    ):
        assert words in text


@pytest.mark.parametrize("script", ["", "hans"])
def test_both_papers_download_as_word_and_pdf(cast: Cast, signed_in: object, script: str) -> None:
    programme, (row,) = stage.in_publicity(cast)
    client: Client = signed_in(cast.office)
    for name, pk in (("candidate-form", row.pk), ("publicity-notice", programme.pk)):
        url = reverse(f"recommendations:{name}", args=[pk])
        word = client.get(url, {"format": "docx", "script": script})
        data = b"".join(word.streaming_content)
        title = "".join(row.text for row in docx.Document(BytesIO(data)).paragraphs)
        assert ("推荐" in title) == (script == "hans")
        pdf = client.get(url, {"format": "pdf", "script": script})
        assert b"".join(pdf.streaming_content).startswith(b"%PDF")
    assert client.get(url, {"format": "odt"}).status_code == 404
