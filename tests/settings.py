"""測試用配置：快的密碼散列、內存郵箱、即時執行的任務、臨時的佐證文件夾。"""

import os
import tempfile

_tmp = tempfile.mkdtemp(prefix="pingtan-test-")
os.environ.setdefault("VAR_DIR", _tmp)
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "x" * 32)
os.environ.setdefault("ALLOW_FILE_BROKER", "true")  # 只設 DATABASE_URL 也能跑測試

from pingtan_civ.settings import *  # noqa: E402, F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
MAIL_ENABLED = True
CELERY_TASK_ALWAYS_EAGER = True
CELERY_TASK_EAGER_PROPAGATES = True
MEDIA_ROOT = _tmp + "/media"
TODAY = ""
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
os.makedirs(STATIC_ROOT, exist_ok=True)  # noqa: F405  whitenoise 要它存在
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = True  # 不在每個測試客戶端啟動時掃一遍靜態文件
AXES_ENABLED = False
if DATABASES["default"]["ENGINE"].endswith("postgresql"):  # noqa: F405
    # 測試庫丟了就重做，提交不必等落盤。
    DATABASES["default"].setdefault("OPTIONS", {})["options"] = "-c synchronous_commit=off"  # noqa: F405
