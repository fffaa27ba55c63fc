"""只找出同樣的行：一條手寫的 SQL，提醒記錄照樣剔，不判斷身份、不寫一個字。"""

from datetime import date

from django.db import connection

from tasks.rungs import Audience, Ladder, Track, latest_due
from tasks.tracks import default_rungs
from workdays.services import calendar

SQL = """
WITH steps (audience, lo, hi, step) AS (VALUES {steps}),
owed AS (
    SELECT r.id, r.due_date, a.department_id, m.campaign_id
    FROM tasks_round r
    JOIN tasks_submission s ON s.id = r.submission_id AND r.number = s.round_number
    JOIN tasks_assignment a ON a.id = s.assignment_id
    JOIN tasks_measure m ON m.id = a.measure_id
    JOIN campaigns_campaign c ON c.id = m.campaign_id
    WHERE s.state = 'open' AND s.period_start <= '{on}' AND r.due_date <= '{horizon}'
      AND a.state IN ('issued', 'acknowledged', 'objected')
      AND m.state = 'issued' AND c.state = 'active'
),
asked AS (
    SELECT p.user_id, o.id, o.due_date,
           CASE p.role WHEN 'clerk' THEN 'doer' ELSE 'head' END AS audience
    FROM owed o JOIN people_appointment p ON p.department_id = o.department_id
    UNION ALL
    SELECT t.user_id, o.id, o.due_date,
           CASE t.role WHEN 'chair' THEN 'chair' WHEN 'deputy' THEN 'leader' ELSE 'office' END
    FROM owed o JOIN campaigns_seat t ON t.campaign_id = o.campaign_id
    WHERE o.due_date < '{on}' AND (t.role <> 'deputy' OR EXISTS (
        SELECT 1 FROM campaigns_seat_departments d
        WHERE d.seat_id = t.id AND d.department_id = o.department_id))
)
SELECT q.user_id, q.id, q.due_date, s.step
FROM asked q JOIN people_user u ON u.id = q.user_id AND u.is_active
JOIN steps s ON s.audience = q.audience AND q.due_date > s.lo AND q.due_date <= s.hi
WHERE NOT EXISTS (
    SELECT 1 FROM tasks_reminder x
    WHERE x.track = 'report' AND x.subject_id = q.id AND x.due_date = q.due_date
      AND x.person_id = q.user_id AND x.step >= s.step)
"""


def find(on: date) -> int:
    """取回全部行，返回行數。"""
    with connection.cursor() as cursor:
        cursor.execute(_sql(on))
        return len(cursor.fetchall())


def _sql(on: date) -> str:
    """階梯寫成一張小表：哪種人、時限在哪一段、走到哪一級。"""
    ladder, days = Ladder(default_rungs()[Track.REPORT]), calendar()
    literal = "date '{}'" if connection.vendor == "postgresql" else "'{}'"
    rows = []
    for audience in Audience.values:
        steps = ladder.steps(audience)
        edges = [*(latest_due(step, on, days) for step in steps), date(2000, 1, 1)]
        rows += [
            f"('{audience}', {literal.format(edges[n + 1])}, {literal.format(edges[n])}, {step})"
            for n, step in enumerate(steps)
        ]
    first = latest_due(ladder.first_step(Audience.DOER), on, days)
    return SQL.format(steps=", ".join(rows), on=on, horizon=first)
