"""佐證形式與其說明，作為數據給出初始值（名稱取自國家測評體系的四種材料及常用台賬）。"""

from django.db import migrations

FORMS = [
    ("norm_doc", "規範文件", "帶文號的正式文件，紅頭頁要掃描清楚。", None, False),
    ("report", "說明報告", "說明做了什麼、成效如何，500 字以內，不用蓋章。", 500, False),
    ("photo", "實景圖片", "看得到單位名稱和日期，每張附一句說明。", None, True),
    ("stats_table", "統計表格", "註明統計期間和單位。", None, False),
    ("minutes", "會議記錄", "時間、地點、參加人、議定事項齊全。", None, False),
    ("sign_in", "簽到表", "有本人簽名和日期。", None, False),
    ("certificate", "榮譽證書", "看得清授予機關和日期。", None, False),
    ("system_data", "系統數據", "截圖或導出表，註明截至時間。", None, False),
    ("survey", "問卷", "問卷樣張和匯總結果。", None, False),
    ("dept_opinion", "主管部門意見", "主管部門書面出具並註明日期。", None, False),
    ("ledger", "台賬", "按月登記，沒有發生也要零報告。", None, False),
]


def add_forms(apps, schema_editor):
    form_model = apps.get_model("campaigns", "EvidenceForm")
    for position, (code, name, guidance, limit, picture) in enumerate(FORMS, 1):
        form_model.objects.update_or_create(
            code=code,
            defaults={
                "name": name,
                "guidance": guidance,
                "max_characters": limit,
                "is_picture": picture,
                "position": position * 10,
            },
        )


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0002_relations")]

    operations = [migrations.RunPython(add_forms, migrations.RunPython.noop)]
