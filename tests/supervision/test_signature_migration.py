"""落款從督辦規則移到活動上：搬得過去，退得回來。"""

import pytest
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from tests import factories as make

OLD = [("supervision", "0001_orders_and_instructions")]
NEW = [("supervision", "0003_drop_the_signature_of_terms")]


def migrate(to: list[tuple[str, str]]) -> object:
    MigrationExecutor(connection).migrate(to)
    return MigrationExecutor(connection).loader.project_state(to).apps


@pytest.mark.django_db(transaction=True)
def test_the_signature_moves_to_the_campaign_and_back() -> None:
    signed, unsigned = make.CampaignFactory(code="a"), make.CampaignFactory(code="b")
    old = migrate(OLD).get_model("supervision", "Terms").objects
    old.create(campaign_id=signed.pk, mark="嵐民督", signature="縣創建辦")
    old.create(campaign_id=unsigned.pk, mark="平民創督")

    new = migrate(NEW).get_model("campaigns", "Campaign").objects

    assert dict(new.values_list("code", "signature")) == {"a": "縣創建辦", "b": ""}
    back = migrate(OLD).get_model("supervision", "Terms").objects
    assert set(back.values_list("mark", "signature")) == {("嵐民督", "縣創建辦"), ("平民創督", "")}
    migrate(NEW)
