"""措施要填報的數據項（培訓場次（次））：辦公室定，經辦人在報送時逐項填。

報過數的一項不刪、不改名、不換單位：改了，以前報的數就變了意思。
"""

from collections import Counter

from django.utils.translation import gettext as _

from tasks.models import Measure, MeasureFigure

#: 一項數據：（名稱，單位）。
FigureName = tuple[str, str]

NAME, UNIT, MOST = 60, 20, 10


def wanted(measure: Measure) -> list[FigureName]:
    """本措施現在要填的各項，按次序。"""
    return [(figure.name, figure.unit) for figure in measure.figures.all()]


def in_words(rows: list[FigureName]) -> list[str]:
    return [f"{name}（{unit}）" if unit else name for name, unit in rows]


def problem(measure: Measure, rows: list[FigureName]) -> str:
    """不能用時說明原因的一句話，能用時為空。"""
    if len(rows) > MOST:
        return _("一項措施最多填報 %(most)d 項數據。") % {"most": MOST}
    for name, unit in rows:
        if not name or len(name) > NAME or len(unit) > UNIT:
            return _("數據項「%(name)s」：名稱 1 至 %(most)d 字，單位最多 %(unit)d 字。") % {
                "name": name,
                "most": NAME,
                "unit": UNIT,
            }
    name, count = Counter(name for name, _unit in rows).most_common(1)[0] if rows else ("", 0)
    if count > 1:
        return _("數據項「%(name)s」寫了兩次，請留一項。") % {"name": name}
    return _lost(measure, rows) if measure.pk else ""


def _lost(measure: Measure, rows: list[FigureName]) -> str:
    # 鎖住各項再看有沒有報過數：正在填的人要麼先寫成、這裏看得見，要麼等這裏改完。
    figures = list(measure.figures.select_for_update())
    used = set(
        MeasureFigure.objects.filter(measure=measure, values__isnull=False).values_list(
            "pk", flat=True
        )
    )
    for figure in figures:
        if figure.pk in used and (figure.name, figure.unit) not in rows:
            return _("「%(figure)s」已有單位填了數，不能刪去、改名或換單位，請照原樣保留。") % {
                "figure": figure
            }
    return ""


def write(measure: Measure, rows: list[FigureName]) -> None:
    """照 rows 的次序寫：不在其中的刪去，同名的留着，新的加上。調用者已用 problem 核過。"""
    measure.figures.exclude(name__in=[name for name, _unit in rows]).delete()
    for position, (name, unit) in enumerate(rows):
        MeasureFigure.objects.update_or_create(
            measure=measure, name=name, defaults={"unit": unit, "position": position}
        )
