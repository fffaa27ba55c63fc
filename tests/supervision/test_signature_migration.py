"""落款從督辦規則移到活動上：搬得過去，退得回來。"""

from collections.abc import Callable
from typing import Any

from tests import factories as make

OLD = [("supervision", "0001_orders_and_instructions")]


def test_the_signature_moves_to_the_campaign_and_back(migrate: Callable[..., Any]) -> None:
    signed, unsigned = make.CampaignFactory(code="a"), make.CampaignFactory(code="b")
    old = migrate(OLD).get_model("supervision", "Terms").objects
    old.create(campaign_id=signed.pk, mark="嵐民督", signature="縣創建辦")
    old.create(campaign_id=unsigned.pk, mark="平民創督")

    new = migrate().get_model("campaigns", "Campaign").objects

    assert dict(new.values_list("code", "signature")) == {"a": "縣創建辦", "b": ""}
    back = migrate(OLD).get_model("supervision", "Terms").objects
    assert set(back.values_list("mark", "signature")) == {("嵐民督", "縣創建辦"), ("平民創督", "")}
