"""Photos: what is taken, how it is turned, what the copies show and what they never show."""

from __future__ import annotations

import hashlib
import io
import random
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops, ImageDraw

from app.fonts import FONT_NAME, IN_PACKAGE, find_font
from inspection.coordinates import Position
from inspection.errors import SuichaError, TooLargeError
from services.field.photos import PhotoLimits, PhotoRefusedError, Stamp, check_signature_png, develop
from tests.unit.cameras import shots
from tests.unit.hostile import HOSTILE, encoded, jpeg_of_many_scans, motion_photo

ROOT = Path(__file__).parents[2]
FONT = find_font([ROOT / "var/fonts" / FONT_NAME, ROOT / "web/node_modules" / IN_PACKAGE])
LIMITS = PhotoLimits()
STAMP = Stamp(
    at=datetime(2026, 11, 20, 6, 32, 5, tzinfo=UTC),
    place="某市样例区样例路1号（北纬36.66512，东经117.02031）",
    task="2026年餐饮服务领域部门联合双随机抽查（第三批）",
    target="样例小馆餐饮有限公司",
    inspector="张样例（样例区市场监管局）、李样例（样例区消防救援大队）",
)
CORNERS = ("red", "lime", "blue", "yellow")


def developed(data: bytes, stamp: Stamp = STAMP, limits: PhotoLimits = LIMITS):
    return develop(data, stamp, limits, FONT)


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data), formats=("JPEG",))
    image.load()
    return image


def scene(width: int, height: int) -> Image.Image:
    """Four corners of four colours: no turn or mirroring leaves it the same."""
    image = Image.new("RGB", (width, height), "grey")
    draw = ImageDraw.Draw(image)
    for index, colour in enumerate(CORNERS):
        x, y = index % 2 * width // 2, index // 2 * height // 2
        draw.rectangle((x, y, x + width // 2 - 1, y + height // 2 - 1), fill=colour)
    return image


def exif(orientation: int = 1) -> Image.Exif:
    block = Image.Exif()
    block[0x0112] = orientation
    block[0x0110] = "样例手机".encode()
    block.get_ifd(0x8769)[0x9003] = "2026:11:20 14:31:58"
    block.get_ifd(0x8825).update({1: "N", 2: (36.0, 39.0, 54.432), 3: "E", 4: (117.0, 1.0, 13.116)})
    return block


def unlike(one: Image.Image, other: Image.Image) -> int:
    """The largest difference of any pixel, JPEG's own noise at edges blurred away."""
    small = [image.convert("RGB").resize((40, 40), Image.Resampling.BOX) for image in (one, other)]
    return max(high for _, high in ImageChops.difference(*small).getextrema())


# What a camera held so stores: the inverse of the turn that EXIF asks for.
STORED = {
    1: None,
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_90,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_270,
}


@pytest.mark.parametrize("orientation", STORED)
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_every_orientation_gives_the_same_upright_picture(orientation, kind):
    """Issue 2 item 4: turned upright, with upright width and height, whichever way the phone was held."""
    upright, turn = scene(2400, 1800), STORED[orientation]
    stored = upright.transpose(turn) if turn is not None else upright
    photo = developed(encoded(stored, kind, exif=exif(orientation)))
    assert (photo.width, photo.height) == (2400, 1800)
    display = opened(photo.display)
    assert display.size == (1600, 1200)
    above_band = (0, 0, 1600, 800)
    assert unlike(display.crop(above_band), scene(1600, 1200).crop(above_band)) < 24


def test_the_copies_have_the_promised_sizes():
    photo = developed(encoded(scene(4000, 3000), "JPEG", quality=80))
    assert opened(photo.display).size == (1600, 1200)
    assert opened(photo.thumb).size == (320, 240)
    assert photo.media_type == "image/jpeg"


def test_a_small_photo_is_not_blown_up_and_keeps_most_of_itself_uncovered():
    """G10: on tiny pictures the canvas grows instead of the watermark covering the evidence."""
    photo = developed(encoded(scene(320, 240), "PNG"))
    display = opened(photo.display)
    assert (photo.width, photo.height) == (320, 240)
    assert display.width == 320
    assert display.height > 240
    assert unlike(display.crop((0, 0, 320, 150)), scene(320, 240).crop((0, 0, 320, 150))) < 40


def test_the_hash_is_of_the_original_bytes():
    data = encoded(scene(800, 600), "JPEG")
    assert developed(data).sha256 == hashlib.sha256(data).hexdigest()


def test_the_claims_of_the_camera_are_read_and_no_copy_carries_them():
    """Reliability 3, ASVS 14.2.8: time and place are values for those entitled; copies are pixels alone."""
    data = encoded(scene(800, 600), "JPEG", exif=exif(), comment=b"secret comment")
    photo = developed(data)
    assert photo.taken_at == datetime(2026, 11, 20, 14, 31, 58, tzinfo=timezone(timedelta(hours=8)))
    assert photo.position is not None
    assert photo.position.latitude == pytest.approx(36.66512)
    assert photo.position.longitude == pytest.approx(117.02031)
    for copy in (photo.display, photo.thumb):
        assert not opened(copy).getexif()
        for word in (b"Exif", b"secret", "样例手机".encode(), b"ICC_PROFILE"):
            assert word in data or word == b"ICC_PROFILE"
            assert word not in copy


@pytest.mark.parametrize(
    ("gps", "expected"),
    [
        ({1: "S", 2: (36.0, 30.0, 0.0), 3: "W", 4: (117.0, 0.0, 0.0)}, Position(latitude=-36.5, longitude=-117)),
        ({1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)}, None),
        ({1: "N", 2: (99.0, 0.0, 0.0), 3: "E", 4: (117.0, 0.0, 0.0)}, None),
        ({1: "N", 2: (36.0, 30.0, 0.0)}, None),
        ({}, None),
    ],
)
def test_a_wrong_position_is_no_position(gps, expected):
    block = Image.Exif()
    block.get_ifd(0x8825).update(gps)
    assert developed(encoded(scene(400, 300), "JPEG", exif=block)).position == expected


@pytest.mark.parametrize("claim", ["0000:00:00 00:00:00", "    :  :     :  :  ", "yesterday", "2026-11-20"])
def test_a_wrong_time_is_no_time_and_no_refusal(claim):
    block = Image.Exif()
    block.get_ifd(0x8769)[0x9003] = claim
    assert developed(encoded(scene(400, 300), "JPEG", exif=block)).taken_at is None


def test_a_named_zone_is_kept():
    block = Image.Exif()
    block.get_ifd(0x8769).update({0x9003: "2026:11:20 06:31:58", 0x9011: "+00:00"})
    assert developed(encoded(scene(400, 300), "JPEG", exif=block)).taken_at == datetime(
        2026, 11, 20, 6, 31, 58, tzinfo=UTC
    )


@pytest.mark.parametrize(
    "junk", [b"Exif\0\0garbage", b"Exif\0\0MM\0\x2a\xff\xff\xff\xff", b"Exif\0\0II*\0\x08\0\0\0\xff\xff"]
)
def test_a_broken_exif_block_costs_the_claims_not_the_photo(junk):
    photo = developed(encoded(scene(400, 300), "JPEG", exif=junk))
    assert (photo.width, photo.taken_at, photo.position) == (400, None, None)


@pytest.mark.parametrize("background", ["white", "black", "yellow"])
def test_the_watermark_is_legible_on_any_background(background):
    """Issue 2 item 4: WCAG contrast of the text to everything that the band lets through is at least 4.5."""
    display = opened(developed(encoded(Image.new("RGB", (1600, 1200), background), "PNG")).display).convert("L")
    band = display.crop((0, 1200 - 150, 1600, 1200 - 10))
    dark, bright = band.histogram(), band.getextrema()[1]
    commonest = max(range(256), key=dark.__getitem__)

    def luminance(level: int) -> float:
        return ((level / 255 + 0.055) / 1.055) ** 2.4

    assert (luminance(bright) + 0.05) / (luminance(commonest) + 0.05) > 4.5
    assert sum(dark[220:]) > 2_000, "text is there"


@pytest.mark.parametrize(
    "change",
    [
        {"at": STAMP.at + timedelta(seconds=1)},
        {"place": "未取得定位"},
        {"task": "另一任务"},
        {"target": "另一对象"},
        {"inspector": "王样例"},
    ],
)
def test_every_part_of_the_stamp_is_visible(change):
    """Issue 2 item 4: time, place, task, target, inspector each change the pixels of the band, and only those."""
    data = encoded(scene(1600, 1200), "PNG")
    one, other = opened(developed(data).display), opened(developed(data, replace(STAMP, **change)).display)
    box = ImageChops.difference(one, other).getbbox()
    assert box is not None
    assert box[1] > 800


@settings(max_examples=25, deadline=None)
@given(st.text(max_size=200), st.integers(16, 900), st.integers(16, 900))
def test_any_text_and_any_shape_can_be_stamped(text, width, height):
    """Names come from registers: control characters, emoji, endless names, tiny and narrow pictures."""
    if max(width, height) > 10 * min(width, height):
        return
    stamp = Stamp(at=STAMP.at, place=text, task=text, target=text, inspector=text)
    assert opened(developed(encoded(scene(width, height), "PNG"), stamp).display).width == width


@pytest.mark.parametrize("mode", ["L", "1", "P", "LA", "RGBA", "I;16", "CMYK"])
def test_every_kind_of_pixel_is_taken(mode):
    image = scene(400, 300).convert("L").convert("I;16") if mode == "I;16" else scene(400, 300).convert(mode)
    display = opened(developed(encoded(image, "JPEG" if mode == "CMYK" else "PNG")).display)
    assert display.mode == "RGB"
    assert len(set(display.resize((8, 8)).convert("L").tobytes())) > 2


def test_what_is_transparent_lies_on_white():
    display = opened(developed(encoded(Image.new("RGBA", (800, 600), (0, 0, 0, 0)), "WEBP", lossless=True)).display)
    assert min(display.getpixel((10, 10))) > 250


def test_phone_peculiarities_are_taken():
    """Issue 7: two-picture files (MPO), progressive files, motion clips behind the picture."""
    two, twin = scene(400, 300), scene(400, 300)
    assert developed(encoded(two, "MPO", save_all=True, append_images=[twin])).media_type == "image/jpeg"
    assert developed(encoded(two, "JPEG", progressive=True)).width == 400
    assert developed(motion_photo(two)).width == 400


def test_a_hundred_photos_of_twenty_makers_are_taken_and_read():
    """G10: MPO, motion clips, progressive, profiles, restart markers, odd clocks; time, place and upright size fit."""
    taken = list(shots())
    assert (len(taken), len({one.name.partition(",")[0] for one in taken})) == (100, 20)
    for shot in taken:
        photo = developed(shot.data)
        assert photo.sha256 == hashlib.sha256(shot.data).hexdigest(), shot.name
        assert (photo.width, photo.height) == shot.size, shot.name
        assert photo.taken_at == shot.taken_at, shot.name
        assert (photo.position is not None) == shot.placed, shot.name
        assert opened(photo.display).size[0] == shot.size[0], shot.name


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_files_are_refused_quickly_with_a_sentence(name):
    """Reliability test 20, 4.2 item 5: refused within 2 s, in Chinese, whatever is wrong."""
    make, sentence = HOSTILE[name]
    data = make()
    started = time.process_time()
    with pytest.raises(SuichaError, match=sentence) as refusal:
        developed(data)
    assert time.process_time() - started < 2
    assert isinstance(refusal.value, PhotoRefusedError | TooLargeError)
    assert refusal.value.action


def test_what_hides_behind_or_inside_a_jpeg_never_reaches_a_viewer():
    """ASVS 5.2.2: a polyglot is taken, for phones append clips too; its tail stays in the sealed original alone."""
    tail = b"<html><script>alert(1)</script></html><?php system($_GET[0]); ?>PK\x03\x04"
    photo = developed(encoded(scene(400, 300), "JPEG", comment=tail) + tail)
    for word in (b"<script", b"<?php", b"PK\x03\x04"):
        assert word not in photo.display
        assert word not in photo.thumb


def test_the_limits_are_the_callers():
    data = encoded(scene(400, 300), "JPEG")
    with pytest.raises(TooLargeError, match="像素"):
        developed(data, limits=PhotoLimits(max_pixels=119_999))
    with pytest.raises(TooLargeError, match="文件"):
        developed(data, limits=PhotoLimits(max_bytes=len(data) - 1))
    assert developed(data, limits=PhotoLimits(max_pixels=120_000, max_bytes=len(data))).width == 400


def test_flipped_bytes_are_taken_or_refused_but_never_anything_else():
    """4.2 item 5: 100 seeded mutations of each format; no exception leaves but ours."""
    chance = random.Random(20261120)  # noqa: S311 - the same files every time
    for kind in ("JPEG", "PNG", "WEBP"):
        whole = encoded(scene(160, 120), kind)
        for _ in range(100):
            data = bytearray(whole)
            for _ in range(chance.randint(1, 8)):
                data[chance.randrange(len(data))] = chance.randrange(256)
            try:
                assert developed(bytes(data)).display
            except (PhotoRefusedError, TooLargeError) as refused:
                assert refused.sentence()  # noqa: PT017 - both ends are right, and nothing else is


def test_endless_scans_are_counted_without_decoding():
    started = time.process_time()
    with pytest.raises(PhotoRefusedError, match="扫描次数"):
        developed(jpeg_of_many_scans(1000))
    assert time.process_time() - started < 0.5


def signature(
    mode: str = "RGBA", background: object = (0, 0, 0, 0), ink: object = (0, 0, 0, 255), **save: object
) -> bytes:
    image = Image.new(mode, (600, 240), background)
    ImageDraw.Draw(image).line([(40, 200), (150, 40), (260, 190), (420, 60), (560, 150)], fill=ink, width=5)
    return encoded(image, "PNG", **save)


@pytest.mark.parametrize(
    "data", [signature(), signature("RGB", "white", "black"), signature("L", 255, 0), signature("RGB", "white", "blue")]
)
def test_a_signature_with_ink_is_taken(data):
    """G7, G9: from the glass, transparent or on white; the copy is black on white."""
    taken = check_signature_png(data)
    assert taken.sha256 == hashlib.sha256(data).hexdigest()
    assert (taken.width, taken.height) == (600, 240)
    assert Image.open(io.BytesIO(taken.display), formats=("PNG",)).getpixel((0, 0)) == 255


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (encoded(Image.new("RGBA", (600, 240), (0, 0, 0, 0)), "PNG"), "空白"),
        (encoded(Image.new("RGB", (600, 240), "white"), "PNG"), "空白"),
        (encoded(Image.new("RGB", (600, 240), "black"), "PNG"), "涂满"),
        (encoded(scene(600, 240), "JPEG"), "PNG"),
        (signature() + b"\0" * (1 << 20), "上限"),
        (signature()[:-300], "损坏"),
        (encoded(Image.new("L", (2100, 2000)), "PNG"), "像素"),
        (b"", "空"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "PNG"),
    ],
)
def test_what_is_no_signature_is_refused(data, sentence):
    """G7: an empty or foreign file never counts as signed."""
    with pytest.raises(SuichaError, match=sentence):
        check_signature_png(data)


def test_hidden_text_does_not_survive_in_the_signature_copy():
    tail = b"<script>alert(1)</script>"
    assert tail not in check_signature_png(signature() + tail).display
