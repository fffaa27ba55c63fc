from django.db import migrations


def to_campaigns(apps, schema_editor):
    """督辦規則裏的落款移到活動上，從此催辦單和督辦通知單用同一個。"""
    for terms in apps.get_model("supervision", "Terms").objects.exclude(signature=""):
        apps.get_model("campaigns", "Campaign").objects.filter(
            pk=terms.campaign_id, signature=""
        ).update(signature=terms.signature)


def to_terms(apps, schema_editor):
    """退回來時放回各活動的督辦規則；沒有規則的活動用默認的再建一份。"""
    for campaign in apps.get_model("campaigns", "Campaign").objects.exclude(signature=""):
        apps.get_model("supervision", "Terms").objects.update_or_create(
            campaign_id=campaign.pk, defaults={"signature": campaign.signature}
        )


class Migration(migrations.Migration):
    dependencies = [
        ("supervision", "0001_orders_and_instructions"),
        ("campaigns", "0008_campaign_signature"),
    ]

    operations = [migrations.RunPython(to_campaigns, to_terms)]
