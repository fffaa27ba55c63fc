import pytest

from pingtan_civ.lib.numerals import to_chinese


@pytest.mark.parametrize(
    ("n", "written"),
    [
        (0, "零"),
        (1, "一"),
        (9, "九"),
        (10, "十"),
        (11, "十一"),
        (19, "十九"),
        (20, "二十"),
        (21, "二十一"),
        (99, "九十九"),
        (100, "一百"),
        (103, "一百零三"),
        (110, "一百一十"),
        (111, "一百一十一"),
        (1000, "一千"),
        (1001, "一千零一"),
        (1010, "一千零一十"),
        (2026, "二千零二十六"),
        (9999, "九千九百九十九"),
    ],
)
def test_numbers_are_written_as_in_headings(n, written):
    assert to_chinese(n) == written


def test_every_heading_number_is_different():
    assert len({to_chinese(n) for n in range(10_000)}) == 10_000


@pytest.mark.parametrize("n", [-1, 10_000])
def test_numbers_no_heading_has_are_refused(n):
    with pytest.raises(ValueError, match="9999"):
        to_chinese(n)
