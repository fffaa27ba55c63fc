"""排 PDF 用什麼字體：先用本單位有授權的，沒有就用項目附帶的同類字體；打印前核對缺字。

依次在 `FONTS_DIR`（本單位有授權的字體）、系統字體文件夾、項目附帶的字體中找。字體只按名字點將，
不讓排版軟件自己從系統裡挑，所以同一台機器上每次排出來都一樣。
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import typst
from django.conf import settings
from django.utils.translation import gettext as _
from fontTools.ttLib import TTFont

from reports.rendering import layout
from reports.rendering.text import clean

BUNDLED_FOLDER = Path(__file__).resolve().parent.parent / "fonts"
BUNDLED_FAMILY = "Noto Serif SC"
SYSTEM_FOLDERS = (
    Path("/usr/share/fonts"),
    Path("/usr/local/share/fonts"),
    Path.home() / ".local/share/fonts",
)
REGULAR, MEDIUM, BOLD = 400, 500, 700

# 每種字體的人選，從正字到替身；末一個是附帶的，總找得到。簡體的 GB2312 字體缺繁體字，繁體只用
# GBK 或繁體字體。泛中日韓字體兩種文字都取 SC：大陸的繁體字形，標點在左下。
_FANGSONG_GBK = ("FangSong", "仿宋", "FZFangSong-Z02", "方正仿宋_GBK", "STFangsong", "华文仿宋")
_KAI_GBK = ("KaiTi", "楷体", "FZKai-Z03", "方正楷体_GBK", "STKaiti", "华文楷体")
_HEI_GBK = ("SimHei", "黑体", "FZHei-B01", "方正黑体_GBK", "STHeiti")
_TITLE_GBK = ("FZXiaoBiaoSong-B05", "方正小标宋_GBK")
_BUNDLED_HEI, _BUNDLED_KAI = "Noto Sans SC", "AR PL UKai"
_BUNDLED_FANGSONG = {"hans": "FandolFang R", "hant": "cwTeXFangSong"}

Candidates = tuple[tuple[str, int], ...]


def _regular(*names: str) -> Candidates:
    return tuple((name, REGULAR) for name in names)


_TITLE: Candidates = (
    *_regular(*_TITLE_GBK),
    *((name, BOLD) for name in ("Noto Serif CJK SC", "Source Han Serif SC")),
    (BUNDLED_FAMILY, REGULAR),
)
_HEI: Candidates = (*_regular(*_HEI_GBK), (_BUNDLED_HEI, MEDIUM))
_SONG: Candidates = _regular("SimSun", "宋体", BUNDLED_FAMILY)
CANDIDATES: dict[str, dict[str, Candidates]] = {
    "hans": {
        "title": (
            *_regular("FZXiaoBiaoSong-B05S", "方正小标宋简体", "方正小標宋簡體"),
            *_TITLE,
        ),
        "hei": _HEI,
        "kai": _regular("KaiTi_GB2312", "楷体_GB2312", *_KAI_GBK, _BUNDLED_KAI),
        "body": _regular(
            *("FangSong_GB2312", "仿宋_GB2312", *_FANGSONG_GBK),
            *("Zhuque Fangsong (technical preview)", "Zhuque Fangsong"),
            _BUNDLED_FANGSONG["hans"],
        ),
        "song": _SONG,
    },
    "hant": {
        "title": _TITLE,
        "hei": _HEI,
        "kai": _regular(*_KAI_GBK, _BUNDLED_KAI),
        "body": _regular(*_FANGSONG_GBK, _BUNDLED_FANGSONG["hant"]),
        "song": _SONG,
    },
}
BUNDLED = {BUNDLED_FAMILY, _BUNDLED_HEI, _BUNDLED_KAI, *_BUNDLED_FANGSONG.values()}
ROLES = ("title", "hei", "kai", "body", "song")
# cwTeX 的標點居中且參差，又只占 0.92 字；UKai 的也居中。標點改用附帶的宋體。
_PUNCTUATION_ELSEWHERE = ("cwTeXFangSong", _BUNDLED_KAI)
# Fandol 的數字像黑體，混在仿宋裏扎眼；數字和字母改用附帶的宋體。
_LATIN_ELSEWHERE = ("FandolFang R",)
MARK_FOR_MISSING = "〓"


class MissingGlyphs(Exception):
    """有字沒有字體可印。`characters` 是缺的字，順序同文中首次出現。"""

    def __init__(self, characters: str) -> None:
        self.characters = characters
        super().__init__(missing_sentence(characters))


def missing_sentence(characters: str) -> str:
    """給人看的一句話：缺哪些字，怎麼辦。"""
    shown = "、".join(f"{c}（U+{ord(c):04X}）" for c in characters[:20])
    if len(characters) > 20:
        shown += "……"
    return _(
        "現有字體印不出這些字：%(characters)s。請換用其他寫法，或請管理員把含有這些字的字體放進字體文件夾；"
        "也可以先導出 Word。"
    ) % {"characters": shown}


@dataclass(frozen=True)
class Role:
    """一種字體的用法：按順序嘗試的字體名、字重、描邊、放大幾倍才滿一格、標點和數字另取自哪裏。"""

    families: tuple[str, ...]
    weight: int = REGULAR
    stroke_pt: float = 0.0
    scale: float = 1.0
    punctuation_from: str = ""
    latin_from: str = ""


@dataclass(frozen=True)
class FontBook:
    """在幾個文件夾裡找到的字體：字體名到（文件, 文件內的序號）。"""

    faces: dict[str, tuple[str, int]]

    def role(self, role: str, script: str) -> Role:
        """某種字體實際用哪些：先正字，正文再向另一種文字的仿宋借，最後是附帶的宋體。"""
        first, weight = next((f, w) for f, w in CANDIDATES[script][role] if f in self.faces)
        kin = _BUNDLED_FANGSONG.values() if role == "body" else ()
        return Role(
            families=tuple(dict.fromkeys((first, *kin, *self.fallbacks(script)))),
            weight=weight,
            # 小標宋應當比正文黑；只有附帶的常規宋體可用時，以描邊代替。
            stroke_pt=layout.STROKE_PT if role == "title" and first == BUNDLED_FAMILY else 0.0,
            scale=_scale(*self.faces[first]),
            punctuation_from=BUNDLED_FAMILY if first in _PUNCTUATION_ELSEWHERE else "",
            latin_from=BUNDLED_FAMILY if first in _LATIN_ELSEWHERE else "",
        )

    def borrowed(self, role: str, script: str, text: str) -> str:
        """文中那種字體沒有、要向後備字體借的字，各列一次。"""
        covered = _coverage(*self.faces[self.role(role, script).families[0]])
        return "".join(c for c in dict.fromkeys(text) if ord(c) not in covered)

    def folders_for(self, script: str) -> list[str]:
        """這種文字用到的字體在哪些文件夾；排版進程只看這幾個。"""
        used = (family for role in ROLES for family in self.role(role, script).families)
        return sorted({str(Path(self.faces[family][0]).parent) for family in used})

    def fallbacks(self, script: str) -> tuple[str, ...]:
        """缺字時依次向誰借：宋體最不顯眼，故附帶的在前，系統的大字庫在後。"""
        bodies = [f for f, _weight in CANDIDATES[script]["body"] if f in self.faces][:1]
        return (BUNDLED_FAMILY, *(f for f in ("Noto Serif CJK SC", *bodies) if f in self.faces))

    def missing(self, text: str, script: str) -> str:
        """文中沒有任何一個後備字體能印的字，各列一次。"""
        wanted = dict.fromkeys(c for c in clean(text) if not c.isspace())
        for family in self.fallbacks(script):
            if not wanted:
                break
            covered = _coverage(*self.faces[family])
            wanted = {c: None for c in wanted if ord(c) not in covered}
        return "".join(wanted)


def font_folders() -> tuple[Path, ...]:
    """找字體的文件夾：本單位的、系統的、附帶的。"""
    return (settings.FONTS_DIR, *SYSTEM_FOLDERS)


def font_book(folders: Iterable[Path] | None = None) -> FontBook:
    """在這些文件夾裡找字體；附帶的總在其中。文件夾沒有變化時不重找。"""
    chosen = tuple(folders) if folders is not None else font_folders()
    return _scan(tuple((str(f), f.stat().st_mtime_ns) for f in chosen if f.is_dir()))


@lru_cache(maxsize=8)
def _scan(stamped: tuple[tuple[str, int], ...]) -> FontBook:
    loaded = typst.Fonts(
        include_system_fonts=False,
        include_embedded_fonts=False,
        font_paths=[*(folder for folder, _stamp in stamped), str(BUNDLED_FOLDER)],
    )
    faces: dict[str, tuple[str, int]] = {}
    for face in loaded.fonts():
        if face.path:
            faces.setdefault(face.family, (face.path, face.index))
    if lost := BUNDLED - faces.keys():
        raise RuntimeError(
            f"項目附帶的字體不全（reports/fonts/ 裏沒有 {'、'.join(sorted(lost))}），請重新取得本項目。"
        )
    return FontBook(faces)


@lru_cache(maxsize=32)
def _coverage(path: str, index: int) -> frozenset[int]:
    with TTFont(path, fontNumber=index, lazy=True) as font:
        return frozenset(font.getBestCmap() or ())


@lru_cache(maxsize=32)
def _scale(path: str, index: int) -> float:
    """漢字不足一格的字體（如 cwTeX，0.92 格）要放大幾倍，每行才是 28 字。"""
    with TTFont(path, fontNumber=index, lazy=True) as font:
        glyph = (font.getBestCmap() or {}).get(ord("一"))
        advance = font["hmtx"].metrics[glyph][0] if glyph else 0
        scale = font["head"].unitsPerEm / advance if advance else 1.0
    return scale if 0.8 < scale < 1.25 else 1.0


def missing_characters(text: str, script: str, folders: Iterable[Path] | None = None) -> str:
    """這些文字裡，現有字體印不出的字。"""
    return font_book(folders).missing(text, script)


def advice(script: str, folders: Iterable[Path] | None = None) -> str:
    """沒有本單位授權的公文字體時，告訴人 PDF 用了什麼、該裝什麼；都有時返回空字符串。"""
    book = font_book(folders)
    lacking = [
        name
        for role, name in (
            ("title", _("小標宋")),
            ("hei", _("黑體")),
            ("kai", _("楷體")),
            ("body", _("仿宋")),
        )
        if book.role(role, script).families[0] in BUNDLED
    ]
    if not lacking:
        return ""
    return _(
        "這台機器沒有本單位的%(fonts)s，PDF 以附帶的同類字體代替。正式印發前，請把有授權的字體"
        "放進字體文件夾（FONTS_DIR）；Word 文件不受影響。"
    ) % {"fonts": "、".join(lacking)}
