"""佐證要求各行的表單，測試裏怎樣填。"""

from campaigns.models import EvidenceForm


def spec_rows(*rows: dict[str, object]) -> dict[str, object]:
    """各行 → 要提交的字段；form 寫代碼，沒寫的各項是空的一行的默認值。"""
    data: dict[str, object] = {
        "spec-TOTAL_FORMS": len(rows),
        "spec-INITIAL_FORMS": 0,
    }
    for index, row in enumerate(rows):
        values = {"form": "", "count": "1", "window": "any"} | row
        if values["form"]:
            values["form"] = EvidenceForm.objects.get(code=values["form"]).pk
        data |= {f"spec-{index}-{name}": value for name, value in values.items()}
    return data
