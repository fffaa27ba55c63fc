"""辦公室改一個活動的提醒規則：整份換上，留痕說清改了什麼。當天已發的不重發。"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, time

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.standing import standing_of
from journal.services import record, source_script
from people.models import User
from tasks import policies
from tasks.models import ReminderPolicy, ReminderStep
from tasks.rungs import Ladder, Rung
from tasks.services.reminder_policy import Hours, Policy
from tasks.services.reminder_words import rung_words
from tasks.tracks import default_rungs, track_kinds

ACTION = "tasks.reminders_changed"


class RulesChanged(ValidationError):
    """別人先改了。參數是給人看的一句話。"""


@dataclass(frozen=True)
class Rules:
    """一份提醒規則。"""

    steps: Mapping[str, Collection[Rung]]
    quiet_from: time
    quiet_until: time
    weekly_day: int | None


def default_rules() -> Rules:
    blank = ReminderPolicy()
    return Rules(default_rungs(), blank.quiet_from, blank.quiet_until, blank.weekly_day)


def policy_from(rules: Rules) -> Policy:
    """一份規則在提醒引擎裏的樣子。"""
    return Policy(
        hours=Hours(rules.quiet_from, rules.quiet_until),
        weekly_day=rules.weekly_day,
        ladders={track: Ladder(tuple(rungs)) for track, rungs in rules.steps.items()},
    )


def rules_of(campaign: Campaign) -> tuple[Rules, int]:
    """現行的規則和它的版次；沒有自己一份的是默認的，第 0 版。"""
    row = ReminderPolicy.objects.filter(campaign=campaign).prefetch_related("steps").first()
    return (_as_rules(row), row.version) if row else (default_rules(), 0)


@transaction.atomic
def save_rules(
    *, actor: User, campaign_id: int, rules: Rules, version: int, at: datetime
) -> ReminderPolicy | None:
    """換上一份規則；與現行的一樣則什麼也不寫，返回 None。

    Raises PermissionDenied：不是本活動辦公室的人。RulesChanged：version 之後別人改過。
    """
    campaign = Campaign.objects.select_for_update().get(pk=campaign_id)
    if not policies.can_set_reminders(standing_of(actor, timezone.localdate(at)), campaign):
        raise PermissionDenied(_("提醒規則由本活動辦公室定，活動結束後不再改動。"))
    before, current = rules_of(campaign)
    if version != current:
        raise RulesChanged(
            _("您打開之後別人改過提醒規則，您填的還沒有保存。請對照現行的規則再改一遍。")
        )
    with source_script():
        changed = _differences(before, rules)
    if not changed:
        return None
    row, _created = ReminderPolicy.objects.update_or_create(
        campaign=campaign,
        defaults={
            "quiet_from": rules.quiet_from,
            "quiet_until": rules.quiet_until,
            "weekly_day": rules.weekly_day,
            "version": current + 1,
            "changed_at": at,
        },
    )
    row.steps.all().delete()
    ReminderStep.objects.bulk_create(
        ReminderStep(
            policy=row, track=track, offset=rung.offset, repeat_every=rung.repeat_every,
            audience=rung.audience, level=rung.level,
        )
        for track, rungs in rules.steps.items()
        for rung in rungs
    )  # fmt: skip
    with source_script():
        summary = _("改動提醒規則：%(changes)s。") % {"changes": "；".join(changed)}
    record(actor=actor, action=ACTION, target=row, topic=campaign, summary=summary, at=at)
    return row


def reset_rules(
    *, actor: User, campaign_id: int, version: int, at: datetime
) -> ReminderPolicy | None:
    """恢復默認的一份。"""
    return save_rules(
        actor=actor, campaign_id=campaign_id, rules=default_rules(), version=version, at=at
    )


def _as_rules(row: ReminderPolicy) -> Rules:
    steps: dict[str, list[Rung]] = {}
    for step in row.steps.all():
        rung = Rung(step.offset, step.audience, step.level, step.repeat_every)
        steps.setdefault(step.track, []).append(rung)
    return Rules(steps, row.quiet_from, row.quiet_until, row.weekly_day)


def _differences(before: Rules, after: Rules) -> list[str]:
    """改了什麼，一條一句。"""
    changed = []
    for kind in track_kinds():
        track = kind.track
        old = {_key(rung) for rung in before.steps.get(track, ())}
        new = {_key(rung) for rung in after.steps.get(track, ())}
        for keys, words in ((new - old, _("加上「%(step)s」")), (old - new, _("去掉「%(step)s」"))):
            changed += [words % {"step": rung_words(track, Rung(*key))} for key in sorted(keys)]
    if (before.quiet_from, before.quiet_until) != (after.quiet_from, after.quiet_until):
        hours = {"start": f"{after.quiet_from:%H:%M}", "end": f"{after.quiet_until:%H:%M}"}
        changed.append(_("免打擾改為 %(start)s 至 %(end)s") % hours)
    if before.weekly_day != after.weekly_day:
        changed.append(weekly_words(after.weekly_day))
    return changed


def _key(rung: Rung) -> tuple[int, str, str, int]:
    return rung.offset, str(rung.audience), str(rung.level), rung.repeat_every


def weekly_words(day: int | None) -> str:
    if day is None:
        return _("不發每週一覽")
    return _("每週一覽改在週%(day)s") % {"day": "一二三四五六日"[day]}
