"""公文上怎樣署本局和辦公室的名：彙報、督辦通知單、催辦單用同一個。"""

from people.models import Department

OFFICE_SUFFIX = "創建工作領導小組辦公室"


def bureau_name() -> str:
    """本局的名稱，作落款；沒有設局機關時為空。"""
    bureaus = Department.objects.filter(kind=Department.Kind.BUREAU, parent__isnull=True)
    return bureaus.values_list("name", flat=True).first() or ""


def office_name() -> str:
    """「平潭縣民政局創建工作領導小組辦公室」。"""
    return f"{bureau_name()}{OFFICE_SUFFIX}"
