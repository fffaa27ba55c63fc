"""不懷好意的文件一個也不收，都說得出為什麼、怎麼辦；正經的文件都收。"""

import io

import pytest

from pingtan_civ.lib.images import normalise_picture
from pingtan_civ.lib.uploads import Inspected, RefusedUpload, inspect
from tests.lib import honest, hostile

LIMIT = 50 * 1_048_576


def take(data: bytes, name: str) -> Inspected:
    """收文件時做的兩步：查驗，圖片再重編。"""
    found = inspect(io.BytesIO(data), name, max_bytes=LIMIT)
    return normalise_picture(io.BytesIO(data))[1] if found.is_picture else found


@pytest.mark.parametrize("case", hostile.CASES)
def test_a_hostile_file_is_refused_with_why_and_what_to_do(case: str) -> None:
    name, build, words = hostile.CASES[case]

    with pytest.raises(RefusedUpload, match=r"。$") as caught:
        take(build(), name)

    assert words in caught.value.sentence
    assert "%(" not in caught.value.sentence
    assert "請" in caught.value.sentence


@pytest.mark.parametrize("case", honest.CASES)
def test_an_honest_file_is_taken(case: str) -> None:
    name, build, kind = honest.CASES[case]

    assert take(build(), name).extension == kind


def test_the_limits_are_said() -> None:
    with pytest.raises(RefusedUpload) as picture:
        take(hostile.square_png(100_000), "圖.png")
    with pytest.raises(RefusedUpload) as package:
        take(hostile.huge_directory(), "表.docx")

    assert "（100000×100000），請縮小到 50 百萬像素以內、邊長 20000 像素" in picture.value.sentence
    assert "上限 500 MB、200 倍、10000 件" in package.value.sentence
