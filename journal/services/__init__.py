"""記一筆、告訴誰：上層應用只經這裏留痕和通知。"""

from journal.services.delivering import (
    Recheck,
    Tally,
    current_message,
    deliver_waiting,
    register_recheck,
    retry_deliveries,
)
from journal.services.reading import (
    Reading,
    mark_all_read,
    mark_read,
    message_to_read,
    register_reading,
)
from journal.services.recording import Message, Person, announce, announce_each, record
from journal.services.script import source_script
from journal.services.sealing import Break, broken_entries, seal_entries, sealed_through

__all__ = [
    "Break",
    "Message",
    "Person",
    "Reading",
    "Recheck",
    "Tally",
    "announce",
    "announce_each",
    "broken_entries",
    "current_message",
    "deliver_waiting",
    "mark_all_read",
    "mark_read",
    "message_to_read",
    "record",
    "register_reading",
    "register_recheck",
    "retry_deliveries",
    "seal_entries",
    "sealed_through",
    "source_script",
]
