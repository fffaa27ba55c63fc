"""已印發的補上編號年份；各種期號發到哪裏，記進發號簿，新的接着發。"""

from django.db import migrations
from django.db.models import Max
from django.utils.timezone import localtime


def fill(apps, schema_editor):
    report = apps.get_model("reports", "Report")
    book = apps.get_model("reports", "NumberBook")
    for row in report.objects.filter(number__isnull=False).only("issued_at").iterator():
        report.objects.filter(pk=row.pk).update(year=localtime(row.issued_at).year)
    issued = report.objects.filter(number__isnull=False).order_by()
    for campaign, kind, year, last in issued.values_list("campaign", "kind", "year").annotate(
        last=Max("number")
    ):
        book.objects.update_or_create(
            mark=f"report/{campaign}/{kind}", year=year, defaults={"last_number": last}
        )


class Migration(migrations.Migration):
    dependencies = [("reports", "0002_outlines_and_reviews")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
