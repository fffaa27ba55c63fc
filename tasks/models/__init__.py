"""誰在何時之前做什麼，以及他們交來了什麼。"""

from tasks.models.chasing import (
    Chase,
    Reminder,
    ReminderPolicy,
    ReminderRun,
    ReminderSlice,
    ReminderStep,
)
from tasks.models.evidence import EvidenceFile, EvidenceLink, FileReading, ReviewPhrase
from tasks.models.plan import MainTask, Measure, MeasureEvidence, MeasureFigure
from tasks.models.work import (
    Assignment,
    ChangeRequest,
    FigureValue,
    Round,
    Submission,
    WrongState,
    in_progress,
)

__all__ = [
    "Assignment",
    "ChangeRequest",
    "Chase",
    "EvidenceFile",
    "EvidenceLink",
    "FigureValue",
    "FileReading",
    "MainTask",
    "Measure",
    "MeasureEvidence",
    "MeasureFigure",
    "Reminder",
    "ReminderPolicy",
    "ReminderRun",
    "ReminderSlice",
    "ReminderStep",
    "ReviewPhrase",
    "Round",
    "Submission",
    "WrongState",
    "in_progress",
]
