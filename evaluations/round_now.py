"""考核頁旁邊說的「現在」：這個階段在辦什麼、到哪天、之後由誰接着辦；徵求意見時還差哪幾條。"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.models import AssessmentRound, Criterion, Score, Scorer, Sheet
from evaluations.services.rounds.remaining import SCORERS_IN
from evaluations.sheets.reading import domain_of, place_of
from pingtan_civ.lib.dates import near_date

Phase = AssessmentRound.Phase

_NOW: Mapping[str, Promise] = {
    Phase.PLANNED: gettext_lazy("還在籌備；由辦公室開始自評，各單位會收到消息。"),
    Phase.SELF: gettext_lazy("各單位自評到%(due)s；之後由辦公室進入「%(next)s」。"),
    Phase.CHECK: gettext_lazy(
        "辦公室和評分的科室憑材料初評，到%(due)s；之後由辦公室進入「%(next)s」。"
    ),
    Phase.VISIT: gettext_lazy("考核組實地考察、評分，到%(due)s；之後由辦公室進入「%(next)s」。"),
    Phase.OPINION: gettext_lazy(
        "辦公室收問卷、徵求主管部門的意見，到%(due)s；之後由辦公室送領導小組審定。"
    ),
    Phase.DECISION: gettext_lazy(
        "等組長審定，到%(due)s；審定之後反饋給各單位，異議期 %(days)d 個工作日。"
    ),
    Phase.FEEDBACK: gettext_lazy(
        "異議期到%(due)s，單位負責人在評分表上逐條提；之後由辦公室進入「%(next)s」。"
    ),
    Phase.ANSWER: gettext_lazy(
        "辦公室答覆、領導小組裁定異議，到%(due)s；全部裁定之後由組長公佈結果。"
    ),
}


def now_words(round_: AssessmentRound, due: date | None, following: str, on: date) -> str:
    """現在在辦什麼、到哪天、之後誰接着辦。"""
    if round_.phase == Phase.PUBLISHED:
        said = (
            _("結果 %(day)s公佈，人人可看。")
            if round_.is_open_to_all
            else _("結果 %(day)s公佈，各單位看自己的。")
        )
        return said % {"day": near_date(round_.published_at, on)}
    words = {
        "due": near_date(due, on) if due else "",
        "next": following,
        "days": round_.objection_days,
    }
    return str(_NOW[round_.phase]) % words


@dataclass(frozen=True)
class OpinionLine:
    """徵求意見時要填的一條：填了幾個單位、還差哪幾個（單位, 記問卷和意見的頁）。"""

    number: str
    text: str
    scorer: str
    wanted: int
    lacking: tuple[tuple[str, str], ...]

    @property
    def filled(self) -> int:
        return self.wanted - len(self.lacking)


@dataclass(frozen=True)
class Opinion:
    """問卷和徵求意見這一步要辦的。"""

    lines: tuple[OpinionLine, ...]
    inquiries_url: str


def opinion_of(round_: AssessmentRound) -> Opinion | None:
    """不在這一步的沒有。sheets 要先取好；兩次查詢。"""
    if round_.phase != Phase.OPINION:
        return None
    rows = Criterion.objects.filter(
        section__scheme=round_.scheme_id, scorer__in=SCORERS_IN[Phase.OPINION]
    )
    criteria = sorted(rows.select_related("section__parent"), key=place_of)
    scored = set(
        Score.objects.filter(
            sheet__round=round_,
            criterion__in=criteria,
            stage=Score.Stage.FIRST,
            replaced_at=None,
        ).values_list("sheet_id", "criterion_id")
    )
    sheets = list(round_.sheets.all())
    return Opinion(
        lines=tuple(_line(row, round_, sheets, scored) for row in criteria),
        inquiries_url=reverse("evaluations:inquiry-list", args=[round_.campaign.code]),
    )


def _line(
    row: Criterion, round_: AssessmentRound, sheets: list[Sheet], scored: set[tuple[int, int]]
) -> OpinionLine:
    asked = [sheet for sheet in sheets if domain_of(row).profile_id in (None, sheet.profile_id)]
    return OpinionLine(
        number=row.number,
        text=row.text,
        scorer=str(Scorer(row.scorer).label),
        wanted=len(asked),
        lacking=tuple(
            (
                sheet.department_name,
                reverse("evaluations:collected", args=[round_.code, sheet.department_id, row.pk]),
            )
            for sheet in asked
            if (sheet.pk, row.pk) not in scored
        ),
    )
