"""考核評價的網址：一個概念一個文件，名字都在 evaluations 之下。"""

from evaluations.urls import letters, objections, records, rounds, schemes, vetoes

app_name = "evaluations"
urlpatterns = [
    *records.urlpatterns,
    *vetoes.urlpatterns,
    *letters.urlpatterns,
    *schemes.urlpatterns,
    *rounds.urlpatterns,
    *objections.urlpatterns,
]
