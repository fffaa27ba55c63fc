"""命令 check_evidence：按單位說清楚；有錯誤時退出碼 1。"""

import json
from datetime import date
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from tasks.models import Submission
from tests.cast import Cast
from tests.evidence.checkup_stage import attach, measure, report

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("clock")]


def check(*options: str) -> tuple[str, int]:
    out, code = StringIO(), 0
    try:
        call_command("check_evidence", *options, stdout=out)
    except CommandError as refusal:
        code = refusal.returncode
    return out.getvalue(), code


def test_what_is_wrong_is_listed_by_department(cast: Cast) -> None:
    row = measure(cast, norm_doc={})
    report(row)

    said, code = check("--campaign", cast.campaign.code)

    assert said.splitlines() == [
        "婚姻登記處：完整度 0%（0/1）；錯誤 1，注意 0，提示 0",
        f"  [錯誤] {row.code} 2026年11月 規範文件缺 1 份（要 1 份）。請創建辦補要材料，由單位補交。",
    ]
    assert code == 1


def test_json_says_where_to_mend_it(cast: Cast) -> None:
    row = measure(cast, norm_doc={})
    report(row)

    said, code = check("--campaign", cast.campaign.code, "--json")

    assert (json.loads(said), code) == (
        [
            {
                "level": "error",
                "code": "evidence_missing",
                "department": "婚姻登記處",
                "measure": row.code,
                "period": "2026年11月",
                "sentence": "規範文件缺 1 份（要 1 份）。",
                "cure": "請創建辦補要材料，由單位補交。",
                # 已通過的不夠：直接到填好的要材料請求。
                "url": (
                    f"/evidence/library/requests/{cast.campaign.code}/new/"
                    f"?departments={cast.registry.pk}"
                    "&asked_from=2026-11-01&asked_to=2026-11-30"
                ),
            }
        ],
        1,
    )


def test_hints_alone_are_not_a_failure(cast: Cast) -> None:
    attach(report(measure(cast)), "photo", caption="")

    said, code = check("--campaign", cast.campaign.code)

    assert "提示 1" in said
    assert code == 0


def test_one_department_and_another_day(cast: Cast) -> None:
    report(measure(cast, norm_doc={}, of=cast.funeral_home))
    report(measure(cast, norm_doc={}), state=Submission.State.OPEN, due_date=date(2026, 11, 25))
    registry = ("--campaign", cast.campaign.code, "--department", cast.registry.code)

    assert check(*registry) == ("都合要求。\n", 0)
    said, code = check(*registry, "--on", "2026-11-25")
    assert "到期未報" in said
    assert "殯儀館" not in said
    assert code == 1


def test_wrong_options_say_what_is_wrong(cast: Cast) -> None:
    assert check("--campaign", "none")[1] == 2
    assert check("--campaign", cast.campaign.code, "--department", "none")[1] == 2
    with pytest.raises(CommandError, match="看不出「昨天」是哪一天"):
        call_command("check_evidence", "--campaign", cast.campaign.code, "--on", "昨天")
