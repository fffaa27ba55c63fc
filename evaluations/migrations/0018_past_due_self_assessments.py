from django.db import migrations
from django.db.models import F, OuterRef, Subquery


def forget_returns_of_the_stage_gone_by(apps, schema_editor):
    """自評階段裏退回、那一階段走完還沒有再交的，不再算退回補正：要補填，創建辦另行開放。"""
    Sheet = apps.get_model("evaluations", "Sheet")
    RoundPhase = apps.get_model("evaluations", "RoundPhase")
    ended = RoundPhase.objects.filter(round=OuterRef("round"), phase="self")
    rows = Sheet.objects.filter(self_submitted_at=None, self_returned_at__isnull=False).exclude(
        round__phase__in=["planned", "self"]
    )
    rows = rows.annotate(over=Subquery(ended.values("ended_at")[:1]))
    gone = rows.filter(self_returned_at__lte=F("over"))
    Sheet.objects.filter(pk__in=list(gone.values_list("pk", flat=True))).update(
        self_returned_at=None
    )


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0017_sheet_drafts")]

    operations = [
        migrations.RunPython(forget_returns_of_the_stage_gone_by, migrations.RunPython.noop)
    ]
