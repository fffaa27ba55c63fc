"""後台任務：登記一種、要一件、辦一件、巡查。

各應用在啟動時 register_job(種類, Kind(怎麼辦, …))；頁面用 order_job 要一件，得到的 Job 有自己的進度頁。
"""

from background.services.kinds import Kind, handling_of, register_job
from background.services.ordering import can_cancel, cancel_job, order_job
from background.services.running import (
    JobRefused,
    Outcome,
    Progress,
    Stopped,
    run_job,
    sweep,
)

__all__ = [
    "JobRefused",
    "Kind",
    "Outcome",
    "Progress",
    "Stopped",
    "can_cancel",
    "cancel_job",
    "handling_of",
    "order_job",
    "register_job",
    "run_job",
    "sweep",
]
