"""誰讀得到一輪的內容：頁面上問的與搜索、導出裏篩的是同一條規則。"""

from collections.abc import Callable

import pytest
from django.test import Client

from tasks import policies
from tasks.models import EvidenceLink, Round
from tests.cast import Cast
from tests.factories import (
    AssignmentFactory,
    EvidenceLinkFactory,
    MeasureFactory,
    SubmissionFactory,
)

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


INSIDE = {"head", "clerk"}
ABOVE = {"office", "officer", "leader", "deputy"}
OUTSIDE = {"neighbour", "helper", "helper_head", "admin"}
EVIDENCE_READERS = {
    ("submitted", "pending"): INSIDE,
    ("endorsed", "pending"): INSIDE | ABOVE,
    ("endorsed", "rejected"): INSIDE | ABOVE,
    ("accepted", "pending"): INSIDE | ABOVE,
    ("accepted", "rejected"): INSIDE | ABOVE,
    ("accepted", "accepted"): INSIDE | ABOVE | OUTSIDE,
}


@pytest.mark.parametrize(("stage", "verdict"), EVIDENCE_READERS)
def test_outsiders_see_only_evidence_that_was_taken(cast: Cast, stage: str, verdict: str) -> None:
    link = _evidence(cast, stage, verdict)

    by_policy, by_query = set(), set()
    for name in INSIDE | ABOVE | OUTSIDE:
        standing = cast.standing(getattr(cast, name))
        if policies.can_read_evidence(standing, link):
            by_policy.add(name)
        if EvidenceLink.objects.readable_by(standing, cast.campaign).exists():
            by_query.add(name)

    assert by_policy == by_query == EVIDENCE_READERS[stage, verdict]


def test_a_rejected_file_is_nowhere_on_a_neighbours_pages(
    cast: Cast, signed_in: Callable[..., Client]
) -> None:
    link = _evidence(cast, "accepted", "rejected")
    submission = link.round.submission
    pages = [
        submission.get_absolute_url(),
        submission.assignment.measure.get_absolute_url(),
    ]

    for page in pages:
        seen = {
            name
            for name in ("clerk", "office", "neighbour")
            if "證件照" in signed_in(getattr(cast, name)).get(page).content.decode()
        }
        assert seen == {"clerk", "office"}, page
    for part in ("", "thumb/"):
        answer = signed_in(cast.neighbour).get(f"/evidence/{link.pk}/{part}")
        assert answer.status_code == 403
        assert "沒有採用" in answer.content.decode()


def _evidence(cast: Cast, stage: str, verdict: str) -> EvidenceLink:
    measure = MeasureFactory(campaign=cast.campaign, lead_department=cast.registry, issued=True)
    submission = SubmissionFactory(assignment=AssignmentFactory(measure=measure), **{stage: True})
    return EvidenceLinkFactory(
        round=submission.rounds.get(), state=verdict, name="證件照.jpg", reason="內含身份證號"
    )
