"""一次考核：各步、評分表、結果、實地考察。"""

from django.urls import path

from evaluations.views import collected, results, round_steps, rounds, sheets, unit_scoring, visits

_SHEET = "rounds/<slug:code>/sheets/<int:department_id>/"
_LINE = _SHEET + "lines/<int:criterion_id>/"
_KINDS = {"survey": "surveys", "opinion": "opinions"}

urlpatterns = [
    path("rounds/", rounds.round_list, name="round-list"),
    path("rounds/new/", round_steps.round_create, name="round-create"),
    path("rounds/<slug:code>/", rounds.round_detail, name="round"),
    path("rounds/<slug:code>/schedule/", round_steps.round_schedule, name="round-schedule"),
    path("rounds/<slug:code>/start/", round_steps.round_start, name="round-start"),
    path("rounds/<slug:code>/advance/", round_steps.round_advance, name="round-advance"),
    path("rounds/<slug:code>/figures/", round_steps.round_figures, name="round-figures"),
    path("rounds/<slug:code>/decide/", round_steps.round_decide, name="round-decide"),
    path("rounds/<slug:code>/return/", round_steps.round_return, name="round-return"),
    path("rounds/<slug:code>/publish/", round_steps.round_publish, name="round-publish"),
    path("rounds/<slug:code>/pack/", rounds.round_pack, name="round-pack"),
    path("rounds/<slug:code>/scoring/", unit_scoring.unit_scoring, name="unit-scoring"),
    path(
        "rounds/<slug:code>/scoring/draft/",
        unit_scoring.unit_scoring_draft,
        name="unit-scoring-draft",
    ),
    path("rounds/<slug:code>/result/", results.result, name="result"),
    path("rounds/<slug:code>/result/bulletin/", results.bulletin, name="bulletin"),
    path("rounds/<slug:code>/visits/", visits.visit_list, name="visit-list"),
    path("rounds/<slug:code>/visits/new/", visits.visit_create, name="visit-create"),
    path("rounds/<slug:code>/visits/draw/", visits.visit_draw, name="visit-draw"),
    path("visits/<int:pk>/", visits.visit, name="visit"),
    path("visits/photos/<int:pk>/", visits.photo, name="visit-photo"),
    path("visits/photos/<int:pk>/thumb/", visits.photo_thumb, name="visit-photo-thumb"),
    path("visits/photos/<int:pk>/remove/", visits.photo_remove, name="visit-photo-remove"),
    path(_SHEET, sheets.sheet, name="sheet"),
    path(_SHEET + "draft/", sheets.sheet_draft, name="sheet-draft"),
    path(_SHEET + "export/", sheets.sheet_export, name="sheet-export"),
    path(_SHEET + "return/", sheets.self_return, name="self-return"),
    path(_SHEET + "withdraw/", sheets.self_withdraw, name="self-withdraw"),
    path(_SHEET + "figures/<slug:name>/", sheets.figure, name="figure"),
    path(_LINE, collected.collected, name="collected"),
    path(_LINE + "new/", collected.collected_add, name="collected-add"),
    *(
        path(f"{plural}/<int:pk>/{page}/", view, {"kind": kind}, name=f"{kind}-{page}")
        for kind, plural in _KINDS.items()
        for page, view in (
            ("correct", collected.correct),
            ("withdraw", collected.withdraw),
            ("paper", collected.paper),
        )
    ),
]
