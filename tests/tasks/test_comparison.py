"""左右對照：數字整個標，沒變的不標。"""

from hypothesis import given
from hypothesis import strategies as st

from tasks.comparison import compare


def test_a_changed_number_is_marked_whole() -> None:
    found = compare("開展教育 3 場，參加 86 人次。", "開展教育 5 場，參加 142 人次。")

    assert [piece.text for piece in found.new if piece.is_changed] == ["5", "142"]
    assert [piece.text for piece in found.old if piece.is_changed] == ["3", "86"]


def test_equal_texts_have_nothing_marked() -> None:
    assert compare("已公開收費標準。", "已公開收費標準。").is_same


@given(st.text(max_size=200), st.text(max_size=200))
def test_nothing_of_either_text_is_lost(old: str, new: str) -> None:
    found = compare(old, new)

    assert "".join(piece.text for piece in found.old) == old
    assert "".join(piece.text for piece in found.new) == new
