"""六十天的演練：每天一種故障，之後對答案。

時鐘停在演練給的時刻；定時器由演練自己扮：八點半敲一次，漏了九點半補敲。
答案由 tests/walk/oracle.py 另算，信件由真的郵件服務器收下來數。
"""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection
from kombu.exceptions import OperationalError
from redis.exceptions import RedisError

from journal.models import Delivery, Notice
from pingtan_civ.lib import clock as site_clock
from tasks.models import Reminder
from tests.faults.bench import DONE, Clock, Redis, Worker, wait_until
from tests.walk import oracle
from tests.walk.stage import DAYS, EVENTS, UNITS, at, build, days, happen

ABSENT, REST_DAY = "定時任務當天沒有跑", "休息日"
#: 每一期在排上信之後報出的機會。
HAND_IN = 0.5
REMIND, DELIVER = "tasks.jobs.remind_due", "journal.jobs.deliver_waiting"
#: 郵件未成之後，時鐘往前撥這麼多分鐘再敲一次；加起來長過產品自己的各次停頓。
LATER_MINUTES = (2, 10, 45, 160)


@dataclass
class Row:
    """結果表的一行：一種故障。"""

    days: int = 0
    due: int = 0
    reminded: int = 0
    missed: int = 0
    doubled: int = 0
    needless: int = 0
    letters: int = 0
    cancelled: int = 0
    same_letter_again: int = 0


@dataclass
class Rehearsal:
    folder: Path
    redis: Redis
    mail: Any
    environment: dict[str, str]
    clock: Clock
    seed: int
    rows: dict[str, Row] = field(default_factory=dict)
    workers: list[Worker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)
        self.clock.set(at(days()[0], 8, 0))
        site_clock.now = lambda: self.clock.moment
        dues = [self.random.randint(2, DAYS - 5) for _ in range(2 * UNITS)]
        self.world = build(dues)
        self.done = Path(self.environment[DONE])
        self.seen_letters = 0
        self.just_done: set[str] = set()
        self.wanted: set[oracle.Told] = set()
        self.killed_halfway = 0
        self.row = Row()
        self.faults: dict[str, Callable[[date], None]] = {
            "一切正常": self.run_normally,
            ABSENT: self.job_absent,
            "提醒寫到一半，worker 被 kill -9": self.kill_while_reminding,
            "發信發到一半，worker 被 kill -9": self.kill_while_delivering,
            "Redis 停了，辦理照常，稍後再開": self.redis_stopped,
            "Redis 帶着排隊的消息一起沒了": self.redis_loses_the_queue,
            "郵件服務器拒收": lambda day: self.mail_fails(day, "refuse"),
            "郵件服務器收了不應答": lambda day: self.mail_fails(day, "hang"),
            "郵件服務器收到一半斷開": lambda day: self.mail_fails(day, "close"),
            "郵件服務器收下了，沒說收下就斷開": lambda day: self.mail_fails(day, "close_after"),
            "郵件服務器一個字節一個字節地回": lambda day: self.mail_fails(day, "drip"),
            "排上信之後、發出之前就報了": self.handed_in_between,
            "兩個 worker 和一條命令同時跑": self.two_workers,
        }

    # ── 走六十天 ──────────────────────────────────────

    def run(self, length: int) -> None:
        self.start_workers(1)
        order: list[str] = []
        for day in days()[:length]:
            if not order:
                order = self.random.sample(list(self.faults), len(self.faults))
            # 休息日什麼也不該發，不佔一種故障。
            fault = order.pop() if oracle.is_working(day) else REST_DAY
            self.one_day(day, fault)
            print(f"{day} {fault} {self.row}", flush=True)  # noqa: T201

        if length == DAYS:
            assert self.killed_halfway, "沒有一次真的殺在半途，演練說明不了什麼。"

    def one_day(self, day: date, fault: str) -> None:
        self.row = self.rows.setdefault(fault, Row())
        self.row.days += 1
        self.clock.set(at(day, 8, 0))
        self.happenings(day, 3)
        self.clock.set(at(day))
        before = self.written()
        self.wanted = oracle.expected(self.world, day)
        self.just_done = set()
        cancelled = self.cancelled()
        (self.run_normally if fault == REST_DAY else self.faults[fault])(day)
        self.settle(day)
        self.row.cancelled += self.cancelled() - cancelled
        fresh = self.written() - before
        if fault != ABSENT:
            self.row.due += len(self.wanted)
            self.row.missed += len(self.wanted - fresh)
        self.row.reminded += len(fresh)
        self.row.needless += len(fresh - self.wanted)
        self.count_letters(day)
        assert fresh <= self.wanted, f"{day} 多提醒了：{fresh - self.wanted}"
        assert fault == ABSENT or fresh == self.wanted, f"{day} 漏了：{self.wanted - fresh}"

    def happenings(self, day: date, most: int) -> None:
        for _ in range(self.random.randint(0, most)):
            kind = self.random.choice(sorted(EVENTS))
            happen(self.world, kind, self.random.randrange(2 * UNITS), self.clock.moment)

    # ── 各種故障 ──────────────────────────────────────

    def run_normally(self, day: date) -> None:
        self.ring_and_wait(REMIND, on=day.isoformat())

    def job_absent(self, day: date) -> None:
        """什麼也不做；這天的事下一次提醒到。"""

    def kill_while_reminding(self, day: date) -> None:
        before = Reminder.objects.count()
        self.ring(REMIND, on=day.isoformat())
        if oracle.expected(self.world, day):
            wait_until(lambda: Reminder.objects.count() > before, "寫下第一條提醒")
        self.kill_workers()
        told = Reminder.objects.count() - before
        self.killed_halfway += 0 < told < len(self.wanted)
        self.start_workers(1)
        self.clock.set(at(day, 9, 30))
        self.ring_and_wait(REMIND, on=day.isoformat())

    def kill_while_delivering(self, day: date) -> None:
        self.mail.mode = "hang"
        self.ring(REMIND, on=day.isoformat())
        if oracle.expected(self.world, day):
            sending = Delivery.objects.filter(state=Delivery.State.SENDING)
            wait_until(sending.exists, "開始發信")
        self.kill_workers()
        self.mail.mode = "accept"
        self.start_workers(1)
        self.clock.set(at(day, 9, 30))
        self.ring_and_wait(REMIND, on=day.isoformat())

    def redis_stopped(self, day: date) -> None:
        self.redis.stop()
        self.happenings(day, 3)
        self.wanted = oracle.expected(self.world, day)
        assert not self.ring(REMIND, on=day.isoformat())
        self.redis.start()
        self.clock.set(at(day, 9, 30))
        self.ring_and_wait(REMIND, on=day.isoformat())

    def redis_loses_the_queue(self, day: date) -> None:
        self.kill_workers()
        self.ring(REMIND, on=day.isoformat())
        self.redis.stop()
        self.redis.start()
        self.start_workers(1)
        self.clock.set(at(day, 9, 30))
        self.ring_and_wait(REMIND, on=day.isoformat())

    def mail_fails(self, day: date, mode: str) -> None:
        self.mail.mode = mode
        self.ring_and_wait(REMIND, on=day.isoformat())
        self.ring_and_wait(DELIVER)
        self.mail.mode = "accept"

    def handed_in_between(self, day: date) -> None:
        self.mail.mode = "refuse"
        self.ring_and_wait(REMIND, on=day.isoformat())
        for number in range(2 * UNITS):
            if self.random.random() < HAND_IN and happen(
                self.world, "hand_in", number, self.clock.moment
            ):
                self.just_done.add(f"1-{number:02d}")
        self.mail.mode = "accept"

    def two_workers(self, day: date) -> None:
        self.start_workers(2)
        numbers = [self.ring(REMIND, on=day.isoformat()) for _ in range(2)]
        call_command("remind", on=day.isoformat(), stdout=(self.folder / "said").open("w"))
        for number in numbers:
            self.wait_for(number)
        while len(self.workers) > 1:
            self.workers.pop().kill()

    # ── 之後把信發完 ──────────────────────────────────

    def settle(self, day: date) -> None:
        """時鐘往前撥，敲投遞的鈴，直到沒有等着的；被殺的那幾封要等租約過期。"""
        self.mail.mode = "accept"
        self.ring_and_wait(DELIVER)
        for minutes in LATER_MINUTES:
            if not self.waiting():
                return
            self.clock.set(self.clock.moment + timedelta(minutes=minutes))
            self.ring_and_wait(DELIVER)
        assert not self.waiting(), f"{day} 還有 {self.waiting()} 封沒有發出。"

    def waiting(self) -> int:
        states = (Delivery.State.WAITING, Delivery.State.SENDING)
        return Delivery.objects.filter(state__in=states).count()

    # ── 對答案 ────────────────────────────────────────

    def written(self) -> set[oracle.Told]:
        return oracle.recorded(Reminder.objects.filter(track="report"))

    def cancelled(self) -> int:
        return Delivery.objects.filter(state=Delivery.State.CANCELLED).count()

    def count_letters(self, day: date) -> None:
        fresh = self.mail.letters[self.seen_letters :]
        self.seen_letters += len(fresh)
        digests = [letter for letter in fresh if "每日提醒" in str(letter["Subject"])]
        by_id = Counter(letter["Message-ID"] for letter in digests)
        per_person = Counter(
            person for person, _id in {(letter["To"], letter["Message-ID"]) for letter in digests}
        )
        self.row.letters += len(by_id)
        self.row.same_letter_again += sum(by_id.values()) - len(by_id)
        self.row.doubled += sum(count - 1 for count in per_person.values())
        assert max(per_person.values(), default=0) <= 1, f"{day} 有人收到兩份：{per_person}"
        for letter in digests:
            text = letter.get_body(("plain",)).get_content()
            told = {code for code in self.just_done if f"{code}「" in text}
            assert not told or "clerk" not in letter["To"], f"{day} 已報的還在催：{told}"
        keys = Notice.objects.filter(kind=Notice.Kind.DIGEST).values_list("recipient", "key")
        assert len(keys) == len(set(keys))

    # ── worker 和鈴 ───────────────────────────────────

    def start_workers(self, count: int) -> None:
        while len(self.workers) < count:
            worker = Worker(self.environment, self.folder / "worker.log")
            worker.start()
            self.workers.append(worker)

    def revive(self) -> None:
        """自己退出了的再起來，像 systemd 的 Restart=always。

        Redis 正在起來時 kombu 5.7 重連，偶爾以 AttributeError（_connparams）整個退出。
        """
        for worker in self.workers:
            if not worker.is_alive:
                worker.start()

    def kill_workers(self) -> None:
        while self.workers:
            self.workers.pop().kill()

    def ring(self, job: str, **kwargs: str) -> str:
        """像定時器那樣敲一次；隊列不通則返回空。"""
        from celery import current_app

        for worker in self.workers:
            if not worker.is_alive:
                # Redis 剛開時 kombu 偶爾自己退出；正式環境由 systemd 再拉起（Restart=always）。
                worker.start()
        try:
            return current_app.send_task(job, kwargs=kwargs, expires=600, retry=False).id
        except (OperationalError, RedisError, OSError):
            return ""

    def wait_for(self, number: str) -> None:
        assert number, "隊列不通。"

        def is_done() -> bool:
            self.revive()
            return number in self.done.read_text(encoding="ascii")

        wait_until(is_done, "worker 做完這一件")

    def ring_and_wait(self, job: str, **kwargs: str) -> None:
        self.wait_for(self.ring(job, **kwargs))

    def stop(self) -> None:
        self.kill_workers()
        connection.close()

    # ── 結果 ──────────────────────────────────────────

    def table(self) -> str:
        titles = [
            "天數",
            "應提醒",
            "提醒到",
            "漏",
            "重複",
            "不該提醒的",
            "信",
            "其間辦了不發",
            "同一封到兩次",
        ]
        lines = [f"| 故障 | {' | '.join(titles)} |", "| --- |" + " ---: |" * len(titles)]
        for fault in [*self.faults, REST_DAY]:
            row = self.rows.get(fault, Row())
            numbers = (row.days, row.due, row.reminded, row.missed, row.doubled, row.needless)
            numbers += (row.letters, row.cancelled, row.same_letter_again)
            lines.append(f"| {fault} | {' | '.join(map(str, numbers))} |")
        return "\n".join(lines) + "\n"
