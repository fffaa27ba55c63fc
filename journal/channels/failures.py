"""沒發成：為什麼，是不是這個渠道整個不通，對方有沒有可能其實已經收到。"""


class NotSent(Exception):
    """str() 是給管理員看的一句話。

    unreachable：不是這一條的問題，是渠道不通，別的也先不試。
    maybe_sent：話已經說完、沒有等到回答；認不出重複的渠道因此不能自動重發。
    """

    def __init__(self, reason: str, *, unreachable: bool = False, maybe_sent: bool = False) -> None:
        super().__init__(reason)
        self.unreachable = unreachable
        self.maybe_sent = maybe_sent
