"""樣例的佐證：畫出來的「實景圖片」、Word 文件、統計表、掃描件，沒有任何真人真事。"""

import io
import random
from datetime import date
from functools import cache
from pathlib import Path

import xlsxwriter
from django.conf import settings
from docx import Document
from PIL import Image, ImageDraw, ImageFont

from pingtan_civ.lib.dates import long_date

FONT = Path("reports/fonts/NotoSerifSC-Regular.ttf")
SKY, GROUND, INK, PAPER = "#d9e6ef", "#b9bfae", "#23313a", "#fbfaf5"
WALLS = ["#e9dccb", "#dfe3d6", "#e6d5d0", "#d6dde6"]
ROOFS = ["#7a4b3a", "#4f6b5c", "#6b4f5c", "#48607a"]
COATS, SKIN = ["#2f4858", "#8c3b3b", "#e8e4da", "#3e5c45", "#c9a45c", "#5b5f77"], "#d9b59a"


@cache
def font(size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(settings.BASE_DIR / FONT), size)


def picture(unit: str, caption: str, day: date, seed: int) -> bytes:
    """一張門面照：房子、單位牌子、門前的人、右下角的日期。

    seed 讓各家的樣子不同；每張的取景、雲和人也不同，像不同的日子拍的，不然體檢張張說「看上去一樣」。
    """
    shot = random.Random(f"{unit}{caption}{day}{seed}")  # noqa: S311  只是畫得不一樣
    image = _framed(_front(unit, seed), shot)
    draw = ImageDraw.Draw(image)
    _passers_by(draw, shot)
    draw.rectangle((0, 560, 960, 640), fill=GROUND)
    draw.text((24, 592), caption, font=font(28), fill=INK, anchor="lm")
    draw.text((936, 28), "樣例圖片", font=font(20), fill="#7b8d99", anchor="rm")
    draw.text((936, 592), f"{day:%Y.%m.%d}", font=font(28), fill="#a3392b", anchor="rm")
    return _jpeg(image, day)


def _framed(front: Image.Image, shot: random.Random) -> Image.Image:
    """遠近、左右各不相同的取景：門面放在一片大的天地裏，從中裁一塊，牌子總在裏面。"""
    wide = Image.new("RGB", (1600, 1000), SKY)
    draw = ImageDraw.Draw(wide)
    draw.rectangle((0, 730, 1600, 1000), fill=GROUND)
    for _cloud in range(shot.randint(1, 5)):
        x, y = shot.randint(0, 1400), shot.randint(40, 260)
        draw.ellipse((x, y, x + shot.randint(120, 320), y + shot.randint(40, 90)), fill=PAPER)
    wide.paste(front.crop((80, 120, 950, 640)), (400, 350))
    width = shot.randint(800, 1250)
    height = width * 2 // 3
    left = shot.randint(max(0, 1070 - width), min(530, 1600 - width))
    top = shot.randint(max(0, 800 - height), min(320, 1000 - height))
    return wide.crop((left, top, left + width, top + height)).resize(front.size)


def _passers_by(draw: ImageDraw.ImageDraw, shot: random.Random) -> None:
    """門前的人。"""
    for _person in range(shot.randint(3, 7)):
        x, tall = shot.randint(20, 900), shot.randint(140, 300)
        wide, coat = tall // 3, shot.choice(COATS)
        draw.rounded_rectangle((x, 570 - tall, x + wide, 570), wide // 3, fill=coat)
        draw.ellipse(
            (x + wide // 5, 540 - tall - wide // 3, x + wide * 4 // 5, 580 - tall), fill=SKIN
        )


def _front(unit: str, seed: int) -> Image.Image:
    """一家單位的門面。"""
    image = Image.new("RGB", (960, 640), SKY)
    draw = ImageDraw.Draw(image)
    wall, roof = WALLS[seed % len(WALLS)], ROOFS[seed % len(ROOFS)]
    draw.rectangle((0, 500, 960, 640), fill=GROUND)
    draw.rectangle((120, 210, 840, 520), fill=wall)
    draw.polygon([(90, 212), (870, 212), (780, 130), (180, 130)], fill=roof)
    for column in range(5):
        if column != 2:
            left = 160 + column * 136
            draw.rectangle((left, 330, left + 90, 430), fill="#8fb0c4", outline=PAPER, width=6)
    draw.rectangle((430, 350, 530, 520), fill="#5b4636")
    draw.line((480, 350, 480, 520), fill=PAPER, width=3)
    draw.rectangle((300, 238, 660, 306), fill=PAPER, outline="#9c7b2f", width=4)
    draw.text((480, 272), unit, font=font(36), fill=INK, anchor="mm")
    for trunk in (60 + seed % 3 * 12, 900):
        draw.rectangle((trunk - 6, 430, trunk + 6, 510), fill="#6f5a45")
        draw.ellipse((trunk - 46, 340, trunk + 46, 450), fill="#6d8f62")
    return image


def _jpeg(image: Image.Image, day: date) -> bytes:
    """帶上拍攝時間，和手機拍的一樣。"""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[36867] = f"{day:%Y:%m:%d} 10:12:00"
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, exif=exif)
    return out.getvalue()


def scan(unit: str, title: str, number: str, day: date) -> bytes:
    """紅頭文件首頁的掃描件（PDF）。"""
    image = Image.new("RGB", (830, 1170), PAPER)
    draw = ImageDraw.Draw(image)
    draw.text((415, 150), "平潭縣民政局文件", font=font(56), fill="#b3261e", anchor="mm")
    draw.text((415, 240), number, font=font(24), fill=INK, anchor="mm")
    draw.line((90, 275, 740, 275), fill="#b3261e", width=4)
    for index in range(0, len(title), 20):
        line = title[index : index + 20]
        draw.text((415, 350 + index * 2.4), line, font=font(32), fill=INK, anchor="mm")
    body = f"各科室、窗口單位：現將《{title}》印發給你們，請認真貫徹執行。"
    for index in range(0, len(body), 26):
        draw.text((90, 520 + index * 1.7), body[index : index + 26], font=font(24), fill=INK)
    draw.text((740, 800), unit, font=font(24), fill=INK, anchor="rm")
    draw.text((740, 845), long_date(day), font=font(24), fill=INK, anchor="rm")
    draw.text((415, 1110), "（演示用樣例，並非真實文件）", font=font(20), fill="#888", anchor="mm")
    out = io.BytesIO()
    image.save(out, "PDF", resolution=100)
    return out.getvalue()


def report(unit: str, title: str, text: str, day: date) -> bytes:
    """說明報告（Word）。"""
    document = Document()
    document.core_properties.author = unit
    document.add_heading(title, level=1)
    document.add_paragraph(text)
    document.add_paragraph(f"{unit}　{long_date(day)}")
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def table(unit: str, title: str, rows: list[tuple[str, int]]) -> bytes:
    """統計表（Excel）。"""
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False})
    sheet = book.add_worksheet()
    sheet.write_string(0, 0, f"{unit}　{title}")
    for index, (label, value) in enumerate(rows, 2):
        sheet.write_string(index, 0, label)
        sheet.write_number(index, 1, value)
    book.close()
    return out.getvalue()
