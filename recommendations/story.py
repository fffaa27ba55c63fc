"""經過：留痕排成時間線。異議的核查情況只在異議那一欄看，不在經過裏重複。"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

from django.utils.translation import gettext as _

from journal.models import Entry
from pingtan_civ import ui
from recommendations.models import Candidate, Programme

STORY_SIZE = 40
UNSEEN = ("recommendations.voted",)
"""一人一票一行，太密；誰投了什麼看表決情況。"""
QUIET = ("recommendations.objection_decided",)
OBJECTIONS = ("recommendations.objection_recorded", "recommendations.objection_decided")
SHAPES = {
    "recommendations.submitted": "done",
    "recommendations.answered": "done",
    "recommendations.all_voted": "ok",
    "recommendations.vote_closed": "ok",
    "recommendations.publicity_started": "ok",
    "recommendations.rejected": "warn",
    "recommendations.excluded": "warn",
    "recommendations.objection_recorded": "warn",
    "recommendations.programme_cancelled": "stop",
}


@dataclass(frozen=True)
class Moment:
    """經過的一步，時間線組件的一條。"""

    title: str
    when: object
    state: str
    text: str


def of_programme(programme: Programme, on: date, *, kept_from: Collection[int]) -> list[Moment]:
    """整個項目的，新的在前。kept_from 是要迴避的對象：對它們的異議是誰登記的，不給看。"""
    rows = Entry.objects.about(programme).exclude(action__in=UNSEEN)
    if kept_from:
        rows = rows.exclude(action__in=OBJECTIONS, target_id__in=kept_from)
    return [_moment(entry, on) for entry in rows[:STORY_SIZE]]


def of_candidate(candidate: Candidate, on: date) -> list[Moment]:
    """一個對象的，新的在前。"""
    rows = Entry.objects.about(candidate.programme).filter(
        target_type=candidate._meta.label_lower, target_id=candidate.pk
    )
    return [_moment(entry, on) for entry in rows[:STORY_SIZE]]


def _moment(entry: Entry, on: date) -> Moment:
    return Moment(
        title=_("%(who)s：%(what)s") % {"who": entry.actor_name, "what": entry.summary},
        when=ui.moment(entry.at, on),
        state=SHAPES.get(entry.action, "todo"),
        text="" if entry.action in QUIET else entry.reason,
    )
