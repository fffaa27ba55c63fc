"""任務的網址，按頁面分組寫在各自的文件裏。"""

from django.urls import URLPattern

from tasks import (
    breakdown_urls,
    chase_urls,
    plan_urls,
    reminder_urls,
    review_urls,
    work_urls,
)

app_name = "tasks"

urlpatterns: list[URLPattern] = [
    *plan_urls.urlpatterns,
    *review_urls.urlpatterns,
    *chase_urls.urlpatterns,
    *reminder_urls.urlpatterns,
    # 在 work_urls 之前：tasks/<活動>/new/ 不是編號為 new 的措施。
    *breakdown_urls.urlpatterns,
    *work_urls.urlpatterns,
]
