"""全部配置來自環境變量；寫錯的值在啟動時就用一句話說清楚。

變量一覽見 docs/configuration.md。不設任何變量時是內嵌方式：SQLite、文件隊列、
本機訪問；設了 DATABASE_URL 與 REDIS_URL 時同一份代碼運行在 PostgreSQL 與 Redis 上。
"""

import re
import secrets
from datetime import date
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
# 這幾種網址裏沒有主機。
WITHOUT_HOST = ("sqlite", "filemail", "consolemail")
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL")


def env_bool(name: str, default: bool) -> bool:
    raw = env.str(name, default=str(default)).strip().lower()
    if raw not in {"1", "0", "true", "false", "yes", "no", "on", "off"}:
        raise ImproperlyConfigured(f"環境變量 {name} 應為 true 或 false，現在是「{raw}」。")
    return raw in {"1", "true", "yes", "on"}


def env_int(name: str, default: int, *, low: int, high: int) -> int:
    raw = env.str(name, default=str(default)).strip()
    if not re.fullmatch(r"\d+", raw) or not low <= int(raw) <= high:
        raise ImproperlyConfigured(
            f"環境變量 {name} 應為 {low} 到 {high} 之間的整數，現在是「{raw}」。"
        )
    return int(raw)


def env_list(name: str, default: list[str]) -> list[str]:
    parts = [part.strip() for part in env.str(name, default=",".join(default)).split(",")]
    if not any(parts):
        raise ImproperlyConfigured(
            f"環境變量 {name} 是空的，誰也打不開網站。請寫上網站的域名，多個用逗號分隔。"
        )
    return [part for part in parts if part]


def env_choice(name: str, default: str, choices: tuple[str, ...]) -> str:
    value = env.str(name, default=default).strip().upper()
    if value not in choices:
        raise ImproperlyConfigured(
            f"環境變量 {name} 應為 {'、'.join(choices)} 之一，現在是「{value}」。"
        )
    return value


def env_day(name: str) -> str:
    value = env.str(name, default="").strip()
    if value:
        try:
            return date.fromisoformat(value).isoformat()
        except ValueError as error:
            raise ImproperlyConfigured(
                f"環境變量 {name} 應寫成 2026-11-23 這樣的日期，現在是「{value}」。"
            ) from error
    return value


def env_secret_or_none(name: str) -> str:
    """可以不設的密鑰；設了就不能太短。"""
    value = env.str(name, default="")
    if value and len(value) < 32:
        raise ImproperlyConfigured(f"環境變量 {name} 太短，請用至少 32 個隨機字符。")
    return value


def env_secret(name: str, *, keep_in: Path | None) -> str:
    """密鑰：取環境變量；內嵌方式下第一次啟動時生成並存入 var/（權限 0600）。"""
    if value := env_secret_or_none(name):
        return value
    if keep_in is None:
        raise ImproperlyConfigured(
            f"已設置 DATABASE_URL，但沒有設置 {name}。"
            f"請生成一個：python -c 'import secrets; print(secrets.token_urlsafe(50))'"
        )
    try:
        if not keep_in.exists():
            keep_in.parent.mkdir(parents=True, exist_ok=True)
            keep_in.touch(mode=0o600)
            keep_in.write_text(secrets.token_urlsafe(50), encoding="ascii")
        return keep_in.read_text(encoding="ascii").strip()
    except OSError as error:
        raise ImproperlyConfigured(
            f"不能讀寫 {keep_in}：{error.strerror}。請換一個可寫的文件夾，或用 VAR_DIR 指定。"
        ) from error


def env_url(name: str, schemes: tuple[str, ...]) -> str:
    value = env.str(name, default="").strip()
    if value and value.split(":", 1)[0] not in schemes:
        raise ImproperlyConfigured(
            f"環境變量 {name} 應以 {'、'.join(s + '://' for s in schemes)} 開頭，"
            f"現在以「{value.split(':', 1)[0]}」開頭。"
        )
    if value and value.split(":", 1)[0] not in WITHOUT_HOST:
        check_host(name, value)
    return value


def check_host(name: str, value: str) -> None:
    """主機和端口寫得對不對。值裏可能有密碼，所以說明裏不照抄它。"""
    scheme = value.split(":", 1)[0]
    try:
        parts = urlsplit(value)
        host, port = parts.hostname, parts.port
    except ValueError as error:
        raise ImproperlyConfigured(
            f"環境變量 {name} 的主機或端口寫錯了：端口應為 1 到 65535 之間的整數，"
            "密碼裏的特殊字符要寫成 %23 這樣的編碼。"
        ) from error
    # postgres:///庫名 是經本機套接字連接，沒有主機。
    is_socket = scheme.startswith("postgres") and value.startswith(f"{scheme}:///")
    if port == 0 or not (host or is_socket):
        raise ImproperlyConfigured(
            f"環境變量 {name} 裏沒有主機名或端口為 0，應寫成 {scheme}://主機:端口 這樣。"
        )


def env_clamav(name: str) -> str:
    value = env.str(name, default="").strip()
    if value and not value.startswith("/") and not re.fullmatch(r"\S+:\d{1,5}", value):
        raise ImproperlyConfigured(
            f"環境變量 {name} 應寫成 127.0.0.1:3310 或 /run/clamav/clamd.ctl 這樣，現在是「{value}」。"
        )
    return value


def env_storage(name: str) -> dict[str, object]:
    """佐證存在哪裏：不設是本機文件夾；s3://密鑰號:密鑰@桶/前綴?endpoint=…&region=… 是桶。"""
    value = env_url(name, ("s3",))
    if not value:
        return {"BACKEND": "pingtan_civ.lib.storage.WholeFileStorage"}
    parts = urlsplit(value)
    asked = {key: values[-1] for key, values in parse_qs(parts.query).items()}
    unknown = sorted(asked.keys() - {"endpoint", "region", "handover"})
    endpoint = asked.get("endpoint", "")
    if unknown or asked.get("handover", "yes") not in ("yes", "no"):
        raise ImproperlyConfigured(
            f"環境變量 {name} 的問號後面只認 endpoint、region 和 handover=yes 或 no。"
        )
    if endpoint and urlsplit(endpoint).scheme not in ("http", "https"):
        raise ImproperlyConfigured(f"環境變量 {name} 的 endpoint 應以 http:// 或 https:// 開頭。")
    return {
        "BACKEND": "pingtan_civ.lib.bucket.BucketStorage",
        "OPTIONS": {
            "bucket_name": parts.hostname,
            "location": parts.path.strip("/"),
            "access_key": unquote(parts.username or "") or None,
            "secret_key": unquote(parts.password or "") or None,
            "endpoint_url": endpoint or None,
            "region_name": asked.get("region") or None,
            "path_style": bool(endpoint),
            "can_handover": asked.get("handover", "yes") == "yes",
        },
    }


VAR_DIR = Path(env.str("VAR_DIR", default=str(BASE_DIR / "var"))).resolve()
DATABASE_URL = env_url("DATABASE_URL", ("postgres", "postgresql", "sqlite"))
REDIS_URL = env_url("REDIS_URL", ("redis", "rediss"))
EMBEDDED = not DATABASE_URL or DATABASE_URL.startswith("sqlite")

DEBUG = env_bool("DEBUG", False)
SECRET_KEY = env_secret("SECRET_KEY", keep_in=VAR_DIR / "secret-key" if EMBEDDED else None)
# 文件隊列只在一台機器上有用；正式部署漏設 REDIS_URL 時，郵件和提醒會悄悄停下。
if not EMBEDDED and not REDIS_URL and not env_bool("ALLOW_FILE_BROKER", False):
    raise ImproperlyConfigured(
        "已設置 DATABASE_URL，但沒有設置 REDIS_URL。請設置 REDIS_URL；"
        "只在一台機器上試用時，可設 ALLOW_FILE_BROKER=true 改用文件隊列。"
    )
ALLOWED_HOSTS = env_list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
SITE_URL = env_url("SITE_URL", ("http", "https")).rstrip("/") or "http://127.0.0.1:8000"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
# 演示用的「今天」（YYYY-MM-DD）；平時為空，取真實日期。見 pingtan_civ/lib/clock.py。
TODAY = env_day("TODAY")

INSTALLED_APPS = [
    "workdays",
    "journal",
    "background",
    "people",
    "campaigns",
    "tasks",
    "evaluations",
    "recommendations",
    "reports",
    "supervision",
    "evidence",
    "exchange",
    "agenda",
    "health",
    "desk",
    "pingtan_civ",
    "pingtan_civ.administration.apps.PortalAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "axes",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
    "template_partials",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "pingtan_civ.middleware.CleanTextMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "pingtan_civ.middleware.DisplayMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",
    "people.middleware.PasswordChangeMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "pingtan_civ.urls"
WSGI_APPLICATION = "pingtan_civ.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "desk.context.shell",
            ],
            "builtins": [
                "django.templatetags.i18n",
                "django.templatetags.static",
                "template_partials.templatetags.partials",
                "pingtan_civ.templatetags.ui",
            ],
        },
    }
]

# 數據庫：SQLite 為內嵌默認；事務一開始就取寫鎖，避免讀後升級時互相等死。
if EMBEDDED:
    sqlite_name = env.db_url("DATABASE_URL")["NAME"] if DATABASE_URL else VAR_DIR / "portal.sqlite3"
    DATABASES = {
        "default": {
            "ENGINE": "django.db.backends.sqlite3",
            "NAME": sqlite_name,
            "OPTIONS": {
                "timeout": 20,
                "transaction_mode": "IMMEDIATE",
                "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
            },
        }
    }
else:
    DATABASES = {
        "default": {
            **env.db_url("DATABASE_URL"),
            "CONN_MAX_AGE": env_int("DATABASE_CONN_MAX_AGE", 60, low=0, high=3600),
            "CONN_HEALTH_CHECKS": True,
        }
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
    )
}

# Celery 只是門鈴：真相在數據庫的行裏，丟了消息由巡查補發。
CELERY_BROKER_URL = REDIS_URL or "filesystem://"
CELERY_TASK_IGNORE_RESULT = True
CELERY_TIMEZONE = "Asia/Shanghai"
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TASK_PUBLISH_RETRY = False
if REDIS_URL:
    CELERY_BROKER_TRANSPORT_OPTIONS = {"socket_connect_timeout": 1, "socket_timeout": 5}
else:
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(VAR_DIR / "broker" / "queue"),
        "data_folder_out": str(VAR_DIR / "broker" / "queue"),
        "control_folder": str(VAR_DIR / "broker" / "control"),
    }

# 賬號
AUTH_USER_MODEL = "people.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
]
PASSWORD_HASHERS = [
    "django.contrib.auth.hashers.Argon2PasswordHasher",
    "django.contrib.auth.hashers.PBKDF2PasswordHasher",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "people:sign-in"
LOGIN_REDIRECT_URL = "/desk/"
LOGOUT_REDIRECT_URL = "people:sign-in"
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = 0.25  # 小時，即 15 分鐘
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_LOCKOUT_TEMPLATE = "people/locked_page.html"
AXES_RESET_ON_SUCCESS = True
AXES_ENABLE_ADMIN = False  # 解鎖即重置密碼，在賬號頁上辦
AXES_VERBOSE = False
SESSION_COOKIE_AGE = env_int("SESSION_HOURS", 10, low=1, high=72) * 3600

# 渠道的密鑰用它加密存放；不設時用 SECRET_KEY。
CHANNEL_KEY = env_secret_or_none("CHANNEL_KEY")

# 傳輸與內容安全
HTTPS = SITE_URL.startswith("https://")
SECURE_SSL_REDIRECT = env_bool("SECURE_SSL_REDIRECT", HTTPS)
# 監控在本機用 HTTP 來問，不必繞一圈 TLS。
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^livez$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SESSION_COOKIE_SECURE = HTTPS
CSRF_COOKIE_SECURE = HTTPS
CSRF_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "pingtan_civ.errors.csrf_failure"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'self'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:", "blob:"],
        "object-src": ["'none'"],
        "base-uri": ["'none'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
    }
}

# 語言：繁體為源，簡體由目錄對照；日期和時限一律按北京時間。
LANGUAGE_CODE = "zh-hant"
LANGUAGES = [("zh-hant", "繁體中文"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Asia/Shanghai"

# 靜態文件與佐證
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
WHITENOISE_USE_FINDERS = EMBEDDED
MEDIA_ROOT = Path(env.str("MEDIA_ROOT", default=str(VAR_DIR / "media"))).resolve()
FONTS_DIR = Path(env.str("FONTS_DIR", default=str(VAR_DIR / "fonts"))).resolve()
STORAGES = {
    "default": env_storage("STORAGE_URL"),
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if EMBEDDED
        else "whitenoise.storage.CompressedManifestStaticFilesStorage"
    },
}
# 設了就由 nginx 代發佐證文件（X-Accel-Redirect），不設由本進程發。
ACCEL_REDIRECT = env.str("ACCEL_REDIRECT", default="")
if ACCEL_REDIRECT and "OPTIONS" in STORAGES["default"]:
    raise ImproperlyConfigured(
        "STORAGE_URL 和 ACCEL_REDIRECT 只能設一個：存在桶裏的文件 nginx 發不了，請去掉 ACCEL_REDIRECT。"
    )
UPLOAD_MAX_MB = env_int("UPLOAD_MAX_MB", 50, low=1, high=500)
UPLOAD_MAX_MEGAPIXELS = env_int("UPLOAD_MAX_MEGAPIXELS", 100, low=1, high=200)
UPLOAD_MAX_SIDE = env_int("UPLOAD_MAX_SIDE", 20_000, low=1000, high=60_000)
# 解一張圖片最多用多少內存；本機同時最多解幾張。兩個相乘就是圖片一共用得到的。
UPLOAD_PICTURE_MB = env_int("UPLOAD_PICTURE_MB", 768, low=256, high=4096)
UPLOAD_PICTURES_AT_ONCE = env_int("UPLOAD_PICTURES_AT_ONCE", 2, low=1, high=16)
# 辦公文件解開後一共不超過多少 MB。
UPLOAD_MAX_UNPACKED_MB = env_int("UPLOAD_MAX_UNPACKED_MB", 500, low=10, high=4000)
# 一期報送裏最多掛多少份佐證。
EVIDENCE_MAX_FILES = env_int("EVIDENCE_MAX_FILES", 200, low=1, high=2000)
# 查毒：clamd 的「主機:端口」或套接字文件。不通時默認不收，見 docs/decisions/。
CLAMAV_ADDRESS = env_clamav("CLAMAV_ADDRESS")
CLAMAV_REQUIRED = env_bool("CLAMAV_REQUIRED", True)
CLAMAV_SECONDS = env_int("CLAMAV_SECONDS", 60, low=5, high=300)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.TemporaryFileUploadHandler"]
FILE_UPLOAD_PERMISSIONS = 0o640

# 郵件：不設 EMAIL_URL 時不發郵件，站內消息照常。
EMAIL_URL = env_url("EMAIL_URL", ("smtp", "smtp+tls", "smtp+ssl", "filemail", "consolemail"))
MAIL_ENABLED = bool(EMAIL_URL)
if EMAIL_URL:
    vars().update(env.email_url("EMAIL_URL"))
    if EMAIL_URL.startswith("smtp"):
        EMAIL_BACKEND = "journal.channels.smtp.BoundedBackend"
# 發一封信、一條群消息或短信，從連接到收到回答一共最多幾秒。
EMAIL_TIMEOUT = 20
GATEWAY_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("MAIL_FROM", default="wenming@pingtan.invalid")

CRISPY_ALLOWED_TEMPLATE_PACKS = "bootstrap5"
CRISPY_TEMPLATE_PACK = "bootstrap5"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "filters": {"hide keys": {"()": "pingtan_civ.lib.redaction.HideKeys"}},
    "handlers": {
        "console": {
            "class": "logging.StreamHandler",
            "formatter": "line",
            "filters": ["hide keys"],
        }
    },
    "loggers": {"django.request": {"filters": ["hide keys"]}},
    "root": {"handlers": ["console"], "level": env_choice("LOG_LEVEL", "INFO", LOG_LEVELS)},
}
