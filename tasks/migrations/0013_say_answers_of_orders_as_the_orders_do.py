from django.db import migrations, models

TRACKS = [
    ("report", "填報和初審"),
    ("acknowledge", "簽收"),
    ("review", "辦公室審核"),
    ("supervision", "督辦反饋"),
    ("weekly", "每週一覽"),
]


class Migration(migrations.Migration):
    """「督辦答覆」改叫「督辦反饋」，與督辦單一致；只是叫法，庫裏的值不變。"""

    dependencies = [("tasks", "0012_chase_groups")]

    operations = [
        migrations.AlterField(
            model_name=name,
            name="track",
            field=models.CharField("時限", choices=TRACKS, max_length=12),
        )
        for name in ("reminder", "reminderstep")
    ]
