"""哪些形式填報時要問文號、材料日期，作為數據給出初始值；沒有列的收起來，要填還可以填。"""

from django.db import migrations, models

ASKS_NUMBER = ["norm_doc"]
ASKS_DATE = ["norm_doc", "minutes", "sign_in", "certificate", "dept_opinion"]


def set_asks(apps, schema_editor):
    forms = apps.get_model("campaigns", "EvidenceForm").objects
    forms.filter(code__in=ASKS_NUMBER).update(asks_number=True)
    forms.filter(code__in=ASKS_DATE).update(asks_date=True)


class Migration(migrations.Migration):
    dependencies = [("campaigns", "0008_campaign_signature")]

    operations = [
        migrations.AddField(
            model_name="evidenceform",
            name="asks_number",
            field=models.BooleanField(
                default=False,
                help_text="不勾的收在「補充文號、日期」裏，要填還可以填。",
                verbose_name="填報時問文號",
            ),
        ),
        migrations.AddField(
            model_name="evidenceform",
            name="asks_date",
            field=models.BooleanField(
                default=False,
                help_text="不勾的收在「補充文號、日期」裏，要填還可以填。",
                verbose_name="填報時問材料日期",
            ),
        ),
        migrations.RunPython(set_asks, migrations.RunPython.noop),
    ]
