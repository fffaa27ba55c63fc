"""日誌裏不留鑰匙：日曆訂閱的地址本身就是鑰匙，寫進日誌等於把它給了看日誌的人。"""

import logging
import re

_FEED = re.compile(r"(/calendar/)[\w-]+(\.ics)")


class HideKeys(logging.Filter):
    """把訂閱地址裏的鑰匙換成「…」；別的照舊。"""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        hidden = _FEED.sub(r"\1…\2", said)
        if hidden != said:
            record.msg, record.args = hidden, ()
        return True
