import pytest

from pingtan_civ.lib.file_names import safe_name


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("關於印發《方案》的通知.docx", "關於印發《方案》的通知.pdf"),
        ("../../etc/passwd", "passwd.pdf"),
        ("C:\\文件\\總結.doc", "總結.pdf"),
        ("報告\u202excod.exe", "報告xcod.pdf"),
        ("一\x00二\r\n三\x1b.pdf", "一二三.pdf"),
        ("字" * 300 + ".pdf", "字" * 120 + ".pdf"),
        ("CON.pdf", "佐證 CON.pdf"),
        ("lpt1", "佐證 lpt1.pdf"),
        ("con.tar.gz", "佐證 con.tar.pdf"),
        ("console.pdf", "console.pdf"),
        ('什麼?*"<>|:.pdf', "什麼_______.pdf"),
        ("..pdf", "佐證.pdf"),
        ("", "佐證.pdf"),
        ("  . .pdf", "佐證.pdf"),
    ],
)
def test_a_name_is_safe_on_every_computer(name: str, expected: str) -> None:
    assert safe_name(name, "pdf", otherwise="佐證") == expected
