"""同一刻：兩位成員各自表決，一人點兩下，一邊表決一邊結束，兩人認定同一件異議，兩處推薦同一個單位。"""

import pytest

from recommendations.models import Ballot, Candidate
from recommendations.services import candidates, publicity, voting
from recommendations.services.candidates import Nomination
from tasks.models import WrongState
from tasks.services.handing_in import Incomplete
from tests.cast import Cast
from tests.concurrency.together import split, together
from tests.recommendations import stage
from tests.recommendations.stage import AFTER, AT

pytestmark = pytest.mark.django_db(transaction=True)


def test_two_members_voting_at_the_same_moment_both_count(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)

    _done, refused = split(
        together(
            *(
                lambda who=who: stage.vote(cast, programme, {who: {row: "agree"}})
                for who in ("leader", "deputy", "neighbour")
            )
        )
    )

    assert refused == []
    assert Ballot.objects.filter(candidate=row, choice="agree").count() == 3


def test_one_member_pressing_twice_has_one_vote(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)

    _done, refused = split(
        together(
            lambda: stage.vote(cast, programme, {"leader": {row: "agree"}}),
            lambda: stage.vote(cast, programme, {"leader": {row: "against"}}),
        )
    )

    assert refused == []
    assert Ballot.objects.count() == 1


def test_a_vote_cast_while_the_vote_closes_is_counted_or_refused(cast: Cast) -> None:
    programme, (row,) = stage.voting_on(cast)
    stage.vote(cast, programme, {"leader": {row: "agree"}, "deputy": {row: "agree"}})

    _done, refused = split(
        together(
            lambda: stage.vote(cast, programme, {"neighbour": {row: "agree"}}),
            lambda: voting.close_vote(actor=cast.office, programme_id=programme.pk, at=AT),
        )
    )

    assert [type(each) for each in refused] in ([], [WrongState])
    assert stage.fresh(row).tally["agree"] == Ballot.objects.count()


def test_one_objection_is_decided_once(cast: Cast) -> None:
    _programme, (row,) = stage.in_publicity(cast)
    objection = publicity.record_objection(
        actor=cast.officer, candidate_id=row.pk, report=stage.REPORT, at=AT
    )

    def decide(who: str, is_upheld: bool) -> object:
        return publicity.decide_objection(
            actor=getattr(cast, who),
            objection_id=objection.pk,
            is_upheld=is_upheld,
            finding="查過了。",
            at=AFTER,
        )

    done, refused = split(together(lambda: decide("office", True), lambda: decide("leader", False)))

    assert (len(done), [type(each) for each in refused]) == (1, [WrongState])
    objection.refresh_from_db()
    assert (stage.fresh(row).state == "excluded") == (objection.state == "upheld")


def test_a_unit_nominated_twice_at_once_is_on_the_list_once(cast: Cast) -> None:
    programme = stage.programme(cast)

    def nominate() -> Candidate:
        return candidates.nominate(
            actor=cast.office,
            programme_id=programme.pk,
            nomination=Nomination("window", cast.registry.pk, "全年無差錯。"),
            at=AT,
        )

    done, refused = split(together(nominate, nominate))

    assert (len(done), [type(each) for each in refused]) == (1, [Incomplete])
