from django.apps.registry import Apps
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.models import F

EVENTS = {
    "無違反職業道德和誠信被投訴現象": "因違反職業道德和誠信被投訴",
    "全系統無群體性上訪事件": "發生群體性上訪事件",
    "無「黃賭毒」和邪教活動": "發生「黃賭毒」或邪教活動",
    "無髒亂差現象": "存在髒亂差現象",
    "無污染事故發生": "發生污染事故",
}


def _event_of(text: str) -> str:
    """「無重大安全責任事故」說成「發生重大安全責任事故」；不是「無……」的照原文。"""
    if text in EVENTS:
        return EVENTS[text]
    if text[:1] not in ("無", "无"):
        return text
    happened = "存在" if text.endswith(("現象", "现象")) else "發生"
    return (happened if text[0] == "無" else happened.replace("發", "发")) + text[1:]


def word(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """清單上已有的各項，補上出了的是什麼事；說得一樣的後面帶上原文，一個活動裏不重。"""
    seen = set()
    for item in apps.get_model("evaluations", "VetoItem").objects.order_by("pk"):
        event = _event_of(item.text)
        if (item.campaign_id, event) in seen:
            event = f"{event}（{item.text}）"[:200]
        seen.add((item.campaign_id, event))
        item.event_text = event
        item.save(update_fields=["event_text"])


def unword(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """舊版只有一句話，不能空着。"""
    items = apps.get_model("evaluations", "VetoItem").objects
    items.filter(text="").update(text=F("event_text"))


class Migration(migrations.Migration):
    dependencies = [("evaluations", "0008_seed_reminder_steps")]

    operations = [
        migrations.AddField(
            "vetoitem",
            "event_text",
            models.CharField("情形", max_length=200, default=""),
            preserve_default=False,
        ),
        migrations.RunPython(word, unword),
        migrations.AlterField(
            "vetoitem", "text", models.CharField("依據", max_length=200, blank=True)
        ),
        migrations.RemoveConstraint("vetoitem", "veto_item_once"),
        migrations.AddConstraint(
            "vetoitem",
            models.UniqueConstraint(
                fields=("campaign", "event_text"),
                condition=models.Q(retired_at__isnull=True),
                name="veto_item_once",
                violation_error_message="清單上已有這一項。",
            ),
        ),
    ]
