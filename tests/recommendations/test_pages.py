"""推薦的頁：各角色看得到什麼、能走哪一步，被拒時填過的都還在。"""

from collections.abc import Callable
from datetime import date
from itertools import pairwise

import pytest
from django.test import Client
from django.urls import reverse

from campaigns.standing import standing_of
from people.kinship import Lineage, kin_of
from people.models import Department, User
from recommendations.inbox import duties, to_vote, waiting
from recommendations.meeting import Meeting
from recommendations.models import Attachment, Ballot, Candidate, Condition, Programme
from recommendations.policies import can_see_candidate, can_see_programme
from recommendations.reminding import Act
from tests import factories as make
from tests.cast import Cast
from tests.recommendations import stage
from tests.recommendations.stage import AT, Kind
from workdays.services import calendar

SignIn = Callable[..., Client]
TODAY = AT.date()


def page(client: Client, name: str, *args: object) -> str:
    return client.get(reverse(f"recommendations:{name}", args=args)).content.decode()


def post(client: Client, view: str, *args: object, **data: object) -> object:
    return client.post(reverse(f"recommendations:{view}", args=args), data)


# ── 誰看得到 ──────────────────────────────────────────


def test_what_is_listed_is_what_may_be_opened(cast: Cast, now: object) -> None:
    """兩處寫的同一規則：清單的查詢和逐個的判斷。"""
    for state in Programme.State.values:
        values = stage_dates(state)
        row = stage.programme(cast, state, title=state, **values)
        for place in Candidate.State.values:
            unit = make.DepartmentFactory()
            stage.candidate(cast, row, unit, state=place)
    stage.candidate(cast, Programme.objects.get(state="open"), cast.registry)
    for who in ("office", "leader", "deputy", "head", "clerk", "neighbour", "helper", "admin"):
        standing = cast.standing(getattr(cast, who))
        rows = Candidate.objects.select_related("programme__campaign")
        listed = set(Candidate.objects.visible_to(standing).values_list("pk", flat=True))
        assert listed == {row.pk for row in rows if can_see_candidate(standing, row)}
        shown = set(Programme.objects.visible_to(standing).values_list("pk", flat=True))
        assert shown == {
            row.pk for row in Programme.objects.all() if can_see_programme(standing, row)
        }


def stage_dates(state: str) -> dict[str, date]:
    if state in Programme.PUBLIC:
        return {"publicity_start": AT.date(), "publicity_end": stage.PUBLICITY_ENDS}
    return {}


def test_the_list_is_public_from_the_publicity_on_and_only_the_list(
    cast: Cast, signed_in: SignIn
) -> None:
    programme, (row, other) = stage.passed(cast, cast.registry, cast.bureau_office)
    client = signed_in(cast.clerk)
    assert "局辦公室" not in page(client, "programme", programme.pk)
    assert client.get(other.get_absolute_url()).status_code == 404

    stage.publicity.start_publicity(
        actor=cast.office, programme_id=programme.pk, plan=stage.PLAN, at=AT
    )

    text = page(client, "programme", programme.pk)
    assert "公示名單" in text
    assert "局辦公室" in text
    seen = page(client, "candidate", other.pk)
    assert "提異議" in seen
    for hidden in ("條件逐條", "表決情況", "組長甲", "推薦表"):
        assert hidden not in seen
    own = page(client, "candidate", row.pk)
    assert "條件逐條" in own
    assert "表決情況" not in own


def test_the_office_reads_which_condition_is_missing_and_why(cast: Cast, signed_in: SignIn) -> None:
    programme = stage.programme(cast)
    stage.condition(programme, Kind.MANUAL, text="領導班子無違紀")
    stage.condition(programme, Kind.NO_VETO, text="兩年內無一票否決")
    row = stage.candidate(cast, programme)
    client = signed_in(cast.office)

    text = page(client, "programme", programme.pk)
    assert "1 / 2 項滿足" in text
    assert "還沒有一個對象滿足全部條件。" in text
    assert "等辦公室查實後寫明" in page(client, "candidate", row.pk)

    answer = post(
        client, "rule", row.pk, programme.conditions.get(kind="manual").pk,
        outcome="met", reason="紀檢監察室書面意見",
    )  # fmt: skip
    assert answer.url == row.get_absolute_url() + "#conditions"
    assert "2 / 2 項滿足" in page(client, "programme", programme.pk)
    assert post(client, "vote-open", programme.pk).status_code == 302
    assert stage.fresh(programme).state == "voting"


def test_a_step_that_cannot_be_taken_says_why_on_the_page(cast: Cast, signed_in: SignIn) -> None:
    programme = stage.programme(cast, "draft")
    client = signed_in(cast.office)

    answer = post(client, "programme-open", programme.pk)

    assert answer.status_code == 409
    assert "還沒有條件；至少定一項" in answer.content.decode()


def test_who_is_missing_is_said_once_for_all_they_miss(cast: Cast, signed_in: SignIn) -> None:
    programme, _rows = stage.voting_on(cast, *make.DepartmentFactory.create_batch(3))

    text = page(signed_in(cast.office), "programme", programme.pk)

    assert text.count("到會人數不夠，還沒表決的：組長甲、副組長乙、處長戊、館長庚。") == 1
    assert "等 3 個到會人數不夠" in text


PROGRAMME_FORMS = ("publicity-start", "submit", "vote-close", "programme-cancel", "nominate")
WHY = {
    "open": {
        "publicity-start": "現在是「申報」：申報到 2026年12月10日 為止，過了這天提交表決。",
        "submit": "還沒走到這一步",
        "vote-close": "還沒走到這一步",
        "answer": "還沒走到這一步",
        "exclude": "還沒有提交表決，事蹟、佐證和條件的認定都可以改。",
        "recuse": "還沒走到這一步",
        "objection-create": "還沒走到這一步",
    },
    "voting": {
        "publicity-start": "表決還沒有結束，結束以後再公示。",
        "submit": "現在是「表決」：先結束表決，有通過的再公示。",
        "nominate": "這一步已經過了",
        "deeds": "表決結束以前，事蹟、材料和認定不再改。",
        "withdraw": "表決結束以前，事蹟、材料和認定不再改。",
        "file-reuse": "表決結束以前，事蹟、材料和認定不再改。",
        "publicity-notice": "公示以後才有公示稿。",
    },
    "publicity": {
        "publicity-start": "公示到 2026年11月30日 為止，期滿、異議查清以後報送。",
        "submit": "公示到 2026年11月30日 為止，那一天過完才能報送。",
        "vote-close": "這一步已經過了",
        "vote": "這一步已經過了",
        "answer": "還沒走到這一步",
    },
    "cancelled": {
        "submit": "這個項目已經中止，不再往下走；還要推薦的，另擬一個項目。",
        "programme-cancel": "這個項目已經中止",
    },
}


@pytest.mark.parametrize("state", WHY)
def test_a_form_opened_or_sent_before_its_time_says_why_and_what_to_do(
    cast: Cast, signed_in: SignIn, state: str
) -> None:
    dates = stage_dates(state) if state == "publicity" else {}
    programme = stage.programme(cast, state, apply_by=date(2026, 12, 10), **dates)
    at = {"voting": "balloted", "publicity": "passed"}.get(state, "nominated")
    row = stage.candidate(cast, programme, state=at)
    of_leader = ("vote", "recuse")
    office, leader = signed_in(cast.office), signed_in(cast.leader)

    for view, words in WHY[state].items():
        client = leader if view in of_leader else office
        on_programme = view in (*PROGRAMME_FORMS, "vote", "publicity-notice")
        url = reverse(f"recommendations:{view}", args=[programme.pk if on_programme else row.pk])
        opened = client.get(url)
        assert (view, opened.status_code) == (view, 409)
        assert words in opened.content.decode(), view
        if view in ("vote", "publicity-notice"):
            continue
        sent = client.post(url, {"reason": "寫過的理由", "deeds": "寫過的事蹟"})
        assert (view, sent.status_code) == (view, 409)
        assert words in sent.content.decode(), view
        if view in ("deeds", "exclude", "withdraw"):
            assert "寫過的" in sent.content.decode()
    assert stage.fresh(programme).state == state
    assert stage.fresh(row).state == at


def test_a_head_is_told_before_typing_that_the_closing_day_is_over(
    cast: Cast, signed_in: SignIn
) -> None:
    programme = stage.programme(cast)

    answer = signed_in(cast.head).get(reverse("recommendations:nominate", args=[programme.pk]))

    assert answer.status_code == 409
    assert "申報到 2026年11月20日 為止；確要補報的，請向創建辦說明" in answer.content.decode()


# ── 表單 ──────────────────────────────────────────────


def test_a_programme_and_its_conditions_are_made_on_the_page(cast: Cast, signed_in: SignIn) -> None:
    client = signed_in(cast.office)
    filled = {
        "title": "推薦示範點", "level": "province", "authority": "省民政廳", "basis": "",
        "kinds": ["site"], "quota": "2", "apply_by": "2026-12-10", "publicity_days": "5",
        "quorum": "two_thirds", "pass_mark": "half",
    }  # fmt: skip

    refused = post(client, "programme-create", cast.campaign.code, **filled | {"kinds": []})
    assert "選推薦誰，至少一種。" in refused.content.decode()
    assert "推薦示範點" in refused.content.decode()
    short = post(client, "programme-create", cast.campaign.code, **filled | {"publicity_days": 3})
    assert "填 5 到 30 個工作日。" in short.content.decode()
    post(client, "programme-create", cast.campaign.code, **filled)
    row = Programme.objects.get()

    condition = {"text": "九成", "kind": "share", "share": "90", "counted": "windows"}
    refused = post(client, "condition-create", row.pk, **condition)
    assert "選最低哪一級。" in refused.content.decode()
    post(client, "condition-create", row.pk, **condition, level="city")
    found = Condition.objects.get()
    assert (found.share_hundredths, found.level, found.counted) == (9000, "city", "windows")
    text = page(client, "programme", row.pk)
    assert "下屬窗口單位的 90%" in text
    post(client, "condition-edit", row.pk, found.pk, text="兩年無", kind="no_veto", counted="all")
    found.refresh_from_db()
    assert (found.share_hundredths, found.level) == (0, "")
    post(client, "condition-remove", row.pk, found.pk)
    assert not row.conditions.exists()


def test_the_head_nominates_on_the_page_and_keeps_what_was_typed(
    cast: Cast, signed_in: SignIn
) -> None:
    programme = stage.programme(cast, apply_by=date(2026, 12, 10))
    client = signed_in(cast.head)
    text = page(client, "nominate", programme.pk)
    assert "殯儀館" not in text

    filled = {"kind": "person", "department": cast.registry.pk, "deeds": "全年無差錯。"}
    refused = post(client, "nominate", programme.pk, **filled)
    assert "推薦個人時選一個人。" in refused.content.decode()
    assert "全年無差錯。" in refused.content.decode()
    answer = post(client, "nominate", programme.pk, **filled, person=cast.clerk.pk)

    row = Candidate.objects.get()
    assert answer.url == row.get_absolute_url()
    assert row.person == cast.clerk
    assert row.get_absolute_url() in page(signed_in(cast.clerk), "programme", programme.pk)
    again = post(client, "nominate", programme.pk, **filled, person=cast.clerk.pk)
    assert "已在名單上" in again.content.decode()


def test_the_deputy_votes_on_the_page_and_sees_what_he_stays_out_of(
    cast: Cast, signed_in: SignIn
) -> None:
    programme, (row, other) = stage.voting_on(cast, cast.registry, cast.bureau_office)
    client = signed_in(cast.head)
    text = page(client, "vote", programme.pk)
    assert f"choice_{other.pk}" in text
    assert f"choice_{row.pk}" not in text
    assert "在本單位或其上下級單位任職" in text

    blank = post(client, "vote", programme.pk)
    assert "局辦公室：選同意、不同意或棄權。" in blank.content.decode()
    sneaked = {f"choice_{other.pk}": "agree", f"choice_{row.pk}": "agree", "vote_round": 1}
    assert post(client, "vote", programme.pk, **sneaked).status_code == 302
    assert Ballot.objects.get().candidate == other
    assert "改為這樣表決" in page(client, "vote", programme.pk)


def test_an_objection_is_recorded_and_decided_on_the_pages(cast: Cast, signed_in: SignIn) -> None:
    programme, (row,) = stage.in_publicity(cast)
    filled = {"channel": "phone", "received": "2026-11-23", "content": "排隊兩小時", "name": ""}

    refused = post(signed_in(cast.officer), "objection-create", row.pk, **filled)
    assert "不願留名的選匿名" in refused.content.decode()
    post(signed_in(cast.officer), "objection-create", row.pk, **filled, is_anonymous="on")
    post(signed_in(cast.helper), "objection-create", row.pk, content="看見沒有人引導")
    mine = row.objections.get(channel="online")
    assert (mine.name, mine.received_date) == ("文員辛", AT.date())

    assert "文員辛" in page(signed_in(cast.leader), "candidate", row.pk)
    for who in (cast.head, cast.helper, cast.neighbour):
        assert "排隊兩小時" not in page(signed_in(who), "candidate", row.pk)
    assert "還有 2 件異議沒有查清" in page(signed_in(cast.office), "programme", programme.pk)
    url = reverse("recommendations:objection-decide", args=[mine.pk])
    answer = signed_in(cast.leader).post(url, {"outcome": "dismissed", "finding": "查無此事"})
    assert answer.status_code == 302
    mine.refresh_from_db()
    assert mine.state == "dismissed"


def test_the_investigation_files_are_not_for_the_unit_concerned(
    cast: Cast, signed_in: SignIn
) -> None:
    _programme, (row,) = stage.in_publicity(cast)
    stage.publicity.record_objection(
        actor=cast.officer, candidate_id=row.pk, report=stage.REPORT, at=AT
    )
    files = {
        part: Attachment.objects.create(
            candidate=row, part=part, file=make.EvidenceFileFactory(), name=f"{part}.jpg",
            added_at=AT, added_by=cast.office,
        )
        for part in ("deeds", "objection")
    }  # fmt: skip

    def shown(who: User) -> list[str]:
        text = page(signed_in(who), "candidate", row.pk)
        return [part for part, file in files.items() if file.get_absolute_url() in text]

    assert shown(cast.leader) == ["deeds", "objection"]
    assert shown(cast.head) == ["deeds"]
    assert shown(cast.helper) == []
    assert signed_in(cast.head).get(files["objection"].get_absolute_url()).status_code == 404


# ── 等着誰辦 ──────────────────────────────────────────


def waits(cast: Cast, who: User, on: date = TODAY) -> list[str]:
    standing = standing_of(User.objects.get(pk=who.pk), on)
    return [str(duty.act) for duty in duties(standing, [cast.campaign.pk], calendar())]


def test_each_is_asked_for_what_is_his(cast: Cast) -> None:
    programme = stage.programme(cast)
    assert waits(cast, cast.head, stage.APPLY_BY) == [Act.NOMINATE]
    asked = stage.condition(programme, Kind.MANUAL)
    row = stage.candidate(cast, programme)
    stage.confirmed(row, asked, cast)
    assert waits(cast, cast.head, stage.APPLY_BY) == []
    assert waits(cast, cast.office) == [Act.PUT]

    stage.voting.open_vote(actor=cast.office, programme_id=programme.pk, at=AT)
    assert waits(cast, cast.leader) == waits(cast, cast.neighbour) == [Act.VOTE]
    assert waits(cast, cast.head) == waits(cast, cast.office) == waits(cast, cast.clerk) == []
    stage.vote(cast, programme, {who: {row: "agree"} for who in ("leader", "deputy", "neighbour")})
    assert waits(cast, cast.leader) == []
    assert waits(cast, cast.office) == [Act.CLOSE]
    stage.voting.close_vote(actor=cast.office, programme_id=programme.pk, at=AT)
    assert waits(cast, cast.office) == [Act.SHOW]

    stage.publicity.start_publicity(
        actor=cast.office, programme_id=programme.pk, plan=stage.PLAN, at=AT
    )
    stage.publicity.record_objection(
        actor=cast.officer, candidate_id=row.pk, report=stage.REPORT, at=AT
    )
    assert waits(cast, cast.office) == waits(cast, cast.leader) == [Act.CHECK]
    assert waits(cast, cast.officer) == waits(cast, cast.head) == []
    row.objections.update(state="dismissed", decided_by=cast.office, decided_at=AT)
    assert waits(cast, cast.office) == []
    assert waits(cast, cast.office, stage.AFTER.date()) == [Act.SEND]
    stage.submitting.submit(actor=cast.office, programme_id=programme.pk, at=stage.AFTER)
    assert waits(cast, cast.office, stage.AFTER.date()) == [Act.ANSWER]


def test_who_is_asked_to_vote_is_who_may(cast: Cast) -> None:
    """收件箱的查詢和 Meeting 的迴避是同一規則：上下級不限幾級，局機關不算。"""
    line = [make.DepartmentFactory(name="民政局", kind="bureau")]
    line += make.DepartmentFactory.create_batch(3)
    line += [cast.registry, *make.DepartmentFactory.create_batch(4)]
    for above, unit in pairwise(line):
        type(unit).objects.filter(pk=unit.pk).update(parent=above)
    beside = make.DepartmentFactory(parent=line[1])
    units = (*line, beside, cast.funeral_home)
    programme, rows = stage.voting_on(cast, *units, quota=len(units))
    stage.voting.recuse(actor=cast.leader, candidate_id=rows[-1].pk, reason="親屬", at=AT)
    Candidate.objects.filter(pk=rows[0].pk).update(nominated_by=cast.deputy)
    rows = [stage.fresh(row) for row in rows]

    for who in (cast.leader, cast.deputy, cast.head, cast.neighbour, cast.office):
        standing = cast.standing(who)
        meeting = Meeting(programme, rows, AT.date())
        may = {
            row.pk
            for row in rows
            if who.pk in meeting.voters and who.pk not in meeting.recusals_of(row)
        }
        assert set(to_vote(standing).values_list("pk", flat=True)) == may
        assert waiting(standing).exists() == bool(may)
        assert (who.pk in meeting.absent) == bool(may)
    # 婚姻登記處的負責人：八級裏的每一級都迴避，只投局機關、旁支和別的單位。
    free = {rows[0].pk, rows[-2].pk, rows[-1].pk}
    assert set(to_vote(cast.standing(cast.head)).values_list("pk", flat=True)) == free


def test_a_tree_bent_into_a_ring_is_still_walked(cast: Cast) -> None:
    first, second = make.DepartmentFactory.create_batch(2)
    for unit, above in ((first, second), (second, first)):
        Department.objects.filter(pk=unit.pk).update(parent=above)

    lineage = Lineage(Department.objects.values_list("pk", "parent_id", "kind"))
    listed = Department.objects.filter(pk__in=kin_of([first.pk])).values_list("pk", flat=True)

    assert lineage.kin(first.pk) == {first.pk, second.pk} == set(listed)


def test_the_menu_counts_and_the_desk_lists_what_waits(cast: Cast, signed_in: SignIn) -> None:
    stage.voting_on(cast)

    text = signed_in(cast.leader).get("/desk/").content.decode()

    assert "待您表決" in text
    assert reverse("recommendations:programme-list", args=[cast.campaign.code]) in text


# ── 查詢次數 ──────────────────────────────────────────


def test_the_pages_ask_as_often_with_many_as_with_few(
    cast: Cast, signed_in: SignIn, django_assert_max_num_queries: Callable
) -> None:
    programme, _rows = stage.voting_on(cast, *make.DepartmentFactory.create_batch(2))
    client = signed_in(cast.leader)
    page(client, "programme", programme.pk)
    for _twice in range(2):
        with django_assert_max_num_queries(12):
            page(client, "programme", programme.pk)
        with django_assert_max_num_queries(10):
            page(client, "vote", programme.pk)
        for _n in range(5):
            stage.candidate(cast, programme, make.DepartmentFactory(), state="balloted")
    row = programme.candidates.first()
    office = signed_in(cast.office)
    page(office, "programme", programme.pk)
    with django_assert_max_num_queries(12):
        page(office, "programme", programme.pk)
    with django_assert_max_num_queries(12):
        page(client, "candidate", row.pk)
    with django_assert_max_num_queries(8):
        page(client, "programme-list", cast.campaign.code)
