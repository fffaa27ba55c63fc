"""劇中人的身份與戲單一致。"""

from tests.cast import Cast
from tests.factories import AssignmentFactory, MeasureFactory, SubmissionFactory


def test_everyone_stands_where_the_programme_says(cast: Cast) -> None:
    office, head = cast.standing(cast.office), cast.standing(cast.head)

    assert office.is_office(cast.campaign)
    assert cast.standing(cast.leader).is_chair(cast.campaign)
    assert cast.standing(cast.deputy).charge_of(cast.campaign) == {cast.registry.pk}
    assert head.headed == {cast.registry.pk}
    assert cast.standing(cast.clerk).clerked == {cast.registry.pk}
    assert not head.is_office(cast.campaign)


def test_a_staged_submission_carries_its_first_round(cast: Cast) -> None:
    measure = MeasureFactory(campaign=cast.campaign, lead_department=cast.registry, issued=True)

    submission = SubmissionFactory(
        assignment=AssignmentFactory(measure=measure), endorsed=True, by={"clerk": cast.clerk}
    )

    assert submission.rounds.get().submitted_by == cast.clerk
