from django.db import migrations, models


class Migration(migrations.Migration):
    """時限的種類改由各應用登記（tasks.tracks），庫裏不再列明有哪幾種；存的值不變。"""

    dependencies = [("tasks", "0013_say_answers_of_orders_as_the_orders_do")]

    operations = [
        migrations.AlterField(
            model_name=name,
            name="track",
            field=models.CharField("時限", max_length=12),
        )
        for name in ("reminder", "reminderstep")
    ]
