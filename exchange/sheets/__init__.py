"""各種表。加一種：寫一個 SheetKind，在這裏登記。"""

from exchange.kinds import register_kind


def register() -> None:
    """應用啟動時調用。"""
    from exchange.sheets.breakdown import BreakdownSheet
    from exchange.sheets.departments import DepartmentSheet
    from exchange.sheets.honours import HonourSheet
    from exchange.sheets.indicators import IndicatorSheet
    from exchange.sheets.people import PeopleSheet
    from exchange.sheets.progress import ProgressSheet

    for kind in (
        BreakdownSheet(),
        ProgressSheet(),
        IndicatorSheet(),
        DepartmentSheet(),
        PeopleSheet(),
        HonourSheet(),
    ):
        register_kind(kind)
