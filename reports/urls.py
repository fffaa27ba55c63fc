"""彙報、提綱和公文一覽的網址。"""

from django.urls import path

from reports.views import (
    editing,
    history,
    listing,
    outlines,
    output,
    papers,
    remarks,
    reviewing,
    templates,
)

app_name = "reports"

OUTLINE = "reports/<slug:campaign_code>/outlines/<int:pk>/"
REPORT = "reports/<slug:campaign_code>/<int:pk>/"

urlpatterns = [
    path("reports/<slug:campaign_code>/", listing.report_list, name="report-list"),
    path("reports/<slug:campaign_code>/new/", listing.report_create, name="report-create"),
    path("reports/<slug:campaign_code>/outlines/", outlines.outline_list, name="outline-list"),
    path(
        "reports/<slug:campaign_code>/outlines/new/",
        outlines.outline_create,
        name="outline-create",
    ),
    path(OUTLINE, outlines.outline_detail, name="outline"),
    path(f"{OUTLINE}<slug:act>/", outlines.outline_act, name="outline-act"),
    path("reports/<slug:campaign_code>/templates/", templates.template_list, name="template-list"),
    path(
        "reports/<slug:campaign_code>/templates/starter/<slug:paper>/",
        templates.template_starter,
        name="template-starter",
    ),
    path(
        "reports/<slug:campaign_code>/templates/<int:template_pk>/file/",
        templates.template_file,
        name="template-file",
    ),
    path(
        "reports/<slug:campaign_code>/templates/<int:template_pk>/retire/",
        templates.template_retire,
        name="template-retire",
    ),
    path(REPORT, editing.report_detail, name="report-detail"),
    path(f"{REPORT}settings/", editing.report_settings, name="report-settings"),
    path(f"{REPORT}recompile/", editing.report_recompile, name="report-recompile"),
    path(f"{REPORT}figures/update/", editing.figures_update, name="figures-update"),
    path(f"{REPORT}discard/", editing.report_discard, name="report-discard"),
    path(f"{REPORT}submit/", reviewing.report_submit, name="report-submit"),
    path(f"{REPORT}review/", reviewing.report_review, name="report-review"),
    path(f"{REPORT}return/", reviewing.report_return, name="report-return"),
    path(f"{REPORT}issue/", reviewing.report_issue, name="report-issue"),
    path(f"{REPORT}correct/", editing.report_correct, name="report-correct"),
    path(f"{REPORT}paragraphs/<int:paragraph_pk>/", editing.paragraph, name="paragraph"),
    path(
        f"{REPORT}paragraphs/<int:paragraph_pk>/history/",
        history.paragraph_history,
        name="paragraph-history",
    ),
    path(
        f"{REPORT}paragraphs/<int:paragraph_pk>/suggest/",
        remarks.paragraph_suggest,
        name="paragraph-suggest",
    ),
    path(
        f"{REPORT}paragraphs/<int:paragraph_pk>/<slug:act>/",
        editing.paragraph_act,
        name="paragraph-act",
    ),
    path(f"{REPORT}sections/<int:section_pk>/add/", editing.paragraph_add, name="paragraph-add"),
    path(f"{REPORT}suggestions/<int:suggestion_pk>/", remarks.suggestion, name="suggestion"),
    path(f"{REPORT}comments/add/", remarks.comment_add, name="comment-add"),
    path(f"{REPORT}comments/<int:comment_pk>/reply/", remarks.comment_reply, name="comment-reply"),
    path(
        f"{REPORT}comments/<int:comment_pk>/settle/",
        remarks.comment_settle,
        name="comment-settle",
    ),
    path(f"{REPORT}material/", history.material_insert, name="material-insert"),
    path(f"{REPORT}wording/", history.report_wording, name="report-wording"),
    path(f"{REPORT}history/", history.report_history, name="report-history"),
    path(f"{REPORT}preview/", output.report_preview, name="report-preview"),
    path(f"{REPORT}download/", output.report_download, name="report-download"),
    path(f"{REPORT}pictures/<slug:sha256>/", output.report_picture, name="report-picture"),
    path(f"{REPORT}figures/<str:key>/", output.report_figure, name="report-figure"),
    path("papers/<slug:campaign_code>/", papers.paper_list, name="paper-list"),
    path("papers/<slug:campaign_code>/breakdown/", papers.breakdown, name="breakdown-paper"),
    path("papers/<slug:campaign_code>/chase/", papers.chase, name="chase-paper"),
    path("chases/<uuid:batch>/paper/", papers.chase_recorded, name="chase-recorded"),
]
