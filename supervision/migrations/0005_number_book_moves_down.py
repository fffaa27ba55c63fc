"""發號簿移到 reports：督辦、整改、責任書和彙報用同一本，發到幾號照舊。"""

from django.db import migrations


def hand_over(apps, schema_editor):
    new = apps.get_model("reports", "NumberBook")
    for old in apps.get_model("supervision", "NumberBook").objects.all():
        new.objects.update_or_create(
            mark=old.mark, year=old.year, defaults={"last_number": old.last_number}
        )


def take_back(apps, schema_editor):
    old = apps.get_model("supervision", "NumberBook")
    for new in apps.get_model("reports", "NumberBook").objects.exclude(mark__startswith="report/"):
        old.objects.update_or_create(
            mark=new.mark, year=new.year, defaults={"last_number": new.last_number}
        )


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0004_numbered_in_a_year"),
        ("supervision", "0004_rectification"),
    ]

    operations = [
        migrations.RunPython(hand_over, take_back),
        migrations.DeleteModel(name="NumberBook"),
    ]
