"""時限或週期改了之後，各單位的各期報送跟着走；已有人動過的一期只改時限，不刪。"""

from datetime import date, datetime

from tasks.models import Assignment, Measure, Reminder, ReminderStep, Submission
from tasks.services.handing_in import current_round
from tasks.services.issuing import open_submissions, planned_due_dates, set_due_date

#: 這兩條階梯的提醒記錄掛在輪次上。
OF_ROUND = (ReminderStep.Track.REPORT, ReminderStep.Track.REVIEW)


def fit_submissions(measure: Measure, *, old_due: date | None, at: datetime) -> None:
    """讓在辦任務的報送與 measure 現在的時限和週期一致。在改 measure 的同一事務裏調用。

    延長：補上缺的期，原先被舊時限截住的一期順延。縮短：之後還沒人動過的期撤去，
    動過的把時限提到新時限，但不提到今天以前。退回後另定的時限、單位自己申請到的延期
    不往後挪，沒超過新時限的也不提前。
    """
    planned = planned_due_dates(measure, at)
    for assignment in measure.assignments.live():
        assignment.measure = measure
        _fit_assignment(assignment, planned, old_due, at)


def _fit_assignment(
    assignment: Assignment, planned: dict[str, date], old_due: date | None, at: datetime
) -> None:
    measure = assignment.measure
    is_extended = old_due is None or measure.due_date >= old_due
    own = assignment.due_date
    assignment.due_date = max(own, measure.due_date) if is_extended else measure.due_date
    assignment.save(update_fields=["due_date"])
    for submission in assignment.submissions.filter(state=Submission.State.OPEN):
        submission.assignment = assignment
        if submission.label not in planned and is_untouched(submission):
            submission.rounds.all().delete()
            submission.delete()
            continue
        if is_extended and submission.due_date == old_due:
            due = planned.get(submission.label, measure.due_date)
        elif is_extended:
            due = submission.due_date
        else:
            due = shortened(submission.due_date, measure.due_date, at.date())
        if due != submission.due_date:
            set_due_date(submission, due)
    open_submissions(assignment, at=at)


def shortened(own: date, limit: date, today: date) -> date:
    """縮短後的時限：不晚於新時限，不早於今天；本來就更早的不動。"""
    return min(own, max(min(own, limit), today))


def is_untouched(submission: Submission) -> bool:
    """沒有人填過、傳過、提過申請，也沒有提醒、催過任何人：撤去它不會丟掉任何東西。"""
    if submission.round_number != 1:
        return False
    round_ = current_round(submission)
    return not (
        round_.version
        or round_.saved_at
        or round_.narrative
        or round_.percent is not None
        or round_.evidence.exists()
        or round_.figure_values.exists()
        or Reminder.objects.filter(track__in=OF_ROUND, subject_id=round_.pk).exists()
        or submission.change_requests.exists()
        or submission.chases.exists()
    )
