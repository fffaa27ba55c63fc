"""一份佐證自己的毛病：文號、日期、字數、大小、說明、讀不讀得出、審核時勾沒勾。"""

from collections.abc import Iterator

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from evidence.checkup.facts import Facts
from evidence.checkup.rules import Mark, mark, of_pieces, rule
from tasks.models import EvidenceLink, FileReading
from tasks.specification import Level

_NAMED = 3


@rule("out_of_window", gettext_lazy("材料日期不在要求的時段內"))
def out_of_window(facts: Facts) -> Iterator[Mark]:
    """材料不是這一期（年度、若干月內）的，迎檢時不算數。

    出處：陝西 2017 只收當年的材料；汝州 2017 只收測評前十二個月內的。
    """
    yield from of_pieces(facts.faults.get("out_of_window", ()))


@rule("number_missing", gettext_lazy("沒有文號"))
def number_missing(facts: Facts) -> Iterator[Mark]:
    """規範文件要有紅頭和文號，沒有文號的說不清是不是正式印發的。

    出處：南昌 2021、邯鄲月度標準。
    """
    yield from of_pieces(facts.faults.get("number_missing", ()))


@rule("date_missing", gettext_lazy("沒有材料日期"))
def date_missing(facts: Facts) -> Iterator[Mark]:
    """要求註明日期、或要看日期落在哪一段的，沒有日期就無從判斷。

    出處：陝西 2017（圖片、視頻的名稱要看得出日期）。
    """
    yield from of_pieces(facts.faults.get("date_missing", ()))


@rule("too_long", gettext_lazy("說明材料超過字數"))
def too_long(facts: Facts) -> Iterator[Mark]:
    """說明報告一般不超過 500 字（形式或要求另定的按所定）。

    出處：全國文明單位測評體系 2020 前言。
    """
    yield from of_pieces(facts.faults.get("too_long", ()))


@rule("too_big", gettext_lazy("文件太大"))
def too_big(facts: Facts) -> Iterator[Mark]:
    """超過要求的大小，上傳到上級平台時會被拒收。出處：南昌 2021（每張不超過 2 MB）。"""
    yield from of_pieces(facts.faults.get("too_big", ()))


@rule("not_a_picture", gettext_lazy("要圖片而不是圖片"))
def not_a_picture(facts: Facts) -> Iterator[Mark]:
    """要實景圖片的地方放了別的文件。出處：測評體系的四種佐證形式。"""
    yield from of_pieces(facts.faults.get("not_a_picture", ()))


@rule("unreadable", gettext_lazy("文件讀不出"))
def unreadable(facts: Facts) -> Iterator[Mark]:
    """後台讀不出內容（損壞、加密、掃描不清），查找不到它，迎檢時也可能打不開。"""
    for entry in facts.entries:
        for link in entry.links:
            reading = getattr(link.file, "reading", None)
            if reading is None or reading.state != FileReading.State.FAILED:
                continue
            words = {"name": link.name, "why": reading.problem}
            sentence = (
                _("「%(name)s」讀不出內容：%(why)s")
                if reading.problem
                else _("「%(name)s」讀不出內容。")
            )
            yield mark(
                Level.WARNING,
                "unreadable",
                entry,
                sentence % words,
                _("打開看看是不是壞了或加了密碼；換一份能打開的。"),
                link,
            )


@rule("caption_missing", gettext_lazy("圖片沒有說明"))
def caption_missing(facts: Facts) -> Iterator[Mark]:
    """圖片要說得出是什麼時候、在哪裏、做什麼。出處：檔案整理要求「照片配文字說明」。"""
    for entry in facts.entries:
        bare = [each for each in entry.links if each.file.is_picture and not each.caption.strip()]
        if not bare:
            continue
        names = "、".join(f"「{each.name}」" for each in bare[:_NAMED])
        words = {"count": len(bare), "names": names}
        sentence = (
            _("%(count)d 張圖片沒有說明：%(names)s等。")
            if len(bare) > _NAMED
            else (_("%(count)d 張圖片沒有說明：%(names)s。"))
        )
        yield mark(
            Level.HINT,
            "caption_missing",
            entry,
            sentence % words,
            _("各寫一句：什麼時候、在哪裏、做什麼。"),
            bare[0],
        )


@rule("unticked", gettext_lazy("採用時有要看的沒有勾"))
def unticked(facts: Facts) -> Iterator[Mark]:
    """機器看不出的（如「看得到單位名稱」）要由審核的人逐條勾；採用了而沒有勾的再看一眼。"""
    for entry in facts.entries:
        specs = {spec.form_id: spec for spec in facts.specs.get(entry.measure_id, ())}
        for link in entry.links:
            spec = specs.get(link.form_id)
            if spec is None or link.state != EvidenceLink.State.ACCEPTED:
                continue
            ticked = {tick.get("text") for tick in link.ticks if tick.get("ok")}
            left = [line for line in spec.tick_lines if line not in ticked]
            if left:
                words = {"name": link.name, "lines": "、".join(left)}
                yield mark(
                    Level.HINT,
                    "unticked",
                    entry,
                    _("「%(name)s」採用了，但沒有勾：%(lines)s。") % words,
                    _("創建辦再看一眼：合要求就不用改，不合的請單位補一份。"),
                    link,
                )
