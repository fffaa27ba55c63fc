"""從文件名裏認文號。"""

import pytest

from pingtan_civ.lib.document_numbers import find_number


@pytest.mark.parametrize(
    ("name", "number"),
    [
        ("嵐民〔2026〕12號.pdf", "嵐民〔2026〕12號"),
        ("關於成立領導小組的通知（嵐民[2026]12号）.pdf", "嵐民〔2026〕12號"),
        ("嵐綜管民(2025)第008號 掃描件.pdf", "嵐綜管民〔2025〕8號"),
        ("嵐民【2026】 3 號.docx", "嵐民〔2026〕3號"),
        ("2026年11月大廳.jpg", ""),
        ("第12號窗口（2026）.jpg", ""),
        ("〔2026〕12號.pdf", ""),
    ],
)
def test_a_number_is_read_from_the_usual_ways_of_writing_it(name: str, number: str) -> None:
    assert find_number(name) == number
