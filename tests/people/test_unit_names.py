"""一個單位在話裏怎麼稱呼。"""

import pytest

from people.models import Department


@pytest.mark.parametrize(
    ("name", "short_name", "label"),
    [
        ("殯儀館", "", "殯儀館"),
        ("社會事務科", "事務科", "事務科"),
        ("局辦公室", "辦公室", "局辦公室"),
        ("局办公室", "办公室", "局办公室"),
    ],
)
def test_a_unit_is_not_called_by_the_name_of_the_programme_office(
    name: str, short_name: str, label: str
) -> None:
    assert Department(name=name, short_name=short_name).label == label
