"""記一筆、告訴誰：上層應用只經這裏留痕和通知。"""

from journal.services.delivering import Tally, deliver_waiting, retry_deliveries
from journal.services.gateways import save_gateway, try_gateway, try_mail
from journal.services.groups import group_gateways, post_to_group
from journal.services.preferences import update_preferences
from journal.services.reading import (
    Reading,
    mark_all_read,
    mark_read,
    message_to_read,
    register_reading,
)
from journal.services.rechecking import Recheck, current_message, register_recheck
from journal.services.recording import Message, Person, announce, announce_each, record
from journal.services.routing import sms_gateway
from journal.services.script import source_script
from journal.services.sealing import Break, broken_entries, seal_entries, sealed_through
from journal.services.soundness import Soundness, failing, soundness

__all__ = [
    "Break",
    "Message",
    "Person",
    "Reading",
    "Recheck",
    "Soundness",
    "Tally",
    "announce",
    "announce_each",
    "broken_entries",
    "current_message",
    "deliver_waiting",
    "failing",
    "group_gateways",
    "mark_all_read",
    "mark_read",
    "message_to_read",
    "post_to_group",
    "record",
    "register_reading",
    "register_recheck",
    "retry_deliveries",
    "save_gateway",
    "seal_entries",
    "sealed_through",
    "sms_gateway",
    "soundness",
    "source_script",
    "try_gateway",
    "try_mail",
    "update_preferences",
]
