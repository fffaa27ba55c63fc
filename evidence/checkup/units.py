"""單位的毛病：撤併了還在擔任務。"""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evidence.checkup.facts import Facts
from evidence.checkup.rules import Mark, rule
from tasks.specification import Level


@rule("department_gone", gettext_lazy("單位已撤併還在擔任務"))
def department_gone(facts: Facts) -> Iterator[Mark]:
    """單位撤併了，名下還有在辦的任務：沒有人會報，卻一直列在欠報裏。出處：分母按單位的存續期間算。"""
    for measure_id, department_id in facts.left_behind:
        yield Mark(
            Level.WARNING,
            "department_gone",
            _("%(unit)s已經撤併，這項任務還在它名下。") % {"unit": facts.units[department_id].name},
            _("在分解表裏改由接手的單位辦理。"),
            department_id,
            measure_id,
        )
