"""佈景：權限表裏考核推薦各網址要的對象，都是婚姻登記處的。"""

from typing import Any

from recommendations.models import Attachment, PublicityObjection
from tasks.models import EvidenceFile
from tests.cast import Cast
from tests.recommendations import stage
from tests.recommendations.stage import AT, Kind

PUBLICITY = {"publicity_start": AT.date(), "publicity_end": stage.PUBLICITY_ENDS}


def keys(cast: Cast, code: dict[str, Any], picture: EvidenceFile) -> dict[str, dict[str, Any]]:
    """申報、表決、公示、已報送的各一個項目，各有一個對象。成員不另設席位。"""
    asked = stage.programme(cast, "open", members=False)
    condition = {"condition_pk": stage.condition(asked, Kind.MANUAL).pk}
    row = stage.candidate(cast, asked)
    file = Attachment.objects.create(
        candidate=row, file=picture, name="大廳.jpg", added_at=AT, added_by=cast.head
    )
    voting = stage.programme(cast, "voting", members=False, title="表決中")
    balloted = stage.candidate(cast, voting, state="balloted")
    public = stage.programme(cast, "publicity", members=False, title="公示中", **PUBLICITY)
    passed = stage.candidate(cast, public, state="passed")
    objection = PublicityObjection.objects.create(
        candidate=passed,
        channel="phone",
        received_date=AT.date(),
        content="排隊太久",
        recorded_by=cast.officer,
        recorded_at=AT,
    )
    sent = stage.programme(cast, "submitted", members=False, title="已報送", **PUBLICITY)
    answered = stage.candidate(cast, sent, state="submitted")
    own, app = {"pk": row.pk}, "recommendations"
    pages = ("candidate", "candidate-form", "deeds", "withdraw", "file-add", "file-reuse")
    return {
        app: {"pk": asked.pk},
        **{f"{app}:programme-{page}": code for page in ("list", "create")},
        **{f"{app}:condition-{page}": {"pk": asked.pk} | condition for page in ("edit", "remove")},
        **{f"{app}:{page}": own for page in pages},
        **{f"{app}:{page}": {"pk": file.pk} for page in ("file", "file-thumb", "file-remove")},
        f"{app}:rule": own | condition,
        f"{app}:vote": {"pk": voting.pk},
        f"{app}:vote-close": {"pk": voting.pk},
        f"{app}:recuse": {"pk": balloted.pk},
        f"{app}:publicity-notice": {"pk": public.pk},
        f"{app}:exclude": {"pk": passed.pk},
        f"{app}:objection-create": {"pk": passed.pk},
        f"{app}:objection-decide": {"pk": objection.pk},
        f"{app}:answer": {"pk": answered.pk},
    }
