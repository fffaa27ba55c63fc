from django.db import migrations, models


class Migration(migrations.Migration):
    """一個項目裏沒有兩個同名次的。"""

    dependencies = [("recommendations", "0002_programme_notice")]

    operations = [
        migrations.AddConstraint(
            model_name="candidate",
            constraint=models.UniqueConstraint(
                condition=models.Q(("place__isnull", False)),
                fields=("programme", "place"),
                name="candidate_place_once",
            ),
        ),
    ]
