"""完整度：只有採用了而且合要求的佐證才算數。頁面、命令、迎檢資料包的缺項清單都問這裏。

分母（規則，不是悄悄去掉的）：
- 到期的（時限不晚於這一天）和已經報出的各期；還沒到期又沒報的不算欠。
- 措施已下達或已辦結（Measure.COUNTED）；撤銷、中止的任務不算。
- 單位撤併的，從撤併那天起到期的不再計入；此前到期的照樣計入。
- 審核通過的零報告離開分母：這一期已核定沒有可報的。沒有審核通過的零報告不離開。
分子至多等於分母，所以不會超過 100 %；空報送沒有採用的佐證，就是 0 %。
沒有佐證要求的措施，以這一期「審核通過而且不是空話」的報送算一份。
"""

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from django.db.models import F, Q
from django.utils.translation import gettext as _

from campaigns.models import Campaign, EvidenceRequirement, Indicator
from campaigns.standing import Standing
from people.models import DepartmentPeriod
from tasks.models import Assignment, EvidenceLink, Measure, Round, Submission
from tasks.models.evidence import EvidenceLinkQuerySet
from tasks.models.work import RoundQuerySet
from tasks.specification import Held, Span, completeness, counts

_PADDING = re.compile(r"[\W_]+")
FILLERS = frozenset(
    {"无", "無", "略", "同上", "同上期", "同前", "暂无", "暫無", "没有", "沒有", "本期无", "本期無"}
)
"""報送裏等於沒寫的話（去掉標點、空白以後）。"""


def says_nothing(narrative: str) -> bool:
    """空話：什麼也沒寫，或只寫了「無」「略」「同上」。"""
    words = _PADDING.sub("", narrative)
    return not words or words in FILLERS


@dataclass
class Tally:
    """要多少份、有多少份作數。"""

    wanted: int = 0
    counted: int = 0

    def add(self, other: "Tally") -> None:
        self.wanted += other.wanted
        self.counted += other.counted

    @property
    def percent(self) -> int | None:
        """齊了百分之幾；沒有要的為 None。不足 100 的不進成 100。"""
        return self.counted * 100 // self.wanted if self.wanted else None


def tally_of(held: Iterable[Held]) -> Tally:
    held = list(held)
    return Tally(sum(each.wanted for each in held), sum(each.counted for each in held))


# ── 單位的存續 ────────────────────────────────────────


LifeRow = tuple[int, date | None, date | None]
"""（單位、從哪天、到哪天）。"""


class Lives:
    """各單位的存續期間：哪一天在不在。rows 不給時查一次。"""

    def __init__(self, rows: Iterable[LifeRow] | None = None) -> None:
        self._spans: dict[int, list[tuple[date | None, date | None]]] = {}
        if rows is None:
            rows = DepartmentPeriod.objects.values_list("department_id", "start_date", "end_date")
        for department_id, start, end in rows:
            self._spans.setdefault(department_id, []).append((start, end))

    def exists(self, department_id: int, day: date) -> bool:
        spans = self._spans.get(department_id)
        return spans is None or any(
            (start is None or start <= day) and (end is None or day <= end) for start, end in spans
        )


def is_counted(
    *,
    due_date: date,
    is_handed_in: bool,
    is_approved_nil: bool,
    department_id: int,
    lives: Lives,
    on: date,
) -> bool:
    """一期報送這一天在不在分母裏（規則見本文件開頭）。"""
    if due_date > on and not is_handed_in:
        return False
    return not is_approved_nil and lives.exists(department_id, min(on, due_date))


# ── 看得到什麼 ────────────────────────────────────────


def readable_links(campaign: Campaign, standing: Standing | None) -> EvidenceLinkQuerySet:
    """本活動裏此人讀得到的佐證；standing 為 None（命令行）與創建辦看到的一樣多：初審之後的。"""
    rows = EvidenceLink.objects.filter(round__submission__assignment__measure__campaign=campaign)
    if standing is None:
        return rows.filter(round__endorsed_at__isnull=False)
    return rows.readable_by(standing, campaign)


def readable_rounds(campaign: Campaign, standing: Standing | None) -> RoundQuerySet:
    """本活動裏此人讀得到內容的各輪；standing 為 None 同上。"""
    rows = Round.objects.filter(submission__assignment__measure__campaign=campaign)
    if standing is None:
        return rows.filter(endorsed_at__isnull=False)
    return rows.readable_by(standing, campaign)


CURRENT_ROUND = Q(round__number=F("round__submission__round_number"))
"""當前一輪的佐證：退回之前各輪的不再算。"""

COUNTED_MEASURES = (Measure.State.ISSUED, Measure.State.CLOSED)
"""計入分母的措施（與 Measure.COUNTED 同）：草擬、中止、撤銷的不在內。"""

STANDING_ASSIGNMENTS = (*Assignment.LIVE, Assignment.State.CLOSED)
"""還算數的任務：撤銷、中止的不在內。"""


# ── 指標還缺什麼（缺項清單） ──────────────────────────


@dataclass(frozen=True)
class Gap:
    """一項指標在一段時期裏：每種佐證要幾份、有幾份作數，還缺什麼。

    held 的 links 就是作數的佐證（連同 file、form、round.submission 的單位和期，已取好）。
    is_nil：這段時期對應的各期都是審核通過的零報告，按規則不要佐證。
    """

    indicator: Indicator
    held: tuple[Held, ...]
    is_nil: bool = False

    @property
    def links(self) -> list[EvidenceLink]:
        """作數的佐證，不重複。"""
        return list({link.pk: link for each in self.held for link in each.links}.values())

    @property
    def missing(self) -> list[Held]:
        """不齊的各種佐證。"""
        return [each for each in self.held if each.missing]

    @property
    def percent(self) -> int | None:
        """齊了百分之幾；沒有要求（或按規則不要）的為 None。"""
        return completeness(self.held)

    @property
    def sentences(self) -> list[str]:
        """每種還缺的一句話，缺項清單照寫。"""
        return [missing_words(each) for each in self.missing]


def missing_words(held: Held) -> str:
    """「規範文件缺 1 份（要 2 份，作數 1 份）。」"""
    return _("%(form)s缺 %(missing)d 份（要 %(wanted)d 份，作數 %(counted)d 份）。") % {
        "form": _(held.spec.form.name),
        "missing": held.missing,
        "wanted": held.wanted,
        "counted": held.counted,
    }


def gaps_of(
    campaign: Campaign,
    indicators: Collection[Indicator],
    period: Span,
    viewer_standing: Standing | None = None,
) -> list[Gap]:
    """每項指標在這段時期裏還缺什麼，按 indicators 的次序。查詢次數固定（三次）。

    一種佐證的份數按整段時期合計；每份材料的日期按它自己那一期判斷。報送期與這段時期
    有重疊的都看。佐證寫明了指標的只算給那項指標，沒寫明的算給措施對應的每一項。
    viewer_standing 是看的人：他讀不到的佐證不列；None 是命令行和後台（與創建辦一樣）。
    """
    keys = [indicator.pk for indicator in indicators]
    links = links_by_indicator(campaign, keys, period, viewer_standing)
    return gaps_among(campaign, indicators, period, links)


def gaps_among(
    campaign: Campaign,
    indicators: Collection[Indicator],
    period: Span,
    links: Mapping[int, Iterable[EvidenceLink]],
    departments: Collection[int] = (),
) -> list[Gap]:
    """同 gaps_of，佐證已經取好（links_by_indicator）；departments 不空時只看這些單位的。"""
    keys = [indicator.pk for indicator in indicators]
    wanted: dict[int, list[EvidenceRequirement]] = {}
    for spec in EvidenceRequirement.objects.filter(indicator__in=keys).select_related("form"):
        wanted.setdefault(spec.indicator_id, []).append(spec)
    nil = _all_nil(campaign, keys, period, departments)
    found = []
    for indicator in indicators:
        is_nil = indicator.pk in nil
        specs = [] if is_nil else wanted.get(indicator.pk, [])
        held = tuple(_held(spec, links.get(indicator.pk, [])) for spec in specs)
        found.append(Gap(indicator, held, is_nil))
    return found


def _held(spec: EvidenceRequirement, links: Iterable[EvidenceLink]) -> Held:
    good = {link.file_id: link for link in links if counts(spec, link, period_of(link))}
    return Held(spec, spec.count, min(len(good), spec.count), tuple(good.values()))


def period_of(link: EvidenceLink) -> Span:
    """一份佐證所在的報送期；round.submission 要已取好。"""
    submission = link.round.submission
    return Span(submission.period_start, submission.period_end)


def links_by_indicator(
    campaign: Campaign,
    keys: Collection[int],
    period: Span,
    standing: Standing | None,
    departments: Collection[int] = (),
) -> dict[int, list[EvidenceLink]]:
    """各項指標採用了的佐證（還沒看合不合要求）；departments 不空時只要這些單位的。"""
    measure = "round__submission__assignment__measure"
    rows = (
        readable_links(campaign, standing)
        .annotate(indicator_key=F(f"{measure}__indicators"))
        .filter(
            CURRENT_ROUND,
            Q(indicator=None) | Q(indicator=F("indicator_key")),
            indicator_key__in=keys,
            state=EvidenceLink.State.ACCEPTED,
            removed_at=None,
            round__decision=Round.Decision.ACCEPTED,
            round__submission__assignment__state__in=STANDING_ASSIGNMENTS,
            round__submission__period_start__lte=period.end,
            round__submission__period_end__gte=period.start,
            **{f"{measure}__state__in": COUNTED_MEASURES},
        )
        .select_related(
            "form",
            "file__reading",
            "round__submission__assignment__department",
            "round__submission__assignment__measure",
        )
        .defer("file__reading__text", "file__reading__search")
        .order_by("round__submission__period_start", "round_id", "position", "pk")
    )
    if departments:
        rows = rows.filter(round__submission__assignment__department__in=departments)
    found: dict[int, list[EvidenceLink]] = {}
    for link in rows:
        found.setdefault(link.indicator_key, []).append(link)
    return found


def _all_nil(
    campaign: Campaign, keys: Collection[int], period: Span, departments: Collection[int]
) -> set[int]:
    """這段時期裏報了、而且每一期都是審核通過的零報告的指標。"""
    measure = "submission__assignment__measure"
    rows = (
        Round.objects.filter(
            number=F("submission__round_number"),
            submission__period_start__lte=period.end,
            submission__period_end__gte=period.start,
            submission__assignment__state__in=STANDING_ASSIGNMENTS,
            **{
                f"{measure}__campaign": campaign,
                f"{measure}__indicators__in": keys,
                f"{measure}__state__in": COUNTED_MEASURES,
            },
        )
        .order_by()
        .values_list(f"{measure}__indicators", "submission__state", "is_nil")
        .distinct()
    )
    if departments:
        rows = rows.filter(submission__assignment__department__in=departments)
    kinds: dict[int, set[bool]] = {}
    for key, state, is_nil in rows:
        approved = is_nil and state == Submission.State.ACCEPTED
        kinds.setdefault(key, set()).add(approved)
    return {key for key, approved in kinds.items() if approved == {True}}
