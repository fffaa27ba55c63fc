"""樣例的榮譽台賬：上級今年授給本局、一個窗口和一個人的，各一項。"""

from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from desk.demo.history import History
from evaluations.models import Honour
from evaluations.services.honours import record_honour
from people.models import Department

Level = Honour.Level


class Honours:
    def __init__(self, departments: dict[str, Department]) -> None:
        self.departments = departments

    def rehearse(self, history: History) -> None:
        """文件到了幾天之後，辦公室記進台賬。"""
        for place, values in enumerate(self._granted(history)):
            filed = history.calendar.add(values["granted_date"], 4)
            history.plan(filed, place, partial(self._record, history, values))

    def _granted(self, history: History) -> list[dict[str, Any]]:
        year = history.issued_on.year
        return [
            {
                "name": "市級青年文明號",
                "level": Level.CITY,
                "granted_by": "共青團福州市委員會",
                "granted_date": date(year, 4, 28),
                "document_number": f"榕團〔{year}〕15號",
                "department": self.departments["marriage_registry"],
            },
            {
                "name": "全省救助管理工作先進個人",
                "level": Level.PROVINCE,
                "granted_by": "福建省民政廳",
                "granted_date": date(year, 6, 19),
                "document_number": f"閩民〔{year}〕61號",
                "person": history.person("relief_station", "head"),
            },
            {
                "name": "縣級機關效能建設先進單位",
                "level": Level.COUNTY,
                "granted_by": "中共平潭縣委、平潭縣人民政府",
                "granted_date": date(year, 7, 1),
                "document_number": f"嵐委〔{year}〕33號",
            },
        ]

    def _record(self, history: History, values: dict[str, Any], at: datetime) -> None:
        record_honour(actor=history.users["office1"], values=values, at=at + timedelta(minutes=3))
