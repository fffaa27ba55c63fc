"""落款從督辦規則移到活動上：搬得過去，退得回來。"""

from typing import Any

from tests import factories as make
from tests.cast import Cast

OLD = [("supervision", "0001_orders_and_instructions")]


class Signature:
    def __init__(self, cast: Cast) -> None:
        self.campaigns = [make.CampaignFactory(code=code).pk for code in ("a", "b")]

    def plant(self, old: Any) -> None:
        signed, unsigned = self.campaigns
        terms = old.get_model("supervision", "Terms").objects
        terms.create(campaign_id=signed, mark="嵐民督", signature="縣創建辦")
        terms.create(campaign_id=unsigned, mark="平民創督")

    def assert_upgraded(self, new: Any) -> None:
        rows = new.get_model("campaigns", "Campaign").objects.filter(pk__in=self.campaigns)
        assert dict(rows.values_list("code", "signature")) == {"a": "縣創建辦", "b": ""}

    def assert_back(self, back: Any) -> None:
        rows = back.get_model("supervision", "Terms").objects
        assert set(rows.values_list("mark", "signature")) == {
            ("嵐民督", "縣創建辦"),
            ("平民創督", ""),
        }
