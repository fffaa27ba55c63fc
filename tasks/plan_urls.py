"""方案與目標的網址：看方案、導入、核對、保存。"""

from django.urls import URLPattern, path

from tasks.views import plan, plan_import

_PLAN = "campaigns/<slug:campaign_code>/plan/"

urlpatterns: list[URLPattern] = [
    path(_PLAN, plan.plan_page, name="plan"),
    path(_PLAN + "versions/<int:number>/", plan.plan_version, name="plan-version"),
    path(_PLAN + "indicators/<int:pk>/", plan.indicator_edit, name="indicator-edit"),
    path(_PLAN + "propose/", plan.plan_propose, name="plan-propose"),
    path(_PLAN + "import/", plan_import.plan_import, name="plan-import"),
    path(_PLAN + "import/preview/", plan_import.plan_preview, name="plan-preview"),
    path(_PLAN + "import/adjust/", plan_import.plan_adjust, name="plan-adjust"),
    path(_PLAN + "import/undo/", plan_import.plan_undo, name="plan-undo"),
    path(_PLAN + "import/differences/", plan_import.plan_differences, name="plan-differences"),
    path(_PLAN + "import/save/", plan_import.plan_save, name="plan-save"),
    path(_PLAN + "import/discard/", plan_import.plan_discard, name="plan-discard"),
    path(_PLAN + "import/table/", plan_import.plan_table, name="plan-table"),
    path(_PLAN + "import/table/save/", plan_import.plan_table_save, name="plan-table-save"),
]
