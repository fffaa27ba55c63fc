"""平潭文明創建門戶。"""

from pingtan_civ.celery import app as celery_app

__all__ = ["celery_app"]
