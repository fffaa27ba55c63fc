"""記一筆、告訴誰：上層應用只經這裏留痕和通知。"""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from django.conf import settings
from django.db import models, transaction

from journal.models import ChainHead, Delivery, Entry, Notice


class Person(Protocol):
    """能做事、能收通知的人（people.User）。"""

    pk: Any
    email: str
    is_active: bool

    def title_on(self, day: Any) -> str: ...


@dataclass(frozen=True)
class Message:
    """要讓人知道的話：一句標題、一段說明、一個直達的鏈接。"""

    title: str
    body: str = ""
    url: str = ""
    kind: str = Notice.Kind.EVENT
    key: str | None = None


@transaction.atomic
def record(
    *,
    actor: Any,
    action: str,
    target: models.Model,
    summary: str,
    at: datetime,
    topic: models.Model | None = None,
    reason: str = "",
    changes: dict[str, list[Any]] | None = None,
    notify: Iterable[Any] = (),
    message: Message | None = None,
) -> Entry:
    """記下一次辦理，並在同一事務裏給該知道的人各寫一條通知。

    actor 為 None 表示系統自動。notify 裏的本人不通知自己；重複的人只通知一次；
    停用的賬號不通知。有郵箱的人另排一次郵件投遞。changes 為 {字段: [舊, 新]}。
    """
    topic = topic or target
    entry = Entry.objects.create(
        at=at,
        actor=actor,
        actor_name=actor.title_on(at.date()) if actor else "系統",
        action=action,
        target_type=target._meta.label_lower,
        target_id=target.pk,
        topic_type=topic._meta.label_lower,
        topic_id=topic.pk,
        summary=summary[:500],
        reason=reason,
        changes=changes or {},
    )
    people = {person.pk: person for person in notify if person and person.is_active}
    if actor:
        people.pop(actor.pk, None)
    if people:
        announce(
            message=message or Message(title=summary, body=reason),
            recipients=people.values(),
            entry=entry,
            at=at,
        )
    return entry


@transaction.atomic
def announce(
    *, message: Message, recipients: Iterable[Any], at: datetime, entry: Entry | None = None
) -> list[Notice]:
    """給每人寫一條通知；帶 key 時同一人同一 key 不會有第二條。返回這次新寫的。"""
    recipients = list(recipients)
    if message.key:
        told = set(
            Notice.objects.filter(key=message.key, recipient__in=recipients).values_list(
                "recipient_id", flat=True
            )
        )
        recipients = [person for person in recipients if person.pk not in told]
    notices = Notice.objects.bulk_create(
        [
            Notice(
                recipient=person,
                entry=entry,
                kind=message.kind,
                title=message.title[:200],
                body=message.body,
                url=message.url,
                created_at=at,
                key=message.key,
            )
            for person in recipients
        ]
    )
    if settings.MAIL_ENABLED:
        Delivery.objects.bulk_create(
            [
                Delivery(
                    notice=notice,
                    channel=Delivery.Channel.MAIL,
                    address=notice.recipient.email,
                    next_attempt_at=at,
                    message_id=f"<{uuid.uuid4().hex}@pingtan-civ>",
                )
                for notice in notices
                if notice.recipient.email
            ]
        )
    return notices


# 臨發前再問一次：上層登記「這條通知還需要嗎、現在該怎麼說」。返回 None 即不再發。
Recheck = Callable[[Notice, datetime], str | None]
_rechecks: dict[str, Recheck] = {}


def register_recheck(kind: str, recheck: Recheck) -> None:
    _rechecks[kind] = recheck


def current_body(notice: Notice, at: datetime) -> str | None:
    """臨發時的內容；None 表示其間已經辦了，不必再發。"""
    recheck = _rechecks.get(notice.kind)
    return recheck(notice, at) if recheck else notice.body


@transaction.atomic
def seal_entries(*, limit: int = 1000) -> int:
    """給尚未封存的留痕依次編號，逐條與上一條的哈希相連。返回這次封存的條數。

    寫留痕時不排隊（否則整個系統的寫入都要等同一把鎖），所以編號和相連放在這裏，
    每分鐘一次；兩個封存任務同時跑時靠鎖住 ChainHead 這一行依次進行。
    """
    ChainHead.objects.get_or_create(pk=1)
    head = ChainHead.objects.select_for_update().get(pk=1)
    entries = list(Entry.objects.unsealed()[:limit])
    for entry in entries:
        entry.sequence = head.sequence + 1
        entry.previous_hash = head.hash
        entry.hash = entry.computed_hash()
        head.sequence, head.hash = entry.sequence, entry.hash
    Entry.objects.bulk_update(entries, ["sequence", "previous_hash", "hash"], batch_size=200)
    head.save(update_fields=["sequence", "hash"])
    return len(entries)


def broken_entries() -> list[Entry]:
    """核驗封存鏈：返回內容被改過、或與前一條接不上的留痕。末端缺失也算。"""
    broken, previous_hash, expected = [], "", 1
    for entry in Entry.objects.filter(sequence__isnull=False).order_by("sequence").iterator():
        intact = (
            entry.sequence == expected
            and entry.previous_hash == previous_hash
            and entry.hash == entry.computed_hash()
        )
        if not intact:
            broken.append(entry)
        previous_hash, expected = entry.hash, entry.sequence + 1
    head = ChainHead.objects.filter(pk=1).first()
    if head and head.sequence != expected - 1 and not broken:
        last = Entry.objects.filter(sequence__isnull=False).order_by("-sequence").first()
        broken.extend([last] if last else [])
    return broken
