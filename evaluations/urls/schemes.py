"""考核辦法。"""

from django.urls import path

from evaluations.views import scheme_parts, schemes

urlpatterns = [
    path("schemes/of/<slug:campaign_code>/", schemes.scheme_list, name="scheme-list"),
    path("schemes/of/<slug:campaign_code>/new/", schemes.scheme_create, name="scheme-create"),
    path("schemes/of/<slug:campaign_code>/import/", schemes.scheme_import, name="scheme-import"),
    path("schemes/<int:pk>/", schemes.scheme, name="scheme"),
    path("schemes/<int:pk>/export/", schemes.scheme_export, name="scheme-export"),
    path("schemes/<int:pk>/edit/", schemes.scheme_edit, name="scheme-edit"),
    path("schemes/<int:pk>/copy/", schemes.scheme_copy, name="scheme-copy"),
    path("schemes/<int:pk>/adopt/", schemes.scheme_adopt, name="scheme-adopt"),
    path("schemes/<int:pk>/discard/", schemes.scheme_discard, name="scheme-discard"),
    path("schemes/<int:pk>/profiles/", scheme_parts.profiles, name="scheme-profiles"),
    path("schemes/<int:pk>/grades/", scheme_parts.grades, name="scheme-grades"),
    path(
        "schemes/<int:pk>/sections/new/", scheme_parts.section_create, name="scheme-section-create"
    ),
    path(
        "schemes/<int:pk>/sections/<int:section_pk>/edit/",
        scheme_parts.section_edit,
        name="scheme-section-edit",
    ),
    path(
        "schemes/<int:pk>/sections/<int:section_pk>/remove/",
        scheme_parts.section_remove,
        name="scheme-section-remove",
    ),
    path(
        "schemes/<int:pk>/sections/<int:section_pk>/move/",
        scheme_parts.section_move,
        name="scheme-section-move",
    ),
    path(
        "schemes/<int:pk>/criteria/new/",
        scheme_parts.criterion_create,
        name="scheme-criterion-create",
    ),
    path(
        "schemes/<int:pk>/criteria/<int:criterion_pk>/edit/",
        scheme_parts.criterion_edit,
        name="scheme-criterion-edit",
    ),
    path(
        "schemes/<int:pk>/criteria/<int:criterion_pk>/remove/",
        scheme_parts.criterion_remove,
        name="scheme-criterion-remove",
    ),
    path(
        "schemes/<int:pk>/criteria/<int:criterion_pk>/move/",
        scheme_parts.criterion_move,
        name="scheme-criterion-move",
    ),
]
