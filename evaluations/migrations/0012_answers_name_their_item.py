import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0011_copy_answers_to_items")]

    operations = [
        migrations.AlterModelOptions(
            "inquiryanswer",
            {
                "ordering": [
                    "inquiry",
                    "department__position",
                    "department",
                    "item__position",
                    "item",
                ],
                "verbose_name": "徵詢答覆",
                "verbose_name_plural": "徵詢答覆",
            },
        ),
        migrations.AlterField(
            "inquiryanswer",
            "item",
            models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="evaluations.vetoitem",
                verbose_name="情形",
            ),
        ),
        migrations.AddConstraint(
            "inquiryanswer",
            models.UniqueConstraint(
                fields=("inquiry", "department", "item"), name="inquiry_asks_once_per_item"
            ),
        ),
    ]
