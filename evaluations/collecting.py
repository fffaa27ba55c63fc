"""問卷和徵求意見怎樣成了一條的事實和來源：評分、評分表、頁面都從這裏讀。"""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evaluations.models import Collected, Criterion, Opinion, Questionnaire, Scorer
from pingtan_civ.lib.dates import long_date
from pingtan_civ.lib.satisfaction import Tally, UnreadableOptions, pool, read_options
from pingtan_civ.lib.scoring import Finding, RuleKind, show

COLLECTED: Mapping[str, type[Collected]] = {
    Scorer.SURVEY: Questionnaire,
    Scorer.AUTHORITY: Opinion,
}
"""由誰評的一條，收的是什麼。"""
DERIVED = (RuleKind.STEPS, RuleKind.PRO_RATA)
"""滿意率算得出事實的計分規則；別的規則由辦公室看着問卷評。"""


OPTION_FAULTS = {
    "many": gettext_lazy("問卷選項最多 8 項，請合併。"),
    "long": gettext_lazy("問卷選項每項 1 到 12 個字，中間用頓號隔開。"),
    "twice": gettext_lazy("問卷選項有重複的，請改正。"),
    "one-sided": gettext_lazy(
        "問卷選項裏要有計入滿意的（後面寫「＋」），也要有不算滿意的（後面什麼也不寫）。"
    ),
}


def options_fault(text: str) -> str:
    """選項寫得不對的，說怎麼改；對的為空。"""
    try:
        read_options(text)
    except UnreadableOptions as error:
        return str(OPTION_FAULTS[str(error)])
    return ""


def is_derived(criterion: Criterion) -> bool:
    """問卷記下之後，這一條的事實由問卷算，不由人填。"""
    return criterion.scorer == Scorer.SURVEY and criterion.rule in DERIVED


def finding_of(rule: str, tally: Tally) -> Finding | None:
    """滿意率 → 查到的事實。按數值分檔的填百分數；按比例的填滿意的份數和分母。"""
    if tally.share is None:
        return None
    if rule == RuleKind.STEPS:
        return Finding(value=tally.share)
    if rule == RuleKind.PRO_RATA:
        return Finding(done=Decimal(tally.satisfied), planned=Decimal(tally.base))
    return None


def pooled(rows: Iterable[Questionnaire]) -> Tally:
    return pool(row.tally for row in rows)


# ── 話 ────────────────────────────────────────────────


def survey_words(row: Questionnaire) -> str:
    """一次問卷：「2026年12月3日，現場發放（辦事大廳）：發出 80 份，收回 75 份，有效 70 份；滿意 50、…。」"""
    tally = row.tally
    words = {
        "day": long_date(row.held_date),
        "way": row.get_way_display(),
        "place": _("（%(place)s）") % {"place": row.place} if row.place else "",
        "given": tally.given_out,
        "returned": tally.returned,
        "valid": tally.valid,
        "counts": _counted(tally),
    }
    return (
        _(
            "%(day)s，%(way)s%(place)s：發出 %(given)d 份，收回 %(returned)d 份，"
            "有效 %(valid)d 份；%(counts)s。"
        )
        % words
    )


def _counted(tally: Tally) -> str:
    return "、".join(f"{option.label} {number}" for option, number in tally.counts)


def sheets_words(rows: Sequence[Questionnaire]) -> str:
    """評分的來源：「問卷 2 次，發出 150 份，收回 132 份，有效 120 份。」"""
    tally = pooled(rows)
    words = {
        "times": len(rows),
        "given": tally.given_out,
        "returned": tally.returned,
        "valid": tally.valid,
    }
    return (
        _("問卷 %(times)d 次，發出 %(given)d 份，收回 %(returned)d 份，有效 %(valid)d 份。") % words
    )


def share_words(rows: Sequence[Questionnaire]) -> str:
    """滿意率怎樣得來：哪些算滿意、哪些不計、幾除以幾。"""
    tally = pooled(rows)
    words = {
        "valid": tally.valid,
        "good": _labels(tally, "satisfied"),
        "ignored": tally.ignored,
        "dropped": _labels(tally, "ignored"),
        "satisfied": tally.satisfied,
        "base": tally.base,
    }
    said = (_("%(n)d 次問卷按份數合計，") % {"n": len(rows)} if len(rows) > 1 else "") + _(
        "有效 %(valid)d 份"
    ) % words
    if tally.ignored:
        said += _("，「%(dropped)s」 %(ignored)d 份不計入") % words
    if tally.share is None:
        return said + _("，沒有可計的份數，算不出滿意率。")
    said += _("，「%(good)s」 %(satisfied)d 份") % words
    return said + _("：%(satisfied)d ÷ %(base)d ＝ %(share)s%%。") % (
        words | {"share": show(tally.share)}
    )


def _labels(tally: Tally, counts: str) -> str:
    return "、".join(option.label for option, _number in tally.counts if option.counts == counts)


def opinion_words(row: Opinion) -> str:
    """「縣應急管理局：2026年12月3日發函，還沒有答覆，未確認。」"""
    words = {
        "authority": row.authority,
        "asked": long_date(row.asked_date),
        "answer": row.get_answer_display(),
    }
    if row.answered_date is None:
        return _("%(authority)s：%(asked)s發函，還沒有答覆，未確認。") % words
    words["answered"] = long_date(row.answered_date)
    said = _("%(authority)s：%(asked)s發函，%(answered)s答覆") % words
    if row.document_number:
        said += _("，文號 %(number)s") % {"number": row.document_number}
    said += _("，%(answer)s") % words
    # 人寫的意見自己往往有句號。
    content = row.content.strip().rstrip("。")
    return said + (_("：%(content)s。") % {"content": content} if content else _("。"))
