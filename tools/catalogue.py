"""維護翻譯目錄：界面文字以繁體為源，簡體目錄由它對照生成，人工改過的譯文保留。

用法（在項目根目錄）：python -m tools.catalogue          重新生成並寫出 .po 和 .mo
                      python -m tools.catalogue --check  只核對，有缺漏時退出碼為 1

不需要 gettext 工具。另給 Django 自帶的文字（後台、表單校驗）配一份大陸用語的繁體目錄：
取 Django 的簡體目錄轉成繁體，因為它自帶的繁體目錄是臺灣用語。
"""

import ast
import re
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import django
import polib
from django.utils.translation.template import templatize
from opencc import OpenCC

ROOT = Path(__file__).resolve().parent.parent
#: 不是應用的包：界面文字不從這裏取。
NOT_APPS = {"tests", "tools", "benchmarks"}
#: 頂上每一個包都算，新添的應用不必記得回來登記。
APPS = sorted({path.parent.name for path in ROOT.glob("*/__init__.py")} - NOT_APPS)
#: 沒有 ngettext：中文不分單複數，目錄裏也沒有複數的條目。
CALLS = {"_", "gettext", "gettext_lazy", "gettext_noop", "_lazy"}
TO_SIMPLIFIED, TO_TRADITIONAL = OpenCC("tw2s"), OpenCC("s2t")
HAN = re.compile(r"[\u3400-\u9fff]")

# 字字對照之外的：OpenCC 逐字轉換漏掉的和大陸習慣寫法。
CORRECTIONS = {
    "著": "着",
    "裏": "里",
    "「": "“",
    "」": "”",
    "『": "‘",
    "』": "’",
}
# Django 的簡體轉繁體後，再換成本門戶的用字。
HANT_CORRECTIONS = {
    "裏": "裏",
    "羣": "群",
    "爲": "為",
    "啓": "啟",
    "衆": "眾",
    "臺": "台",
    "僞": "偽",
    "箇": "個",
}
# Django 的簡體目錄還沒有的，從它的臺灣用語繁體目錄補，換成大陸的說法。
TAIWAN_WORDS = {
    "鏈結": "鏈接",
    "檢視": "查看",
    "加入": "增加",
    "帳號": "賬號",
    "登入": "登錄",
    "資訊": "信息",
    "字元": "字符",
    "實體": "實例",
}
# 與本門戶別處同一說法：Django 的簡體叫「註銷」，容易當成註銷賬號。
SAME_WORDS = {"Log out": "退出登錄"}


def simplify(text: str) -> str:
    text = TO_SIMPLIFIED.convert(text)
    for old, new in CORRECTIONS.items():
        text = text.replace(old, new)
    return text


def to_traditional(text: str) -> str:
    text = TO_TRADITIONAL.convert(text)
    for old, new in HANT_CORRECTIONS.items():
        text = text.replace(old, new)
    return text


def to_mainland(text: str) -> str:
    for old, new in TAIWAN_WORDS.items():
        text = text.replace(old, new)
    return text


def messages() -> dict[str, list[str]]:
    """全部界面文字 → 出現處。"""
    found: dict[str, list[str]] = {}
    for path in sorted(_sources()):
        for text in _strings(path):
            found.setdefault(text, []).append(path.relative_to(ROOT).as_posix())
    return found


def _sources() -> Iterator[Path]:
    for app in APPS:
        yield from (p for p in (ROOT / app).rglob("*.py") if "management" not in p.parts)
        yield from (ROOT / app).rglob("management/commands/*.py")
    yield from (ROOT / "templates").rglob("*.html")
    yield from (ROOT / "templates").rglob("*.txt")


def _strings(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    if path.suffix != ".py":
        source = templatize(source)
        yield from _template_strings(source)
        return
    tree = ast.parse(source)
    calls = CALLS | _aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _name(node.func) in calls:
            for argument in node.args[:1]:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    yield argument.value


def _aliases(tree: ast.Module) -> set[str]:
    """這個文件把 gettext 另叫了什麼名字（如 gettext as _now）。"""
    return {
        each.asname
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "django.utils.translation"
        for each in node.names
        if each.asname and each.name in CALLS
    }


def _template_strings(source: str) -> Iterator[str]:
    """templatize 的結果裏是 gettext(u'…') 這樣的調用，其餘字符被替換成 X。"""
    pattern = re.compile(r"""n?p?gettext\(u?((?:'(?:[^'\\]|\\.)*')|(?:"(?:[^"\\]|\\.)*"))""", re.S)
    yield from (_unquoted(match.group(1)) for match in pattern.finditer(source))
    yield from (
        _unquoted(match.group(1))
        for match in re.finditer(r"""\b_\(((?:'[^']*')|(?:"[^"]*"))\)""", source)
    )


def _unquoted(literal: str) -> str:
    return str(ast.literal_eval(literal.replace("\n", "\\n")))


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")


def build_hans() -> polib.POFile:
    """簡體目錄；已有的人工譯文（帶 translator 註釋「人工」）保留。"""
    path = ROOT / "locale/zh_Hans/LC_MESSAGES/django.po"
    kept = {}
    if path.exists():
        kept = {e.msgid: e.msgstr for e in polib.pofile(str(path)) if "人工" in e.comment}
    catalogue = _new("zh_Hans")
    for text, places in messages().items():
        if not HAN.search(text):
            continue
        entry = polib.POEntry(
            msgid=text,
            msgstr=kept.get(text) or simplify(text),
            occurrences=[(place, "") for place in sorted(set(places))],
            flags=["python-format"] if re.search(r"%\(\w+\)", text) else [],
            comment="人工" if text in kept else "",
        )
        catalogue.append(entry)
    for english, chinese in SAME_WORDS.items():
        catalogue.append(polib.POEntry(msgid=english, msgstr=simplify(chinese)))
    return catalogue


def build_hant() -> polib.POFile:
    """Django 自帶文字的大陸用語繁體。"""
    catalogue = _new("zh_Hant")
    conf = Path(django.__file__).parent
    seen = set()
    folders = [conf / "conf/locale", *sorted((conf / "contrib").glob("*/locale"))]
    # 先收全部簡體，再用繁體補缺：一句話有兩處時以大陸的為準。
    for language, translated in [("zh_Hans", to_traditional), ("zh_Hant", to_mainland)]:
        for folder in folders:
            source = folder / language / "LC_MESSAGES/django.po"
            if not source.exists() or "gis" in source.parts:
                continue
            for entry in polib.pofile(str(source)):
                key = (entry.msgctxt, entry.msgid)
                said = entry.msgstr or any(entry.msgstr_plural.values())
                if entry.obsolete or key in seen or not said:
                    continue
                seen.add(key)
                catalogue.append(_converted(entry, translated))
    return catalogue


def _converted(entry: polib.POEntry, translated: Callable[[str], str]) -> polib.POEntry:
    return polib.POEntry(
        msgid=entry.msgid,
        msgctxt=entry.msgctxt,
        msgid_plural=entry.msgid_plural,
        msgstr=SAME_WORDS.get(entry.msgid) or translated(entry.msgstr),
        msgstr_plural={key: translated(text) for key, text in entry.msgstr_plural.items()},
        flags=[flag for flag in entry.flags if flag != "fuzzy"],
    )


def _new(language: str) -> polib.POFile:
    catalogue = polib.POFile(wrapwidth=100)
    catalogue.metadata = {
        "Project-Id-Version": "pingtan-civ",
        "Language": language,
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Plural-Forms": "nplurals=1; plural=0;",
    }
    return catalogue


def _write(catalogue: polib.POFile, language: str) -> None:
    folder = ROOT / "locale" / language / "LC_MESSAGES"
    folder.mkdir(parents=True, exist_ok=True)
    catalogue.save(str(folder / "django.po"))
    catalogue.save_as_mofile(str(folder / "django.mo"))


def missing() -> list[str]:
    """簡體目錄裏沒有、或 .mo 與 .po 不一致的界面文字。"""
    folder = ROOT / "locale/zh_Hans/LC_MESSAGES"
    compiled = {entry.msgid: entry.msgstr for entry in polib.mofile(str(folder / "django.mo"))}
    return [text for text in messages() if HAN.search(text) and not compiled.get(text)]


def main() -> int:
    if "--check" in sys.argv:
        absent = missing()
        for text in absent:
            print(f"簡體目錄缺：{text}")
        return 1 if absent else 0
    hans, hant = build_hans(), build_hant()
    _write(hans, "zh_Hans")
    _write(hant, "zh_Hant")
    print(f"簡體 {len(hans)} 條，Django 繁體 {len(hant)} 條。")
    return 0


if __name__ == "__main__":
    sys.exit(main())
