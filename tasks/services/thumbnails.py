"""佐證圖片的縮略圖：第一次有人看時做一張存下，以後直接取。"""

from typing import BinaryIO, cast

from django.core.files.base import ContentFile
from django.core.files.storage import default_storage

from pingtan_civ.lib.thumbnails import thumbnail
from tasks.models import EvidenceFile


def thumbnail_path(file: EvidenceFile) -> str:
    """縮略圖的存放處，沒有就現做。

    兩個人同時第一次看，各做一張，內容一樣，後到的換掉先到的。
    Raises FileNotFoundError（原件不在存儲裏）、OSError（原件打不開）。
    """
    path = f"thumbnails/{file.sha256[:2]}/{file.sha256}.jpg"
    if not default_storage.exists(path):
        with default_storage.open(file.path) as source:
            small = thumbnail(cast(BinaryIO, source))
        default_storage.save(path, ContentFile(small))
    return path
