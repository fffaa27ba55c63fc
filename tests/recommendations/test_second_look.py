"""第二遍細看補上的：過輪的票、名次、公示稿、推薦表裏的異議、迴避的人看不到是誰反映的。"""

from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.standing import forget_standing
from recommendations.dossier import compose, compose_notice, content_of
from recommendations.models import Attachment, Condition
from recommendations.paper import candidate_form, publicity_notice
from recommendations.policies import can_attach, can_object, can_recuse
from recommendations.services import candidates, programmes, publicity, voting
from recommendations.services.submitting import verify_submittals
from reports.rendering import OfficialDocument, Paragraph
from tasks.models import WrongState
from tests import factories as make
from tests.cast import Cast
from tests.recommendations import stage
from tests.recommendations.stage import AFTER, AT, Kind

pytestmark = pytest.mark.django_db
SignIn = Callable[..., Client]


def said(document: OfficialDocument) -> str:
    return "".join(block.text for block in document.blocks if isinstance(block, Paragraph))


def agree(cast: Cast, programme: object, rows: list) -> None:
    votes = {row: "agree" for row in rows}
    stage.vote(cast, programme, {who: votes for who in ("leader", "deputy", "neighbour")})


def close(cast: Cast, programme: object) -> None:
    voting.close_vote(actor=cast.office, programme_id=programme.pk, at=AT)


def test_a_ballot_opened_in_the_last_round_is_not_counted_in_the_next(
    cast: Cast, signed_in: SignIn
) -> None:
    units = (cast.registry, cast.bureau_office)
    programme, rows = stage.voting_on(cast, *units, quota=1)
    agree(cast, programme, rows)
    close(cast, programme)
    stale = {f"choice_{row.pk}": "against" for row in rows} | {"vote_round": "1"}

    answer = signed_in(cast.leader).post(
        reverse("recommendations:vote", args=[programme.pk]), stale
    )

    assert answer.status_code == 409
    assert "第 1 輪已經結束，現在是第 2 輪" in answer.content.decode()
    assert not rows[0].ballots.filter(round=2).exists()


def test_a_place_is_never_given_twice(cast: Cast) -> None:
    units = [cast.bureau_office, *make.DepartmentFactory.create_batch(2)]
    programme, rows = stage.voting_on(cast, *units, quota=2)
    agree(cast, programme, rows)
    stage.vote(
        cast, programme, {"head": {rows[0]: "agree", rows[1]: "against", rows[2]: "against"}}
    )
    close(cast, programme)
    assert stage.fresh(rows[0]).place == 1
    candidates.exclude(actor=cast.office, candidate_id=rows[0].pk, reason="本人放棄", at=AT)

    agree(cast, programme, rows[1:])
    close(cast, programme)

    assert sorted(stage.fresh(row).place for row in rows) == [1, 2, 3]


def test_the_notice_stays_as_it_was_posted(cast: Cast) -> None:
    programme, (row, other) = stage.in_publicity(cast, cast.registry, cast.bureau_office)
    posted = programme.notice
    candidates.exclude(actor=cast.office, candidate_id=row.pk, reason="本人放棄", at=AT)
    type(row.department).objects.filter(pk=row.department_id).update(name="改了名")

    programme = stage.fresh(programme)

    assert programme.notice == posted
    assert {each["id"] for each in posted["candidates"]} == {row.pk, other.pk}
    assert "推薦下列2個對象" in said(publicity_notice(programme.notice))
    assert len(compose_notice(programme, [stage.fresh(other)])["candidates"]) == 1


def test_the_form_does_not_tell_what_an_objection_said(cast: Cast) -> None:
    programme, (row,) = stage.in_publicity(cast)
    objection = publicity.record_objection(
        actor=cast.officer, candidate_id=row.pk, report=stage.REPORT, at=AT
    )

    def paper(on: date) -> str:
        content = compose(programme, [stage.fresh(row)], on)
        return said(candidate_form(content, content["candidates"][0]))

    for on in (AT.date(), AFTER.date()):
        assert "公示結果待公示期滿、異議查清後填寫。" in paper(on)
        assert "收到異議" not in paper(on)
    publicity.decide_objection(
        actor=cast.leader, objection_id=objection.pk, is_upheld=False,
        finding="調監控，林先生說的那天沒有排隊", at=AT,
    )  # fmt: skip
    assert "收到異議一件，經核查，認定不成立。" in paper(AFTER.date())
    assert "林先生" not in paper(AFTER.date())
    assert "收到異議" not in paper(AT.date())


def test_one_that_fell_out_keeps_the_conditions_it_fell_out_on(cast: Cast) -> None:
    programme, (row, other) = stage.voting_on(cast, cast.registry, cast.bureau_office, quota=1)
    agree(cast, programme, [row, other])
    stage.vote(cast, programme, {"head": {other: "agree"}})
    close(cast, programme)
    lost = stage.fresh(row)
    assert lost.state == "not_passed"
    Condition.objects.update(text="改過的條件")
    lost.rulings.update(outcome="not_met")

    content = content_of(programme, [lost], AFTER.date())

    found = content["candidates"][0]
    assert [(each["text"], each["verdict"]) for each in found["conditions"]] == [
        ("領導班子無違紀", "met")
    ]
    assert "排在名額以外，不列入推薦" in said(candidate_form(content, found))


def test_who_stays_out_does_not_read_who_objected(cast: Cast, signed_in: SignIn) -> None:
    programme, (row,) = stage.in_publicity(cast)
    publicity.record_objection(
        actor=cast.helper, candidate_id=row.pk, at=AT,
        report=publicity.Report(
            content="排隊太久", channel="online", received=AT.date(), name="文員辛"
        ),
    )  # fmt: skip
    url = reverse("recommendations:programme", args=[programme.pk])
    seen = signed_in(cast.deputy).get(url).content.decode()
    assert "登記一件對婚姻登記處的公示異議" in seen
    assert "1 件異議待核查" in seen
    make.AppointmentFactory(user=cast.deputy, department=cast.registry)
    forget_standing(cast.deputy)

    hidden = signed_in(cast.deputy).get(url).content.decode()

    assert "公示異議" not in hidden
    assert "件異議待核查" not in hidden


def test_nothing_is_offered_in_a_cancelled_programme(cast: Cast, signed_in: SignIn) -> None:
    programme, (row,) = stage.voting_on(cast)
    programmes.cancel_programme(
        actor=cast.office, programme_id=programme.pk, reason="上級取消", at=AT
    )

    text = signed_in(cast.leader).get(row.get_absolute_url()).content.decode()

    assert "項目已中止。" in text
    assert reverse("recommendations:recuse", args=[row.pk]) not in text
    assert not can_recuse(cast.standing(cast.leader), stage.fresh(row))


def test_only_the_office_records_after_the_last_day(cast: Cast) -> None:
    _programme, (row,) = stage.in_publicity(cast)
    late = AFTER.date()

    assert can_object(cast.standing(cast.clerk), row)
    assert not can_object(cast.standing(cast.clerk, late), row)
    assert can_object(cast.standing(cast.office, late), row)


def test_an_answer_is_attached_only_to_one_that_was_sent(cast: Cast) -> None:
    _programme, (row, other) = stage.submitted(cast, cast.registry, cast.bureau_office)
    type(row).objects.filter(pk=other.pk).update(state="not_passed")
    standing = cast.standing(cast.office)

    assert can_attach(standing, stage.fresh(row), Attachment.Part.ANSWER)
    assert not can_attach(standing, stage.fresh(other), Attachment.Part.ANSWER)


def test_a_condition_that_a_colleague_just_removed_says_so(cast: Cast) -> None:
    programme = stage.programme(cast, "draft")
    gone = stage.condition(programme, Kind.MANUAL)
    values = {"programme_id": programme.pk, "condition_id": gone.pk, "at": AT}
    programmes.remove_condition(actor=cast.office, **values)

    with pytest.raises(WrongState, match="剛由別人去掉"):
        programmes.remove_condition(actor=cast.office, **values)
    with pytest.raises(WrongState, match="剛由別人去掉"):
        programmes.put_condition(actor=cast.office, values={"text": "改"}, **values)


def test_a_changed_number_or_a_vanished_submission_is_found(cast: Cast) -> None:
    programme, _rows = stage.submitted(cast)
    assert [fault for _name, fault in verify_submittals()] == [""]

    type(programme.submittal).objects.update(document_number="嵐民〔2026〕46號")
    assert [fault for _name, fault in verify_submittals()] == ["文號與內容不符，被改過。"]
    type(programme.submittal).objects.all().delete()

    assert list(verify_submittals()) == [(programme.title, "留痕裏記了報送，報送材料不見了。")]
