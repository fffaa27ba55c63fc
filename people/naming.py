"""公文上怎樣署本局和辦公室的名；活動另定的落款見 campaigns.naming。"""

from django.utils.translation import gettext as _

from people.models import Department


def bureau_name() -> str:
    """本局的名稱，作落款；沒有設局機關時為空。"""
    bureaus = Department.objects.filter(kind=Department.Kind.BUREAU, parent__isnull=True)
    return bureaus.values_list("name", flat=True).first() or ""


def office_name() -> str:
    """「平潭縣民政局創建工作領導小組辦公室」；後半隨此刻的繁簡，局名照原樣。"""
    return bureau_name() + _("創建工作領導小組辦公室")
