"""佐證要求：一份材料合不合要求，一組要求齊了多少。只算，不查庫。

填報頁上傳時、審核頁、體檢、迎檢資料包都問這裏，四處說的話、數的數一樣。
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import models
from django.utils.timezone import localdate
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.models import EvidenceSpec
from pingtan_civ.lib.dates import long_date, month_end
from pingtan_civ.lib.numbers import megabytes
from tasks.models import EvidenceLink


class Level(models.TextChoices):
    """有多要緊：錯誤不改就不算數；注意要人看一眼；提示只是提醒。"""

    ERROR = "error", gettext_lazy("錯誤")
    WARNING = "warning", gettext_lazy("注意")
    HINT = "hint", gettext_lazy("提示")


@dataclass(frozen=True)
class Finding:
    """查出的一處：sentence 說是什麼，cure 說怎麼辦。code 是規則的名字（測試、導出用）。"""

    level: Level
    code: str
    sentence: str
    cure: str = ""


@dataclass(frozen=True)
class Span:
    """材料要落在的一段日子，兩頭都算。"""

    start: date
    end: date

    def has(self, day: date) -> bool:
        return self.start <= day <= self.end


@dataclass(frozen=True)
class Held:
    """一種佐證要了幾份、有幾份作數。counted 是採用了而且合要求的，至多算到 wanted。"""

    spec: Any
    wanted: int
    counted: int
    links: tuple[EvidenceLink, ...] = ()

    @property
    def missing(self) -> int:
        return self.wanted - self.counted


def window_of(spec: EvidenceSpec, period: Span) -> Span | None:
    """材料日期要落在哪一段；不限為 None。"""
    if spec.window == EvidenceSpec.Window.PERIOD:
        return period
    if spec.window == EvidenceSpec.Window.YEAR:
        return Span(date(period.end.year, 1, 1), date(period.end.year, 12, 31))
    if spec.window == EvidenceSpec.Window.MONTHS and spec.window_months:
        return Span(_months_before(period.end, spec.window_months), period.end)
    return None


def faults_of(spec: EvidenceSpec, link: EvidenceLink, period: Span) -> list[Finding]:
    """一份材料對這一種要求，機器看得出的毛病。字數還沒讀出來的不說。"""
    found = []
    if spec.needs_number and not link.number.strip():
        found.append(
            Finding(
                Level.ERROR,
                "number_missing",
                _("沒有文號。"),
                _("填上文號，如「嵐民〔2026〕12號」。"),
            )
        )
    found += _about_the_date(spec, link, period)
    characters = characters_of(link)
    limit = spec.max_characters or spec.form.max_characters
    if limit and characters is not None and characters > limit:
        found.append(
            Finding(
                Level.ERROR,
                "too_long",
                _("有 %(count)d 字，超過 %(limit)d 字。") % {"count": characters, "limit": limit},
                _("壓到 %(limit)d 字以內再傳一次。") % {"limit": limit},
            )
        )
    if spec.max_megabytes and link.file.size > spec.max_megabytes * 1_048_576:
        values = {"size": megabytes(link.file.size), "limit": spec.max_megabytes}
        found.append(
            Finding(
                Level.ERROR,
                "too_big",
                _("有 %(size).1f MB，超過 %(limit)d MB。") % values,
                _("壓縮或拆成幾份再傳。"),
            )
        )
    if spec.form.is_picture and not link.file.is_picture:
        found.append(
            Finding(
                Level.ERROR,
                "not_a_picture",
                _("要的是圖片，這份不是。"),
                _("換成照片，或改選別的形式。"),
            )
        )
    return found


def _about_the_date(spec: EvidenceSpec, link: EvidenceLink, period: Span) -> list[Finding]:
    window = window_of(spec, period)
    day = dated(link)
    if day is None:
        if spec.needs_date or window:
            return [
                Finding(
                    Level.ERROR,
                    "date_missing",
                    _("沒有註明材料日期。"),
                    _("填上成文、拍攝或活動的日期。"),
                )
            ]
        return []
    if window and not window.has(day):
        values = {
            "day": long_date(day),
            "start": long_date(window.start),
            "end": long_date(window.end),
        }
        return [
            Finding(
                Level.ERROR,
                "out_of_window",
                _("材料日期 %(day)s 不在 %(start)s 至 %(end)s 之內。") % values,
                _("換一份這段時間裏的，或改正材料日期。"),
            )
        ]
    return []


def characters_of(link: EvidenceLink) -> int | None:
    """文件裏的字數；還沒讀、讀不出為 None。reading 要已取好。"""
    reading = getattr(link.file, "reading", None)
    return reading.characters if reading else None


def dated(link: EvidenceLink) -> date | None:
    """材料日期：人填的，否則照片的拍攝日期。"""
    if link.dated or not link.file.captured_at:
        return link.dated
    return localdate(link.file.captured_at)


def counts(spec: EvidenceSpec, link: EvidenceLink, period: Span) -> bool:
    """作不作數：在用、採用了、合要求。"""
    return (
        link.removed_at is None
        and link.state == EvidenceLink.State.ACCEPTED
        and link.form_id == spec.form_id
        and not any(each.level == Level.ERROR for each in faults_of(spec, link, period))
    )


def holdings(
    specs: Collection[EvidenceSpec], links: Collection[EvidenceLink], period: Span
) -> list[Held]:
    """每一種要求各有幾份作數。同一份內容只算一次；多出來的不多算。"""
    found = []
    for spec in specs:
        good = {link.file_id: link for link in links if counts(spec, link, period)}
        found.append(Held(spec, spec.count, min(len(good), spec.count), tuple(good.values())))
    return found


def completeness(held: Sequence[Held]) -> int | None:
    """齊了百分之幾（0–100，不足 100 的不進成 100）；沒有要求的為 None。"""
    wanted = sum(each.wanted for each in held)
    if not wanted:
        return None
    return sum(each.counted for each in held) * 100 // wanted


def _months_before(day: date, months: int) -> date:
    """到 day 為止的若干個月從哪一天起：從次日往前推，那個月沒有這一天的取月末。

    期末是月底的就是整月：到 6 月 30 日的 3 個月從 4 月 1 日起，到 2 月 28 日的從 12 月 1 日起。
    """
    following = day + timedelta(days=1)
    year, month = divmod(following.year * 12 + following.month - 1 - months, 12)
    return date(year, month + 1, min(following.day, month_end(year, month + 1).day))
