"""目標責任書的紙面：凍結的內容排成公文，屏幕、Word、PDF 都出自這一份，繁簡兩體。"""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.utils.timezone import localtime

from evaluations.letter_content import Change, Row, changes_in
from evaluations.models import LetterSignature
from pingtan_civ.lib.dates import date_range, long_date
from reports.papers.words import Says, close_up, converter
from reports.rendering import Annex, Column, Heading, OfficialDocument, Paragraph, Table
from reports.rendering.document import Script
from reports.rendering.text import clean

Content = dict[str, Any]
Role = LetterSignature.Role
ROLES = {"lead": "牽頭", "supporting": "配合"}
PARTS = {"base": "基本分", "bonus": "加分", "penalty": "扣分"}
LABELS = {
    "duties": "任務",
    "indicators": "對應指標",
    "scheme": "考核辦法",
    "weights": "考核內容",
    "grades": "等次",
}
#: 簽字處留給人手寫的空行。
SIGNING_LINES = "\n\n\n"


def paper_of(
    content: Content, signatures: Iterable[LetterSignature] = (), *, script: Script = "hant"
) -> OfficialDocument:
    """一份責任書或補充書；signatures 是已有的簽訂，印在簽字處下面。"""
    says = converter(script)
    body = _letter if content["kind"] == "letter" else _supplement
    return OfficialDocument(
        title=says(content["title"]),
        place_line=says(content["number"] or "（編號在送簽時給）"),
        blocks=(
            Paragraph(says(f"甲方：{content['group']}")),
            Paragraph(says(f"乙方：{content['unit']}")),
            *body(content, says),
            *_annexes(content, says),
        ),
        closing=(_signing_table(content, list(signatures), says),),
        script=script,
    )


def _paragraphs(says: Says, *texts: str) -> list[Paragraph]:
    return [Paragraph(says(text)) for text in texts if text]


# ── 責任書 ────────────────────────────────────────────


def _letter(content: Content, says: Says) -> Iterator[Heading | Paragraph | Table]:
    facts = content["facts"]
    period = date_range(date.fromisoformat(content["start"]), date.fromisoformat(content["end"]))
    basis = f"根據{content['basis']}，" if content["basis"] else ""
    yield from _paragraphs(
        says,
        f"為落實{close_up(content['campaign'])}的各項目標和任務，{basis}"
        f"甲乙雙方簽訂本責任書。責任期限為{period}。",
    )
    yield Heading(1, says("一、目標任務"))
    yield from _paragraphs(says, _duties_words(facts, content["end"]))
    yield Heading(1, says("二、考核辦法"))
    yield from _paragraphs(says, *_scoring_words(facts))
    if facts["grades"]:
        yield _grade_table(facts["grades"], says)
    yield Heading(1, says("三、結果運用"))
    yield from _paragraphs(
        says,
        "考核結果報領導小組，作為改進工作和考核推薦的依據。成效好的，由甲方按規定向上級推薦；"
        "有差距的，由甲方提出整改要求，乙方限期整改。需要追究責任的，由有權機關按有關規定辦理。",
    )
    yield Heading(1, says("四、履行和變更"))
    yield from _paragraphs(
        says,
        "乙方負責人變動的，由接任的負責人繼續履行，不另行簽訂。簽訂後任務、時限或者分值有調整的，"
        "雙方另簽補充書，本責任書原文不改。",
    )
    if content["terms"].strip():
        yield Heading(1, says("五、補充條款"))
        yield from _paragraphs(says, *clean(content["terms"]).split("\n"))


def _duties_words(facts: dict[str, list[Row]], end: str) -> str:
    roles = [row["role"] for row in facts["duties"]]
    lead, supporting = roles.count("lead"), roles.count("supporting")
    kinds = [f"牽頭{lead}項" if lead else "", f"配合{supporting}項" if supporting else ""]
    words = f"乙方承擔任務{len(roles)}項，其中{'、'.join(filter(None, kinds))}，見附件「目標任務分解表」。"
    if facts["indicators"]:
        words += f"這些任務對應創建指標{len(facts['indicators'])}項，見附件「對應的創建指標」。"
    words += "乙方應當按完成時限辦結，按期填報進展並附佐證"
    is_longer = any(row["due"] > end for row in facts["duties"])
    return words + ("；完成時限在責任期限之後的，按序時進度推進。" if is_longer else "。")


def _scoring_words(facts: dict[str, list[Row]]) -> Iterator[str]:
    if not facts["scheme"]:
        yield "本年度的考核辦法尚未啟用。各項任務的分值以領導小組啟用的考核辦法為準，啟用後由雙方另簽補充書載明。"
        return
    scheme = facts["scheme"][0]
    if not scheme["is_assessed"]:
        yield f"按{close_up(scheme['title'])}，乙方本年度不列入考核計分，任務照常督促檢查。"
        return
    words = f"按{close_up(scheme['title'])}計分，基本分總分{scheme['full']}分，各項內容和分值見附件「考核內容和分值」。"
    if scheme["bonus_cap"]:
        words += f"加分最多{scheme['bonus_cap']}分。"
    yield words + "乙方先自評，甲方按辦法評定；單位自評之外，不評自己。"
    if facts["grades"]:
        yield "總分評定的等次如下："


def _grade_table(grades: list[Row], says: Says) -> Table:
    rows, above = [], ""
    for grade in grades:
        limit = f"{grade['at_least']}分以上" if grade["at_least"] != "0" else ""
        under = f"不足{above}分" if above else ""
        rows.append((says(grade["key"]), says("，".join(filter(None, (limit, under))))))
        above = grade["at_least"]
    return Table("", (Column(says("等次"), 50, "center"), Column(says("總分"), 106)), tuple(rows))


def _annexes(content: Content, says: Says) -> Iterator[Annex]:
    if content["kind"] != "letter":
        return
    facts = content["facts"]
    yield Annex(says("目標任務分解表"), (_duty_table(facts["duties"], says),))
    if facts["indicators"]:
        columns = (Column(says("編碼"), 22, "center"), Column(says("指標"), 134))
        rows = tuple((row["key"], says(row["text"])) for row in facts["indicators"])
        yield Annex(says("對應的創建指標"), (Table("", columns, rows),))
    if facts["weights"]:
        yield Annex(says("考核內容和分值"), (_weight_table(facts["weights"], says),))


def _duty_table(duties: list[Row], says: Says) -> Table:
    columns = (
        Column(says("編號"), 16, "center"),
        Column(says("具體措施"), 58),
        Column(says("分工"), 14, "center"),
        Column(says("完成時限"), 38, "center"),
        Column(says("責任領導"), 30),
    )
    rows = tuple(
        (
            row["key"],
            says(row["title"]),
            says(ROLES[row["role"]]),
            says(long_date(date.fromisoformat(row["due"]))),
            says(_leader(row)),
        )
        for row in duties
    )
    return Table("", columns, rows)


def _leader(row: Row) -> str:
    post, name = row["leader"], row["leader_name"]
    return post if name in post else name if post in name else f"{post} {name}"


def _weight_table(weights: list[Row], says: Says) -> Table:
    columns = (
        Column(says("測評項目"), 38),
        Column(says("編號"), 16, "center"),
        Column(says("測評內容"), 72),
        Column(says("計入"), 15, "center"),
        Column(says("分值"), 15, "right"),
    )
    rows = tuple(
        (
            says(row["section"]),
            row["number"],
            says(row["text"]),
            says(PARTS[row["part"]]),
            row["points"],
        )
        for row in weights
    )
    return Table("", columns, rows)


# ── 補充書 ────────────────────────────────────────────


def _supplement(content: Content, says: Says) -> Iterator[Heading | Paragraph | Table]:
    parent, changes = content["parent"], changes_in(content)
    signed = long_date(date.fromisoformat(parent["signed_on"]))
    yield from _paragraphs(
        says,
        f"甲乙雙方{signed}簽訂的{parent['number']}，因任務、時限或者分值調整，補充如下：",
    )
    if changes:
        yield change_table(changes, says)
    yield from _paragraphs(says, *clean(content["terms"]).split("\n"))
    yield from _paragraphs(says, f"其餘仍按{parent['number']}履行。")


def change_table(changes: Iterable[Change], says: Says = str) -> Table:
    """哪些約定變了，原定怎樣，現定怎樣。"""
    columns = (
        Column(says("約定"), 56),
        Column(says("原定"), 44),
        Column(says("現定"), 56),
    )
    rows = tuple(tuple(says(cell) for cell in change_words(change)) for change in changes)
    return Table("", columns, rows)


def change_words(change: Change) -> tuple[str, str, str]:
    """（哪一項, 原定, 現定）；改動的只說改了的那幾樣。"""
    row = change.after or change.before or {}
    name = f"{LABELS[change.list]} {_name(change.list, row)}".rstrip()
    before = _details(change.list, change.before) if change.before else {}
    after = _details(change.list, change.after) if change.after else {}
    if change.before is None:
        return name, "—", "增加。" + _joined(after, skip="名稱")
    if change.after is None:
        return name, _joined(before, skip="名稱"), "不再列入"
    differing = [label for label in after if before.get(label) != after[label]]
    return (
        name,
        _joined({label: before.get(label, "") for label in differing}),
        _joined({label: after[label] for label in differing}),
    )


def _name(kind: str, row: Row) -> str:
    if kind == "duties":
        return f"{row['key']}「{row['title']}」"
    if kind == "scheme":
        return f"「{row['title']}」"
    return row["number"] if kind == "weights" else row["key"]


def _details(kind: str, row: Row) -> dict[str, str]:
    """一行的各樣：{名稱: 值}。"""
    match kind:
        case "duties":
            due = long_date(date.fromisoformat(row["due"]))
            return {
                "名稱": row["title"],
                "分工": ROLES[row["role"]],
                "完成時限": due,
                "責任領導": row["leader"],
            }
        case "indicators":
            return {"內容": row["text"]}
        case "weights":
            return {"內容": row["text"], PARTS[row["part"]]: f"{row['points']}分"}
        case "grades":
            limit = row["at_least"]
            return {"總分": "最低一等" if limit == "0" else f"{limit}分以上"}
    return {
        "名稱": row["title"],
        "計分": "列入考核" if row["is_assessed"] else "不列入考核",
        "基本分總分": f"{row['full']}分",
        "加分封頂": f"{row['bonus_cap']}分" if row["bonus_cap"] else "不封頂",
    }


def _joined(details: dict[str, str], skip: str = "") -> str:
    """「完成時限：…；分工：…」；skip 是已寫在項目裏、不必重複的一樣。"""
    return "；".join(
        f"{label}：{value or '未定'}" for label, value in details.items() if label != skip
    )


# ── 簽字處 ────────────────────────────────────────────


def _signing_table(content: Content, signatures: list[LetterSignature], says: Says) -> Table:
    """左甲右乙：單位、簽字、日期；平台上已簽的另註明誰、何時、所簽文本的校驗值。"""
    columns = (Column(says("甲方（蓋章）"), 78), Column(says("乙方（蓋章）"), 78))
    blank = f"（簽字）：{SIGNING_LINES}　　　　年　　月　　日"
    rows = [
        (says(content["group"]), says(content["unit"])),
        (says(f"組長{blank}"), says(f"負責人{blank}")),
    ]
    parties = {row.role: row for row in signatures}
    chair, head = (parties.get(role) for role in (Role.CHAIR, Role.HEAD))
    if head:
        rows.append((says(_signed(chair)), says(_signed(head))))
    return Table(says("雙方簽訂"), columns, tuple(rows))


def _signed(signature: LetterSignature | None) -> str:
    if signature is None:
        return "（待平台簽訂）"
    at = localtime(signature.at)
    return (
        f"平台簽訂：{signature.signed_as}\n{long_date(at.date())} {at:%H:%M}\n"
        f"文本校驗值 {signature.sha256[:16]}"
    )
