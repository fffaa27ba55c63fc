"""簽發前的核對清單：還有哪些地方該看一眼。都只提醒，不攔人。"""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from reports.editor import Editor


@dataclass(frozen=True)
class Check:
    """一條。url 指向要看的那一段。"""

    text: str
    is_fine: bool = False
    url: str = ""


def issue_checks(editor: Editor) -> list[Check]:
    """先列要看的，全都好了才說好。"""
    found = [*_of_rows(editor), *_of_report(editor)]
    found += _of_objectives(editor)
    return found or [Check(_("數據和來源都與此刻一致，沒有要處理的。"), is_fine=True)]


def _of_rows(editor: Editor) -> list[Check]:
    checks = []
    for part in editor.parts:
        for row in part.rows:
            paragraph = row.paragraph
            if paragraph.is_left_out:
                continue
            words = {"place": part.printed or _("開頭")}
            url = f"{editor.report.get_absolute_url()}#p{paragraph.pk}"
            if paragraph.is_withdrawn:
                text = _("「%(place)s」有一段的來源已撤回，文字是您改過留下的。")
                checks.append(Check(text % words, url=url))
            elif row.lost_source:
                text = _("「%(place)s」有一段的來源剛被撤回通過，請先重新彙集。")
                checks.append(Check(text % words, url=url))
            elif paragraph.is_stale:
                text = _("「%(place)s」有一段在您改過之後，來源又更新了。")
                checks.append(Check(text % words, url=url))
            elif row.stale_figures:
                text = _("「%(place)s」有一段寫的數與現在的數據不同。")
                checks.append(Check(text % words, url=url))
    return checks


def _of_objectives(editor: Editor) -> list[Check]:
    """一項措施也沒有的工作目標，併成一條。"""
    bare = [part for part in editor.parts if part.has_no_measure]
    if not bare:
        return []
    text = _("有 %(count)d 項工作目標還沒有對應的措施：%(names)s。")
    names = "".join(_("「%(place)s」") % {"place": part.heading} for part in bare)
    url = f"{editor.report.get_absolute_url()}#s{bare[0].pk}"
    return [Check(text % {"count": len(bare), "names": names}, url=url)]


def _of_report(editor: Editor) -> list[Check]:
    report, checks = editor.report, []
    if editor.newly_accepted:
        text = _("數據截止之後又審核通過了 %(count)d 件，重新彙集後才會納入。")
        count = {"count": editor.newly_accepted}
        checks.append(Check(text % count, url=report.get_absolute_url()))
    if not report.signature:
        checks.append(Check(_("沒有寫落款單位。"), url=report.get_absolute_url()))
    return checks
