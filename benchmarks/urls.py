from benchmarks import reference
from pingtan_civ.urls import *  # noqa: F403
from pingtan_civ.urls import urlpatterns as ours

urlpatterns = [*reference.urlpatterns, *ours]
