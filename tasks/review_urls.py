"""初審和審核的網址。"""

from django.urls import path

from tasks.views import endorse, review, review_bulk, review_history, review_requests

_REVIEWS = "reviews/<slug:campaign_code>/"

urlpatterns = [
    path(_REVIEWS, review.review_inbox, name="review-inbox"),
    path(_REVIEWS + "<int:pk>/withdraw/", review.review_withdraw, name="review-withdraw"),
    path(_REVIEWS + "bulk/", review_bulk.review_bulk, name="review-bulk"),
    path(_REVIEWS + "requests/", review_requests.review_requests, name="review-requests"),
    path(_REVIEWS + "history/", review_history.review_history, name="review-history"),
    path("endorsements/<slug:campaign_code>/", endorse.endorse_inbox, name="endorse-inbox"),
]
