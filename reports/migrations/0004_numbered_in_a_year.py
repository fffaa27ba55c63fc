from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("reports", "0003_numbers_by_the_year")]

    operations = [
        migrations.AddConstraint(
            model_name='report',
            constraint=models.CheckConstraint(condition=models.Q(('number__isnull', True), ('year__isnull', False), _connector='OR'), name='report_numbered_in_a_year'),
        ),
        migrations.AddConstraint(
            model_name='report',
            constraint=models.UniqueConstraint(fields=('campaign', 'kind', 'year', 'number'), name='report_number_once'),
        ),
    ]
