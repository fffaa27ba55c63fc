"""考核各種時限的來源（約定見 tasks.duties）：按階梯找人、寫成話。"""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from enum import StrEnum

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.models import Sheet, SiteVisit, TargetLetter, VetoEvent
from evaluations.reminding.acts import WORDS, Act, Words
from evaluations.reminding.matters import Asked, Matter, find
from evaluations.reminding.roster import People
from evaluations.reminding.tracks import KINDS
from people.services import holders
from pingtan_civ.lib.dates import near_date
from tasks.duties import Call, Line, Scope
from tasks.lights import LightRule
from tasks.rungs import Audience, Level, position


class Role(StrEnum):
    """以什麼身份被找；次序即 rank：一人幾種身份時按前面的說。"""

    DOER = "doer"
    HEAD = "head"
    STAND_IN = "stand_in"
    WATCHER = "watcher"
    LEADER = "leader"


RANK = {role: rank for rank, role in enumerate(Role)}


class MatterSource:
    """一個應用裏等着人辦的事：按階梯找人、寫成話。

    子類說清數哪幾種時限、怎樣找（find）、各樣怎樣說（words）、哪些到時限就好（own_work）。
    """

    tracks: Collection[str]
    words: Mapping[str, Words]
    own_work: Collection[str] = ()

    def find(self, asked: Asked) -> list[Matter]:
        raise NotImplementedError

    def calls(self, scope: Scope) -> Iterable[Call]:
        """一人同一件事有幾種身份的，只留最該他辦的那一種：自己該辦的，不再請他過問。"""
        found: dict[tuple[int, str, int], Call] = {}
        for call in (
            call for matter in self.find(Asked.of(scope)) for call in self._calls(matter, scope)
        ):
            key = (call.person_id, *call.key)
            if key not in found or call.rank < found[key].rank:
                found[key] = call
        return list(found.values())

    def lines(self, calls: Collection[Call], scope: Scope) -> Mapping[Call, Line]:
        """寫成話。其間辦了的、換了人的、改了時限的，此刻不必再說。"""
        wanted = frozenset(call.key for call in calls)
        narrowed = replace(scope, people=frozenset(call.person_id for call in calls), only=wanted)
        asked = set(calls)
        return {
            call: _line(call, matter, self.words[matter.act], scope)
            for matter in self.find(Asked.of(narrowed))
            for call in self._calls(matter, narrowed)
            if call in asked
        }

    def people(self, campaign_id: int, on: date) -> Collection[int]:
        raise NotImplementedError

    def _calls(self, matter: Matter, scope: Scope) -> Iterator[Call]:
        ladder = scope.ladders.of(matter.campaign_id, matter.track)
        here = position(matter.due, scope.on, scope.calendar)
        for role, audience, people in _parties(matter):
            reached = ladder.reached(audience, here) if people else None
            if reached is None:
                continue
            for person in filter(scope.wants, people):
                yield Call(
                    person_id=person,
                    campaign_id=matter.campaign_id,
                    track=matter.track.value,
                    subject_id=matter.subject_id,
                    due=matter.due,
                    step=reached.step,
                    level=reached.level,
                    # 一個人在同一階段可以既要評分又要往下走：哪一樣也寫進去，話才不會說錯。
                    capacity=f"{matter.act}.{role}",
                    rank=RANK[role],
                    is_blocking=role == Role.DOER and matter.act not in self.own_work,
                )


class AssessmentSource(MatterSource):
    """自評、階段、考察、責任書、異議、徵詢、一票否決。"""

    tracks: Collection[str] = tuple(str(kind.track) for kind in KINDS)
    words = WORDS
    #: 到時限就好；其餘各樣一輪到，就有人在等，排在前面。
    own_work = (Act.SELF, Act.VISIT, Act.STATE)

    def find(self, asked: Asked) -> list[Matter]:
        return find(asked)

    def people(self, campaign_id: int, on: date) -> Collection[int]:
        """這個活動裏有考核的事的人，連同他們單位的同事。"""
        units = [
            Sheet.objects.filter(round__campaign=campaign_id),
            TargetLetter.objects.filter(campaign=campaign_id),
            VetoEvent.objects.filter(item__campaign=campaign_id),
        ]
        departments = {
            unit for rows in units for unit in rows.order_by().values_list("department", flat=True)
        }
        staff = holders(departments, on).values()
        visits = SiteVisit.objects.filter(sheet__round__campaign=campaign_id, done_at=None)
        team = visits.order_by().values_list("team", flat=True)
        return {person.pk for people in staff for person in people} | {
            person for person in team if person
        }


def _parties(matter: Matter) -> Iterator[tuple[Role, str, People]]:
    """該找的各種人：（身份, 走階梯的哪一種人, 人）。沒有人能辦的，替他告訴創建辦。"""
    if matter.doers:
        yield Role.DOER, matter.audience, matter.doers
    else:
        yield Role.STAND_IN, matter.audience, matter.watchers
    yield Role.HEAD, Audience.HEAD, matter.heads
    yield Role.WATCHER, Audience.OFFICE, matter.watchers
    yield Role.LEADER, Audience.LEADER, matter.leaders
    yield Role.LEADER, Audience.CHAIR, matter.chairs


def _line(call: Call, matter: Matter, words: Words, scope: Scope) -> Line:
    rule = LightRule(today=scope.on, warn_until=scope.on, calendar=scope.calendar)
    role = Role(call.capacity.partition(".")[2])
    said = {
        "note": rule.note(matter.due),
        "what": matter.what,
        "due": near_date(matter.due, scope.on),
        "who": matter.who,
        "ask": words.ask,
        "urge": words.urge or _("請督促"),
        "lacks": words.lacks,
        "next": _next_step(call.level),
    }
    return Line(_SENTENCES[role] % said, matter.url, department=matter.who)


_SENTENCES = {
    Role.DOER: gettext_lazy("%(note)s：%(what)s，時限%(due)s，%(ask)s。"),
    Role.HEAD: gettext_lazy("%(note)s：%(what)s，時限%(due)s，本單位%(lacks)s，%(urge)s。"),
    Role.STAND_IN: gettext_lazy("%(note)s：%(what)s，%(who)s沒有能辦的人在任，請創建辦聯絡。"),
    Role.WATCHER: gettext_lazy("%(note)s：%(what)s，%(who)s%(lacks)s，%(next)s。"),
    Role.LEADER: gettext_lazy("%(note)s：%(what)s，%(who)s%(lacks)s，請過問。"),
}


def _next_step(level: str) -> str:
    """請創建辦辦升級的那一步。"""
    if level == Level.SUPERVISE:
        return _("請轉督辦單")
    return _("請列入通報") if level == Level.CIRCULAR else _("請催辦")
