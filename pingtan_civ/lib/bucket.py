"""文件存在 S3 兼容的桶裏時的存儲。只在設了 STORAGE_URL 時才引入，本機文件夾不用裝 boto3 的開銷。

一次 PUT（大的分段，最後一下才合成）在桶裏是整個出現的，讀者看不到半個文件。
"""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from storages.backends.s3 import S3Storage

from pingtan_civ.lib.storage import CHUNK

_MEGABYTE = 1 << 20
#: 連不上、不說話的桶不能拖住頁面。
_CONNECT_SECONDS, _READ_SECONDS, _TRIES = 5, 30, 2


class BucketStorage(S3Storage):
    """save 到已有的名字是整個換掉；不公開，發給人看的地址一分鐘後作廢。"""

    is_local = False

    def __init__(
        self, *, path_style: bool = True, can_handover: bool = True, **options: object
    ) -> None:
        super().__init__(
            **{
                "file_overwrite": True,
                "default_acl": None,
                "querystring_auth": True,
                # 打開來讀的，超過這麼大就落到臨時文件，不全放在內存裏。
                "max_memory_size": 4 * _MEGABYTE,
                # 大文件分段傳、不開線程：網頁進程多用的內存只有一段。
                "transfer_config": TransferConfig(
                    multipart_threshold=16 * _MEGABYTE,
                    multipart_chunksize=8 * _MEGABYTE,
                    use_threads=False,
                ),
                "client_config": Config(
                    signature_version="s3v4",
                    connect_timeout=_CONNECT_SECONDS,
                    read_timeout=_READ_SECONDS,
                    retries={"total_max_attempts": _TRIES},
                    # 只有 AWS 自己認得新式校驗和，兼容的服務多半不認。
                    request_checksum_calculation="when_required",
                    response_checksum_validation="when_required",
                    s3={"addressing_style": "path" if path_style else "auto"},
                ),
                **options,
            }
        )
        self._can_handover = can_handover

    def read(self, name: str, start: int = 0, length: int | None = None) -> Iterator[bytes]:
        """從 start 起的 length 個字節，分塊；要哪一段只取哪一段。

        Raises FileNotFoundError；桶連不上、不讓讀、讀到一半斷了是別的 OSError，與本機文件夾一樣。
        """
        if length == 0:
            return
        end = "" if length is None else start + length - 1
        wanted = {"Range": f"bytes={start}-{end}"} if start or length else {}
        client = self.connection.meta.client
        with _as_os_errors(name):
            found = client.get_object(Bucket=self.bucket_name, Key=self._key(name), **wanted)
            with closing(found["Body"]) as body:
                yield from body.iter_chunks(CHUNK)

    def handover(
        self, name: str, *, disposition: str, content_type: str, seconds: int
    ) -> str | None:
        """請瀏覽器自己去桶裏取的地址，過了 seconds 秒作廢；配置了不許的為 None。"""
        if not self._can_handover:
            return None
        told = {"ResponseContentDisposition": disposition, "ResponseContentType": content_type}
        return self.url(name, parameters=told, expire=seconds)

    def walk(self) -> Iterator[tuple[str, int]]:
        """桶裏（本系統的前綴下）的每個文件：名字、字節數。一頁一頁取，不全放進內存。

        Raises OSError：桶連不上、不讓看。
        """
        begin = f"{self.location.rstrip('/')}/" if self.location else ""
        pages = self.connection.meta.client.get_paginator("list_objects_v2")
        with _as_os_errors(self.bucket_name):
            for page in pages.paginate(Bucket=self.bucket_name, Prefix=begin):
                for entry in page.get("Contents", ()):
                    yield entry["Key"].removeprefix(begin), entry["Size"]

    def _key(self, name: str) -> str:
        return str(self._normalize_name(name))


@contextmanager
def _as_os_errors(name: str) -> Iterator[None]:
    """botocore 的異常換成本機文件會有的那些：調用的人不必知道文件存在哪裏。"""
    try:
        yield
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") == "NoSuchKey":
            raise FileNotFoundError(name) from error
        raise OSError(str(error)) from error
    except BotoCoreError as error:
        raise OSError(str(error)) from error
