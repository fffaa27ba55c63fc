import io
import zlib
from datetime import datetime

import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from pingtan_civ.lib import images
from pingtan_civ.lib.images import normalise_picture
from pingtan_civ.lib.picture_decoding import MAX_RESULT_BYTES
from pingtan_civ.lib.slots import one_of
from pingtan_civ.lib.uploads import RefusedUpload
from tests.lib import make_files as make

TAKEN = "2026:11:20 15:06:07"


def tidy(data: bytes):
    buffer, found = normalise_picture(io.BytesIO(data))
    return Image.open(buffer), found


def assert_red_is_top_left(image: Image.Image) -> None:
    width, height = image.size
    red, _green, blue = image.convert("RGB").getpixel((width // 4, height // 4))
    assert red > 150 > blue
    red, _green, blue = image.convert("RGB").getpixel((width * 3 // 4, height * 3 // 4))
    assert blue > 120 > red


def test_a_phone_photograph_comes_out_upright_small_and_without_its_place():
    upright = make.scene(3024, 4032, noise=2)
    sideways = upright.transpose(Image.Transpose.ROTATE_90)
    data = make.picture(
        sideways,
        quality=95,
        exif=make.exif(taken=TAKEN, orientation=6, gps=True),
        comment=b"secret",
    )
    assert len(data) > 4_000_000
    assert Image.open(io.BytesIO(data)).getexif().get_ifd(0x8825)

    image, found = tidy(data)

    assert found.size <= MAX_RESULT_BYTES
    assert found.extension == "jpg"
    assert (found.width, found.height) == image.size
    assert found.height > found.width >= 1600
    assert_red_is_top_left(image)
    assert dict(image.getexif()) == {}
    assert not {"exif", "comment", "icc_profile", "xmp"} & set(image.info)
    assert found.captured_at == datetime.fromisoformat("2026-11-20T15:06:07+08:00")


@pytest.mark.parametrize("orientation", range(1, 9))
def test_every_way_of_holding_the_camera_is_turned_right(orientation):
    turns = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    shot = make.scene(640, 480)
    shot = shot.transpose(turns[orientation]) if orientation in turns else shot
    data = make.picture(shot, exif=make.exif(orientation=orientation))

    image, found = tidy(data)

    assert image.size == (640, 480)
    assert_red_is_top_left(image)
    assert (found.width, found.height) == (640, 480)


def test_a_heic_photograph_becomes_a_jpg_with_its_date():
    shot = make.scene(640, 480).transpose(Image.Transpose.ROTATE_90)
    data = make.picture(shot, "HEIF", exif=make.exif(taken=TAKEN, orientation=6, gps=True))

    image, found = tidy(data)

    assert (found.extension, found.content_type) == ("jpg", "image/jpeg")
    assert image.size == (640, 480)
    assert_red_is_top_left(image)
    assert found.captured_at == datetime.fromisoformat("2026-11-20T15:06:07+08:00")
    assert dict(image.getexif()) == {}


@pytest.mark.parametrize(
    ("taken", "offset", "expected"),
    [
        (TAKEN, "", "2026-11-20T15:06:07+08:00"),
        (TAKEN, "+00:00", "2026-11-20T23:06:07+08:00"),
        (TAKEN, "胡寫", "2026-11-20T15:06:07+08:00"),
        ("2026:02:30 00:00:00", "", None),
        ("0000:00:00 00:00:00", "", None),
        ("1970:01:01 00:00:00", "", None),
        ("not a date", "", None),
        ("", "", None),
    ],
)
def test_the_capture_date_is_read_or_left_out(taken, offset, expected):
    exif = make.exif(taken=taken, offset=offset.encode().decode("latin-1"))

    _image, found = tidy(make.picture(make.scene(), exif=exif))

    assert found.captured_at == (datetime.fromisoformat(expected) if expected else None)


def test_a_screenshot_stays_a_png_without_what_was_hidden_in_it():
    notes = PngInfo()
    notes.add_text("Location", "平潭")
    data = make.picture(make.scene(), "PNG", pnginfo=notes) + b"<script>alert(1)</script>"

    buffer, found = normalise_picture(io.BytesIO(data))

    assert found.extension == "png"
    assert b"script" not in buffer.getvalue()
    assert b"Location" not in buffer.getvalue()


def test_a_heavy_png_becomes_a_jpg_on_white():
    image = make.scene(1600, 1200, noise=1).convert("RGBA")
    image.paste((0, 0, 0, 0), (1400, 0, 1600, 200))
    data = make.picture(image, "PNG")
    assert len(data) > MAX_RESULT_BYTES

    tidied, found = tidy(data)

    assert found.extension == "jpg"
    assert found.size <= MAX_RESULT_BYTES
    assert min(tidied.getpixel((1500, 100))) > 240


def test_a_page_hidden_behind_a_picture_does_not_come_through():
    data = make.picture(make.scene()) + b"<html><script>alert(1)</script>"

    buffer, _found = normalise_picture(io.BytesIO(data))

    assert b"script" not in buffer.getvalue()


def test_a_long_screenshot_keeps_its_width_readable():
    image, found = tidy(make.picture(make.scene(1080, 11_000, noise=9), quality=95))

    assert found.size <= MAX_RESULT_BYTES
    assert image.width >= 1000


def test_an_animation_keeps_its_first_picture():
    other = Image.new("RGB", (800, 600), "white")
    data = make.picture(make.scene(), "WEBP", save_all=True, append_images=[other], duration=100)

    image, found = tidy(data)

    assert found.extension == "jpg"
    assert_red_is_top_left(image)


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16", "RGBA"])
def test_every_colour_mode_is_understood(mode):
    form = "JPEG" if mode == "CMYK" else "PNG"
    image = (
        Image.new("I;16", (60, 40), 40_000) if mode == "I;16" else make.scene(60, 40).convert(mode)
    )

    tidied, found = tidy(make.picture(image, form))

    assert tidied.size == (60, 40)
    assert found.size > 0


def test_a_broken_colour_profile_is_ignored():
    image, _found = tidy(make.picture(make.scene(), icc_profile=b"broken profile"))

    assert_red_is_top_left(image)


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "HEIF"])
@pytest.mark.parametrize("share", [0.03, 0.5, 0.9])
def test_half_a_picture_is_refused(form, share):
    data = make.picture(make.scene(noise=4), form)

    with pytest.raises(RefusedUpload, match="沒有傳完整"):
        normalise_picture(io.BytesIO(data[: int(len(data) * share)]))


def test_an_enormous_picture_is_refused_before_decoding():
    data = make.picture(Image.new("1", (20_001, 10)), "PNG")

    with pytest.raises(RefusedUpload, match="尺寸過大"):
        normalise_picture(io.BytesIO(data))


@pytest.mark.parametrize(
    ("form", "size", "limit"),
    [("JPEG", (10_001, 10_000), 100), ("PNG", (10_001, 5_000), 50), ("WEBP", (10_001, 5_000), 50)],
)
def test_more_pixels_than_the_limit_are_refused(form, size, limit):
    """JPG 邊解碼邊縮小，別的要整張解開，只許一半。"""
    data = make.picture(Image.new("L", size), form)

    with pytest.raises(RefusedUpload, match=f"尺寸過大.*縮小到 {limit} 百萬像素"):
        normalise_picture(io.BytesIO(data))


def test_a_jpeg_of_sixty_million_pixels_is_shrunk_as_it_is_read():
    image, _found = tidy(make.picture(Image.new("L", (10_000, 6_000))))

    assert image.width * image.height <= 12_800_000


def test_a_picture_that_needs_more_memory_than_allowed_is_refused_with_the_limit(settings):
    settings.UPLOAD_PICTURE_MB = 256

    with pytest.raises(RefusedUpload, match="256 MB 內存"):
        normalise_picture(io.BytesIO(make.picture(Image.new("RGBA", (9_000, 5_000)), "PNG")))


def test_when_all_places_are_taken_the_uploader_is_asked_to_wait(settings, monkeypatch):
    monkeypatch.setattr(images, "_QUEUE_SECONDS", 0)
    settings.UPLOAD_PICTURES_AT_ONCE = 1
    taken = one_of(1, folder=settings.VAR_DIR, name="picture", seconds=60)
    with taken, pytest.raises(RefusedUpload, match="請過一分鐘再傳"):
        normalise_picture(io.BytesIO(make.picture(make.scene())))

    assert normalise_picture(io.BytesIO(make.picture(make.scene())))[1].is_picture


def test_a_picture_whose_head_claims_to_be_enormous_is_refused_undecoded():
    data = bytearray(make.picture(make.scene(), "PNG"))
    data[16:24] = (30_000).to_bytes(4, "big") + (30_000).to_bytes(4, "big")

    # PNG 的頭有校驗和，要一併改對，才是「報稱巨大」而不是「損壞」。
    data[29:33] = zlib.crc32(bytes(data[12:29])).to_bytes(4, "big")

    with pytest.raises(RefusedUpload, match="尺寸過大（30000×30000）"):
        normalise_picture(io.BytesIO(data))


def test_what_is_no_picture_is_refused():
    with pytest.raises(RefusedUpload, match="JPG 或 PNG"):
        normalise_picture(io.BytesIO(make.pdf()))
