"""誰讀得到一輪的內容：頁面上問的與搜索、導出裏篩的是同一條規則。"""

import pytest

from tasks import policies
from tasks.models import Round
from tests.cast import Cast
from tests.factories import AssignmentFactory, MeasureFactory, SubmissionFactory

READERS = {
    "open": {"head", "clerk"},
    "submitted": {"head", "clerk"},
    "endorsed": {"head", "clerk", "office", "officer", "leader", "deputy"},
    "accepted": {
        *{"head", "clerk", "office", "officer", "leader", "deputy"},
        *{"neighbour", "helper", "helper_head", "admin"},
    },
}


@pytest.mark.parametrize("state", READERS)
def test_each_stage_is_read_by_just_these_people(cast: Cast, state: str) -> None:
    measure = MeasureFactory(campaign=cast.campaign, lead_department=cast.registry, issued=True)
    traits = {} if state == "open" else {state: True}
    round_ = SubmissionFactory(assignment=AssignmentFactory(measure=measure), **traits).rounds.get()
    everyone = READERS["accepted"]

    by_policy, by_query = set(), set()
    for name in everyone:
        standing = cast.standing(getattr(cast, name))
        if policies.can_read_round(standing, round_):
            by_policy.add(name)
        if Round.objects.readable_by(standing, cast.campaign).exists():
            by_query.add(name)

    assert by_policy == by_query == READERS[state]
