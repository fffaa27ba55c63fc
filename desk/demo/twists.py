"""樣例裏不照常辦的幾件事：逾期、剛報出、待審核、被退回，好讓各人一登錄就有事可看。"""

from dataclasses import dataclass, replace
from datetime import date


@dataclass(frozen=True)
class Twist:
    """一期報送停在哪一步。

    until: nothing 沒報 · draft 有草稿 · submitted 待初審 · endorsed 待審核 ·
    sent_back 退回未補 · accepted 通過。on_past 為真時落在最近已到期的一期，否則是當前一期。
    days_ago 是報出日距演示當天幾個工作日；days_to_fix 是退回後限幾個工作日補報。
    """

    until: str = "accepted"
    days_ago: int = 1
    on_past: bool = False
    back: bool = False
    is_nil: bool = False
    days_to_fix: int = 3
    day: date | None = None

    def dated(self, day: date) -> "Twist":
        return replace(self, day=day)


NEVER = Twist("nothing", on_past=True)
TWISTS: dict[tuple[str, str], Twist] = {
    # 逾期未報
    ("T3.7", "office"): NEVER,
    ("T5.3", "mass_orgs"): NEVER,
    ("T4.4", "welfare_home"): NEVER,
    ("T2.6", "relief_station"): NEVER,
    # 退回待補：一件還有時間，一件已過補報時限
    ("T4.1", "funeral_home"): Twist("sent_back", days_ago=5, back=True, days_to_fix=5),
    ("T2.8", "discipline"): Twist("sent_back", days_ago=8, on_past=True, back=True, days_to_fix=2),
    # 待辦公室審核
    ("T6.3", "office"): Twist("endorsed", days_ago=4),
    ("T6.2", "party_branch"): Twist("endorsed", days_ago=3),
    ("T2.9", "party_branch"): Twist("endorsed", days_ago=3),
    ("T4.8", "funeral_home"): Twist("endorsed", days_ago=5),
    ("T3.5", "marriage_registry"): Twist("endorsed", days_ago=2),
    ("T5.4", "mass_orgs"): Twist("endorsed", days_ago=6),
    ("T3.6", "welfare_home"): Twist("endorsed", days_ago=2),
    ("T5.1", "office"): Twist("endorsed", days_ago=4),
    ("T2.6", "marriage_registry"): Twist("endorsed", days_ago=3),
    # 待負責人初審
    ("T4.6", "marriage_registry"): Twist("submitted", days_ago=2),
    ("T3.3", "marriage_registry"): Twist("submitted", days_ago=1),
    ("T3.4", "funeral_home"): Twist("submitted", days_ago=1),
    ("T3.8", "office"): Twist("submitted", days_ago=1),
    ("T2.7", "party_branch"): Twist("submitted", days_ago=2),
    ("T6.5", "social_affairs"): Twist("submitted", days_ago=1),
    # 草稿
    ("T4.5", "welfare_home"): Twist("draft", days_ago=1),
    ("T3.10", "social_relief"): Twist("draft", days_ago=2),
    # 提前報完、已通過
    ("T1.2", "office"): Twist(days_ago=20),
    ("T2.4", "personnel"): Twist(days_ago=15),
    ("T3.6", "office"): Twist(days_ago=12),
    ("T4.7", "relief_station"): Twist(days_ago=10),
    # 零報告
    ("T4.6", "personnel"): Twist(days_ago=40, on_past=True, is_nil=True),
}
