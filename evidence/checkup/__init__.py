"""體檢：照規則把一個活動（或一個單位）的佐證和報送看一遍，說哪裏不合、怎麼辦、去哪裏改。

規則一族一個文件（pieces 一份佐證、reports 一期報送、repeats 兩處之間、units 單位），都登記在
rules.RULES；頁面、導出、命令 check_evidence 用的是同一個 run。
"""

from evidence.checkup import pieces, repeats, reports, units
from evidence.checkup.engine import Checkup, run
from evidence.checkup.rules import RULES, Mark, Rule

__all__ = ["RULES", "Checkup", "Mark", "Rule", "pieces", "repeats", "reports", "run", "units"]
