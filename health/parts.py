"""各部分好不好：由數字判定狀態和該說的話。不查庫、不看鐘，門檻都在這裏。"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from django.utils.timezone import localdate, localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from pingtan_civ.lib.dates import moment, near_date
from pingtan_civ.lib.working_days import WorkingCalendar

#: 心跳每分鐘一次；晚這麼久算要留意、算停了。
LATE, DEAD = timedelta(minutes=3), timedelta(minutes=5)
#: 該發而沒發的消息等了多久。
SLOW, STUCK = timedelta(minutes=15), timedelta(hours=1)
#: 有等着封存的，而上一次封存過去了這麼久；積壓超過這麼多條也說一聲。
UNSEALED_LATE, UNSEALED_BAD = timedelta(minutes=10), timedelta(hours=1)
MOST_UNSEALED = 10_000
#: 磁盤剩餘：低於佔比或低於絕對數，取先到的。
GIB = 1024**3
DISK_WARN, DISK_BAD = (0.10, 2 * GIB), (0.03, GIB // 2)
#: 早上的提醒和兩次補班，到這個鐘點都該跑完了。
REMINDED_BY_HOUR = 11
#: 下一年的安排一般十一月公佈，過了十二月十日還沒導入就該提醒。
NAG_FROM = (12, 10)


class State(StrEnum):
    """值即燈號的樣式：正常、要留意、不正常、沒有啟用。"""

    OK = "ok"
    WARN = "warn"
    BAD = "bad"
    OFF = "stop"

    @property
    def label(self) -> str:
        return str(_LABELS[self])


_LABELS = {
    State.OK: gettext_lazy("正常"),
    State.WARN: gettext_lazy("要留意"),
    State.BAD: gettext_lazy("不正常"),
    State.OFF: gettext_lazy("沒有啟用"),
}


@dataclass(frozen=True)
class Part:
    """一個部分：現在怎樣（words）、最近一次是何時（last）、不好時管理員該做什麼（cure）。"""

    key: str
    name: str
    state: State
    words: str
    last: datetime | None = None
    cure: str = ""

    @property
    def light(self) -> str:
        return self.state.value


@dataclass(frozen=True)
class Report:
    """一次檢查的全部。"""

    at: datetime
    parts: tuple[Part, ...]

    def having(self, state: State) -> list[Part]:
        return [part for part in self.parts if part.state == state]

    @property
    def state(self) -> State:
        """最壞的那一個；沒有啟用的不算。"""
        for state in (State.BAD, State.WARN):
            if self.having(state):
                return state
        return State.OK


def _by_age(age: timedelta, warn: timedelta, bad: timedelta) -> State:
    if age >= bad:
        return State.BAD
    return State.WARN if age >= warn else State.OK


def minutes(age: timedelta) -> str:
    """「4 分鐘」「3 小時」「2 天」。"""
    count = max(int(age.total_seconds() // 60), 0)
    if count < 60:
        return _("%(count)d 分鐘") % {"count": count}
    if count < 48 * 60:
        return _("%(count)d 小時") % {"count": count // 60}
    return _("%(count)d 天") % {"count": count // (24 * 60)}


def database(problem: str = "") -> Part:
    name = _("數據庫")
    if problem:
        cure = _("檢查數據庫服務是否在運行、DATABASE_URL 是否正確。")
        return Part("database", name, State.BAD, _("連不上。"), cure=cure)
    return Part("database", name, State.OK, _("讀寫正常。"))


def worker(last: datetime | None, at: datetime) -> Part:
    cure = _("啟動後台處理進程：systemctl restart wenming-worker；日誌裏有它停下的原因。")
    return _pulse("worker", _("後台處理進程"), last, at, cure)


def beat(last: datetime | None, at: datetime, is_worker_alive: bool) -> Part:
    """定時器的心跳由 worker 記下；worker 停了就看不到它，不能說它也壞了。"""
    cure = _("啟動定時器：systemctl restart wenming-beat；全站只開一個。")
    part = _pulse("beat", _("定時器"), last, at, cure)
    if part.state == State.OK or is_worker_alive:
        return part
    words = _("看不到：後台處理進程停了，等它起來才知道定時器怎樣。")
    return Part("beat", part.name, State.WARN, words, last)


def _pulse(key: str, name: str, last: datetime | None, at: datetime, cure: str) -> Part:
    if last is None:
        return Part(key, name, State.BAD, _("從來沒有報到過。"), cure=cure)
    age = at - last
    state = _by_age(age, LATE, DEAD)
    if state == State.OK:
        return Part(key, name, state, _("每分鐘報到，在正常運行。"), last)
    words = _("已經 %(age)s沒有報到。") % {"age": minutes(age)}
    return Part(key, name, state, words, last, cure)


def broker(problem: str, *, is_files: bool) -> Part:
    name = _("消息隊列")
    if not problem:
        words = _("文件隊列可寫。") if is_files else _("Redis 有應答。")
        return Part("broker", name, State.OK, words)
    cure = (
        _("檢查 VAR_DIR 是否存在、服務賬號能不能寫。")
        if is_files
        else _("啟動 Redis：systemctl restart redis-server；檢查 REDIS_URL。")
    )
    words = _("不通：%(problem)s頁面照常能用，消息等它恢復後補發。") % {"problem": problem}
    return Part("broker", name, State.BAD, words, cure=cure)


def scanner(*, is_configured: bool, is_alive: bool, is_required: bool) -> Part:
    """查毒服務：不通時收不收文件，由 CLAMAV_REQUIRED 定。"""
    name = _("查毒")
    if not is_configured:
        return Part("scanner", name, State.OFF, _("沒有配置，上傳的文件不查毒。"))
    if is_alive:
        return Part("scanner", name, State.OK, _("查毒服務有應答。"))
    cure = _("啟動 ClamAV：systemctl restart clamav-daemon；檢查 CLAMAV_ADDRESS。")
    if is_required:
        words = _("查毒服務不通，這會兒收不了文件。")
        return Part("scanner", name, State.BAD, words, cure=cure)
    words = _("查毒服務不通，文件不查就收。")
    return Part("scanner", name, State.WARN, words, cure=cure)


@dataclass(frozen=True)
class MailFacts:
    """郵件的幾個數。failing 是發過沒成、還在重試的；oldest_failing 是其中最早的通知時刻。"""

    is_enabled: bool
    last_sent: datetime | None = None
    failing: int = 0
    oldest_failing: datetime | None = None
    reason: str = ""
    given_up: int = 0


def mail(facts: MailFacts, at: datetime) -> Part:
    name = _("郵件")
    if not facts.is_enabled:
        return Part("mail", name, State.OFF, _("沒有配置郵件，站內消息照常。"))
    cure = _("檢查 EMAIL_URL 和郵件服務器；修好後放棄了的可以重新發送。")
    counts = {"failing": facts.failing, "given_up": facts.given_up, "reason": facts.reason}
    if facts.failing and facts.oldest_failing:
        is_long = at - facts.oldest_failing >= STUCK
        words = _("%(failing)d 封沒有發成，在重試：%(reason)s") % counts
        state = State.BAD if is_long else State.WARN
        return Part("mail", name, state, words, facts.last_sent, cure)
    if facts.given_up:
        words = _("一天之內有 %(given_up)d 封放棄了。") % counts
        return Part("mail", name, State.WARN, words, facts.last_sent, cure)
    words = _("發送正常。") if facts.last_sent else _("已配置，還沒有發過。")
    return Part("mail", name, State.OK, words, facts.last_sent)


def gateway(pk: int, name: str, last: datetime | None, reason: str) -> Part:
    """一個工作群或短信網關：最近一次發到了沒有。"""
    key = f"gateway-{pk}"
    cure = _("管理員在「發件台 → 渠道與測試」裏檢查，再測試一次。")
    if last is None:
        return Part(key, name, State.WARN, _("還沒有發過，也沒有測試過。"), cure=cure)
    if reason:
        words = _("最近一次沒有發到：%(reason)s") % {"reason": reason}
        return Part(key, name, State.WARN, words, last, cure)
    return Part(key, name, State.OK, _("最近一次已發到。"), last)


def deliveries(waiting: int, oldest: datetime | None, at: datetime) -> Part:
    """到了時間還沒發的：多半是 worker 停了。"""
    name = _("待發的消息")
    if not waiting or oldest is None:
        return Part("deliveries", name, State.OK, _("沒有積壓。"))
    state = _by_age(at - oldest, SLOW, STUCK)
    words = _("%(count)d 條到時間未發，最早的等了 %(age)s。") % {
        "count": waiting,
        "age": minutes(at - oldest),
    }
    cure = _("看「後台處理進程」和「郵件」兩項；也可以手動運行 manage.py deliver_notices。")
    return Part("deliveries", name, state, words, oldest, cure if state != State.OK else "")


def seal(unsealed: int, last: datetime | None, at: datetime, is_worker_alive: bool) -> Part:
    """看封存還走不走：按上一次封存（last）過去多久判，不按留痕的時間，補錄的舊事時間本來就早。

    從沒封存過的，後台活着就是正在辦第一批。
    """
    name = _("留痕封存")
    if not unsealed:
        return Part("seal", name, State.OK, _("全部已封存。"), last)
    if last is not None:
        state = _by_age(at - last, UNSEALED_LATE, UNSEALED_BAD)
    else:
        state = State.OK if is_worker_alive else State.BAD
    if state == State.OK and unsealed > MOST_UNSEALED:
        state = State.WARN
    words = _("%(count)d 條等待封存。") % {"count": unsealed}
    cure = _("看「後台處理進程」一項；也可以手動運行 manage.py seal_journal。")
    return Part("seal", name, state, words, last, cure if state != State.OK else "")


def reminders(
    last_on: date | None, finished_at: datetime | None, at: datetime, working: WorkingCalendar
) -> Part:
    """最近跑完的一遍提醒是哪個工作日的。今天過了十一點還沒跑要留意，上個工作日都沒跑就是壞了。"""
    name = _("每日提醒")
    cure = _("看「後台處理進程」和「定時器」兩項；今天的可以現在補跑，不會重發。")
    if last_on is None:
        words = _("還沒有跑過；每個工作日早上八點半跑。")
        return Part("reminders", name, State.WARN, words, cure=cure)
    today = localdate(at)
    before = working.add(today, -1)
    is_due = working.is_working(today) and localtime(at).hour >= REMINDED_BY_HOUR
    words = _("最近跑完的是 %(day)s的。") % {"day": near_date(last_on, today)}
    if working.is_working(today) and last_on < today and not is_due:
        words += _("今天的早上八點半起跑，十一點前跑完。")
    if last_on < before:
        return Part("reminders", name, State.BAD, words, finished_at, cure)
    if is_due and last_on < today:
        return Part("reminders", name, State.WARN, words, finished_at, cure)
    return Part("reminders", name, State.OK, words, finished_at)


def calendar(
    published_through: date | None, today: date, needed_through: date | None = None
) -> Part:
    """needed_through：進行中的活動最晚到哪一天。"""
    name = _("工作日曆")
    if published_through is None or published_through < today:
        cure = _("在「工作日曆」裏導入本年的放假安排。")
        return Part("calendar", name, State.BAD, _("本年的放假安排沒有錄入。"), cure=cure)
    words = _("錄到 %(year)s 年底。") % {"year": published_through.year}
    if needed_through and needed_through > published_through:
        cure = _("國務院辦公廳的通知公佈後，在「工作日曆」裏導入下一年的安排。")
        guess = _("活動到 %(day)s才結束，%(year)s 年的時限暫按推算，公佈後請導入。") % {
            "day": near_date(needed_through, today),
            "year": published_through.year + 1,
        }
        return Part("calendar", name, State.WARN, words + guess, cure=cure)
    if published_through.year == today.year and (today.month, today.day) >= NAG_FROM:
        cure = _("國務院辦公廳的通知公佈後，在「工作日曆」裏導入下一年的安排。")
        return Part("calendar", name, State.WARN, words, cure=cure)
    return Part("calendar", name, State.OK, words)


def disk(name: str, free: int, total: int, *, key: str = "disk", used: str = "") -> Part:
    """used 是另要說的話，如數據庫文件多大。"""
    share = free / total if total else 0
    words = _("剩餘 %(free)s（%(percent)d%%）。") % {
        "free": size(free),
        "percent": int(share * 100),
    }
    cure = _("清理磁盤或擴容；先看日誌和備份佔了多少。")
    for state, (low_share, low) in ((State.BAD, DISK_BAD), (State.WARN, DISK_WARN)):
        if free < low or share < low_share:
            return Part(key, name, state, words + used, cure=cure)
    return Part(key, name, State.OK, words + used)


def size(count: int) -> str:
    """人讀的字節數。"""
    if count >= GIB:
        return f"{count / GIB:.1f} GB"
    return f"{count / 1024**2:.0f} MB"


def when(value: datetime | None, today: date) -> str:
    return moment(value, today=today) if value else "—"
