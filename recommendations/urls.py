from django.urls import path

from recommendations.views import (
    candidates,
    files,
    objections,
    papers,
    programmes,
    steps,
    voting,
)

app_name = "recommendations"
_IN = "recommendations/in/<slug:campaign_code>/"
_ONE = "recommendations/<int:pk>/"
_CANDIDATE = "recommendations/candidates/<int:pk>/"

urlpatterns = [
    path(_IN, programmes.programme_list, name="programme-list"),
    path(_IN + "new/", programmes.programme_create, name="programme-create"),
    path(_ONE, programmes.programme, name="programme"),
    path(_ONE + "edit/", programmes.programme_edit, name="programme-edit"),
    path(_ONE + "cancel/", programmes.programme_cancel, name="programme-cancel"),
    path(_ONE + "open/", programmes.programme_open, name="programme-open"),
    path(_ONE + "conditions/new/", programmes.condition_create, name="condition-create"),
    path(_ONE + "conditions/copy/", programmes.conditions_copy, name="conditions-copy"),
    path(
        _ONE + "conditions/<int:condition_pk>/edit/",
        programmes.condition_edit,
        name="condition-edit",
    ),
    path(
        _ONE + "conditions/<int:condition_pk>/remove/",
        programmes.condition_remove,
        name="condition-remove",
    ),
    path(_ONE + "nominate/", candidates.nominate, name="nominate"),
    path(_ONE + "vote/open/", voting.vote_open, name="vote-open"),
    path(_ONE + "vote/", voting.vote, name="vote"),
    path(_ONE + "vote/close/", voting.vote_close, name="vote-close"),
    path(_ONE + "publicity/", steps.publicity_start, name="publicity-start"),
    path(_ONE + "publicity/notice/", papers.publicity_notice, name="publicity-notice"),
    path(_ONE + "submit/", steps.submit, name="submit"),
    path(_CANDIDATE, candidates.candidate, name="candidate"),
    path(_CANDIDATE + "deeds/", candidates.deeds, name="deeds"),
    path(_CANDIDATE + "withdraw/", candidates.withdraw, name="withdraw"),
    path(_CANDIDATE + "exclude/", candidates.exclude, name="exclude"),
    path(_CANDIDATE + "conditions/<int:condition_pk>/", candidates.rule, name="rule"),
    path(_CANDIDATE + "recuse/", voting.recuse, name="recuse"),
    path(_CANDIDATE + "paper/", papers.candidate_form, name="candidate-form"),
    path(_CANDIDATE + "files/", files.file_add, name="file-add"),
    path(_CANDIDATE + "files/reuse/", files.file_reuse, name="file-reuse"),
    path(_CANDIDATE + "objections/new/", objections.objection_create, name="objection-create"),
    path(_CANDIDATE + "answer/", steps.answer, name="answer"),
    path(
        "recommendations/objections/<int:pk>/",
        objections.objection_decide,
        name="objection-decide",
    ),
    path("recommendations/files/<int:pk>/", files.file, name="file"),
    path("recommendations/files/<int:pk>/small/", files.file_thumb, name="file-thumb"),
    path("recommendations/files/<int:pk>/remove/", files.file_remove, name="file-remove"),
]
