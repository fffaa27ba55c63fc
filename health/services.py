"""報到：記下一個進程最近一次活着的時刻。"""

from datetime import datetime

from health.models import Heartbeat

WORKER, BEAT, SEAL = "worker", "beat", "seal"


def beat(*, name: str, at: datetime, detail: str = "") -> None:
    """只往後記：幾個 worker 同時報到、消息先後顛倒，都以最晚的為準。"""
    known = Heartbeat.objects.filter(name=name)
    if known.filter(at__lt=at).update(at=at, detail=detail[:200]) or known.exists():
        return
    Heartbeat.objects.get_or_create(name=name, defaults={"at": at, "detail": detail[:200]})
