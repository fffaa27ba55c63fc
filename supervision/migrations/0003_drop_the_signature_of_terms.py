from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("supervision", "0002_signature_to_the_campaign")]

    operations = [migrations.RemoveField(model_name="terms", name="signature")]
