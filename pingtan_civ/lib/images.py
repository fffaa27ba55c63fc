"""照片的整理：轉正、縮到 2 MB 以內、去掉位置和一切附加信息，只留下拍攝時間。

解碼在關得住的子進程裏做（confined.py）：壞圖讓解碼器崩了、佔滿了，網頁照常。
"""

import hashlib
import io
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, BinaryIO

from django.conf import settings

from pingtan_civ.lib import confined, picture_decoding, slots
from pingtan_civ.lib.dates import BEIJING
from pingtan_civ.lib.upload_kinds import CONTENT_TYPES, PICTURES, Inspected, refused, sniff

#: 一張圖最多解多久（處理器秒）。
_SECONDS = 20
#: 排到這麼多秒還輪不到，就請他過一會兒再傳。
_QUEUE_SECONDS = 60


def normalise_picture(file: BinaryIO) -> tuple[io.BytesIO, Inspected]:
    """返回整理好的圖片（JPG；小的 PNG 仍為 PNG，免得截圖的字發虛）和它的查驗結果。

    動圖取第一幅。不是圖片、過大、損壞或沒有傳完整的抛出 RefusedUpload。
    """
    file.seek(0)
    kind = sniff(file.read(4096))
    if kind not in PICTURES:
        raise refused("picture")
    with _its_turn(), confined.upload_on_disk(file) as path:
        made = _decoded(path, kind)
    if "refused" in made:
        megapixels, side = _limits(kind)
        raise refused(made["refused"], megapixels=megapixels, side=side, **made["facts"])
    extension, data = made["extension"], made["data"]
    return io.BytesIO(data), Inspected(
        extension,
        CONTENT_TYPES[extension],
        len(data),
        hashlib.sha256(data).hexdigest(),
        made["width"],
        made["height"],
        _captured_at(made["taken"]),
    )


def _decoded(path: str, kind: str) -> dict[str, Any]:
    megapixels, side = _limits(kind)
    megabytes = settings.UPLOAD_PICTURE_MB
    try:
        return confined.run(
            picture_decoding.normalise,
            *(path, kind, megapixels * 1_000_000, side),
            seconds=_SECONDS,
            megabytes=megabytes,
        )
    except confined.TooMuch as stopped:
        raise refused("slow_picture", seconds=_SECONDS, megabytes=megabytes) from stopped
    except confined.Failed as failure:
        raise refused("damaged") from failure


def _limits(kind: str) -> tuple[int, int]:
    """最多多少百萬像素、邊長多少。JPG 邊解碼邊縮小，別的要整張解開，只許一半。"""
    most = settings.UPLOAD_MAX_MEGAPIXELS
    return most if kind == "jpg" else max(1, most // 2), settings.UPLOAD_MAX_SIDE


@contextmanager
def _its_turn() -> Iterator[None]:
    """本機各個網頁進程一共只解這麼多張，其餘排隊。"""
    with ExitStack() as held:
        turn = slots.one_of(
            settings.UPLOAD_PICTURES_AT_ONCE,
            folder=settings.VAR_DIR,
            name="picture",
            seconds=_QUEUE_SECONDS,
        )
        try:
            held.enter_context(turn)
        except TimeoutError as error:
            raise refused("busy") from error
        yield


def _captured_at(taken: list[list[str]]) -> datetime | None:
    """拍攝時間。相機寫了時差的按時差換算，沒寫的當作北京時間；讀不懂就當沒有。"""
    return next((moment for pair in taken if (moment := _exif_moment(*pair))), None)


def _exif_moment(taken: str, offset: str) -> datetime | None:
    try:
        moment = datetime.strptime(taken.strip("\0 ")[:19], "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007
    except ValueError:
        return None
    if not 1990 <= moment.year <= 2100:
        return None
    try:
        zoned = datetime.strptime(offset.strip("\0 "), "%z")
    except ValueError:
        return moment.replace(tzinfo=BEIJING)
    return moment.replace(tzinfo=zoned.tzinfo).astimezone(BEIJING)
