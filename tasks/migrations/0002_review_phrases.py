"""退回常用語，作為數據給出初始值；辦公室可在後台增改、停用。"""

from django.db import migrations

PHRASES = [
    ("佐證不足，請補齊要求的材料", False),
    ("數字前後不一致，請核對後重報", False),
    ("內容空泛，請寫明具體做法和成效", False),
    ("未說明預計完成時間，請補充", False),
    ("報的不是本期的進展，請按本期重寫", False),
    ("零報告理由不充分，請說明情況或補報進展", False),
    ("照片不清，請換一張清晰的", True),
    ("看不出單位和日期，請重拍或換一件", True),
    ("不是本期的材料，請換本期的", True),
    ("與填報內容無關，請換相關的材料", True),
    ("缺公章或簽名，請補全後重傳", True),
    ("頁面不全，請上傳完整文件", True),
]


def add_phrases(apps, schema_editor):
    phrase_model = apps.get_model("tasks", "ReviewPhrase")
    for position, (text, for_evidence) in enumerate(PHRASES, 1):
        phrase_model.objects.get_or_create(
            text=text, defaults={"for_evidence": for_evidence, "position": position * 10}
        )


class Migration(migrations.Migration):
    dependencies = [("tasks", "0001_initial")]

    operations = [migrations.RunPython(add_phrases, migrations.RunPython.noop)]
