"""給此人看的評分表：負面清單上的事只給看得到它的人看，別人看到的是結果。"""

from collections.abc import Iterable
from dataclasses import replace

from django.utils.translation import gettext as _

from campaigns.standing import Standing
from evaluations import policies
from evaluations.models import AssessmentRound
from evaluations.sheets.values import SheetLine, SheetView, SourceKind, Veto


def seen_by(
    standing: Standing, round_: AssessmentRound, views: Iterable[SheetView]
) -> list[SheetView]:
    """分數、等次人人一樣；是什麼事、待認定的，只給本單位、辦公室和領導。"""
    return [
        replace(view, vetoes=tuple(_linked(standing, view)))
        if policies.can_see_vetoes_of(standing, round_.campaign_id, view.department_id)
        else in_public(view)
        for view in views
    ]


def in_public(view: SheetView) -> SheetView:
    """公開的樣子：已認定的只說後果，待認定的不說；問卷不附掃描件，主管部門的意見不說。"""
    return replace(
        view,
        vetoes=tuple(_bare(veto) for veto in view.confirmed_vetoes),
        lines=tuple(_without_papers(line) for line in view.lines),
    )


def _without_papers(line: SheetLine) -> SheetLine:
    if not line.sources:
        return line
    kept = [each for each in line.sources if each.kind != SourceKind.OPINION]
    return replace(
        line,
        sources=tuple(
            each if each.kind == SourceKind.HONOUR else replace(each, papers=()) for each in kept
        ),
    )


def _linked(standing: Standing, view: SheetView) -> Iterable[Veto]:
    """別的活動登記的事，這個活動的辦公室知道有，打不開它的頁。"""
    for veto in view.vetoes:
        can_open = policies.can_see_vetoes_of(standing, veto.campaign_id, view.department_id)
        yield veto if can_open else replace(veto, event_id=0)


def _bare(veto: Veto) -> Veto:
    sentence = _("負面清單上有事，%(effect)s。") % {"effect": veto.effect_words}
    return replace(veto, event_id=0, sentence=sentence)
