"""幾組常用的佐證要求，作為數據給出初始值；辦公室可以增改。

文字另列在 campaigns.seed_words，簡體目錄裏才有它們。
"""

from django.db import migrations

UNIT = "看得到單位名稱"
DOING = "看得清在做什麼"
OFFICIAL = "紅頭、落款和印章齊全"
SIGNED = "本人簽名，人數與說明相符"
PERIOD = {"window": "period"}
NUMBERED = {"needs_number": True, "needs_date": True}
DATED = {"needs_date": True}

SETS = [
    (
        "通常要求",
        "每種佐證通常怎麼要；導入方案、擬措施時照它起草。",
        True,
        [
            ("norm_doc", {**NUMBERED, "ticks": OFFICIAL}),
            ("report", {"ticks": "有事實、有數字"}),
            ("photo", {**PERIOD, "count": 2, "ticks": f"{UNIT}\n{DOING}"}),
            ("stats_table", {"ticks": "註明統計期間和單位"}),
            ("minutes", {**PERIOD, **DATED, "ticks": "時間、地點、參加人、議定事項齊全"}),
            ("sign_in", {**PERIOD, **DATED, "ticks": SIGNED}),
            ("certificate", {**DATED, "ticks": "看得清授予機關和日期"}),
            ("system_data", {**PERIOD, **DATED, "ticks": "註明截至時間"}),
            ("survey", {**PERIOD, **DATED, "ticks": "有樣張和匯總結果"}),
            ("dept_opinion", {**DATED, "window": "year", "ticks": "主管部門蓋章"}),
            ("ledger", {**PERIOD, **DATED, "ticks": "按月登記，沒有發生也有零報告"}),
        ],
    ),
    (
        "培訓類",
        "集中學習、業務培訓、道德講堂。",
        False,
        [
            ("norm_doc", {**PERIOD, **NUMBERED, "note": "會議通知或培訓通知。", "ticks": OFFICIAL}),
            ("sign_in", {**PERIOD, **DATED, "ticks": SIGNED}),
            ("photo", {**PERIOD, "count": 2, "ticks": f"{UNIT}\n看得到培訓主題"}),
            ("report", {"ticks": "寫明時間、地點、人數和內容"}),
        ],
    ),
    (
        "制度類",
        "建立或修訂制度、成立機構、印發方案。",
        False,
        [
            ("norm_doc", {**NUMBERED, "ticks": f"{OFFICIAL}\n仍在有效期內"}),
            ("report", {"ticks": "寫明執行情況，不只列制度名稱"}),
        ],
    ),
    (
        "窗口服務類",
        "公開公示、服務設施、便民措施、服務規範。",
        False,
        [
            ("photo", {**PERIOD, "count": 3, "ticks": f"{UNIT}\n公示內容看得清"}),
            ("norm_doc", {**NUMBERED, "note": "服務規範或公開目錄。", "ticks": OFFICIAL}),
            ("system_data", {**PERIOD, **DATED, "ticks": "註明截至時間"}),
        ],
    ),
    (
        "宣傳類",
        "氛圍營造、公益廣告、媒體報道、志願服務。",
        False,
        [
            ("photo", {**PERIOD, "count": 2, "ticks": f"{UNIT}\n看得到宣傳內容"}),
            ("report", {"ticks": "寫明次數、人數和刊登的媒體"}),
        ],
    ),
    (
        "統計類",
        "按期報數的指標。",
        False,
        [
            (
                "stats_table",
                {**PERIOD, **DATED, "ticks": "註明統計期間和單位\n與填報的數據一致"},
            ),
            ("ledger", {**PERIOD, **DATED, "ticks": "按月登記，沒有發生也有零報告"}),
        ],
    ),
    (
        "榮譽類",
        "稱號、表彰、達標創優。",
        False,
        [
            (
                "certificate",
                {
                    **DATED,
                    "window": "months",
                    "window_months": 36,
                    "ticks": "看得清授予機關和日期\n稱號仍在有效期內",
                },
            ),
            ("norm_doc", {**NUMBERED, "note": "表彰或命名的文件。", "ticks": OFFICIAL}),
        ],
    ),
    (
        "會議研究類",
        "領導小組會議、班子專題研究、定期調度。",
        False,
        [
            ("minutes", {**PERIOD, **DATED, "ticks": "時間、地點、參加人、議定事項齊全"}),
            ("sign_in", {**PERIOD, **DATED, "ticks": SIGNED}),
            ("photo", {**PERIOD, "count": 1, "ticks": "看得到會標或會議主題"}),
        ],
    ),
    (
        "無此類事件",
        "「未發生……」一類的指標，由主管部門出具意見。",
        False,
        [
            ("dept_opinion", {**DATED, "window": "year", "ticks": "主管部門蓋章"}),
            ("ledger", {**PERIOD, **DATED, "ticks": "按月登記，沒有發生也有零報告"}),
        ],
    ),
]


def add_sets(apps, schema_editor):
    forms = {row.code: row for row in apps.get_model("campaigns", "EvidenceForm").objects.all()}
    set_model = apps.get_model("campaigns", "EvidenceSet")
    line_model = apps.get_model("campaigns", "EvidenceSetLine")
    has_usual = set_model.objects.filter(is_usual=True).exists()
    for position, (name, note, is_usual, lines) in enumerate(SETS, 1):
        row, is_new = set_model.objects.get_or_create(
            name=name,
            defaults={
                "note": note,
                "position": position * 10,
                "is_usual": is_usual and not has_usual,
            },
        )
        if is_new:
            line_model.objects.bulk_create(
                line_model(evidence_set=row, form=forms[code], **values)
                for code, values in lines
                if code in forms
            )


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0006_usual_evidence_set")]

    operations = [migrations.RunPython(add_sets, migrations.RunPython.noop)]
