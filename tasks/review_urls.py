"""初審和審核的網址。"""

from django.urls import path

from tasks.views import review as views

urlpatterns = [
    path("reviews/<slug:campaign_code>/", views.review_inbox, name="review-inbox"),
    path("endorsements/<slug:campaign_code>/", views.endorse_inbox, name="endorse-inbox"),
]
