"""Whatever bytes come as a picture: what is served is a plain picture of our own making, or a reason in words."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageCms

from publisher.domain.picture import WIDE
from publisher.errors import PictureError
from publisher.fetch.pictures import LARGEST, TALLEST, prepare
from tests.pictures import makers


def colour(content: bytes, x: int, y: int) -> tuple[int, ...]:
    found = makers.opened(content).convert("RGB").getpixel((x, y))
    assert isinstance(found, tuple)
    return found


def is_near(found: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 25 for one, other in zip(found, wanted, strict=True))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_a_picture_of_any_usual_kind_becomes_a_jpeg_of_the_same_size(kind: str) -> None:
    made = prepare(makers.photograph(kind=kind))
    assert (made.facts.media_type, made.facts.width, made.facts.height) == ("image/jpeg", 320, 200)
    assert makers.opened(made.content).size == (320, 200)
    assert is_near(colour(made.content, 20, 20), (220, 20, 20))


def test_a_picture_is_named_by_what_is_in_it_and_the_same_one_always_becomes_the_same_bytes() -> None:
    first, again = prepare(makers.photograph()), prepare(makers.photograph())
    assert first == again
    assert first.facts.digest == hashlib.sha256(first.content).hexdigest()
    assert first.facts.file_name == f"{first.facts.digest}.jpg"


def test_a_large_picture_is_made_1200_wide_and_a_small_one_is_never_enlarged() -> None:
    large = prepare(makers.photograph(3000, 1500)).facts
    assert (large.width, large.height) == (WIDE, 600)
    small = prepare(makers.photograph(40, 30)).facts
    assert (small.width, small.height) == (40, 30)


def test_a_tall_picture_is_made_as_narrow_as_its_height_asks() -> None:
    tall = prepare(makers.photograph(1000, 5000)).facts
    assert (tall.width, tall.height) == (720, TALLEST)
    exif = Image.Exif()
    exif[0x0112] = 6  # stored lying down
    for kind in ("JPEG", "PNG", "WEBP"):
        turned = prepare(makers.photograph(5000, 1000, kind, exif=exif.tobytes())).facts
        assert (turned.width, turned.height) == (720, TALLEST), kind


@pytest.mark.parametrize("size", [(100, 601), (601, 100), (16, 60_000)])
def test_a_picture_that_is_a_ruler_is_refused(size: tuple[int, int]) -> None:
    words = f"has {size[0]} × {size[1]} pixels: one side is more than 6 times the other"
    with pytest.raises(PictureError, match=words):
        prepare(makers.photograph(*size))
    assert prepare(makers.photograph(100, 600)).facts.height == 600


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_stands_upright_however_the_camera_was_held(orientation: int) -> None:
    made = prepare(makers.with_place(orientation))
    size = (320, 200) if orientation < 5 else (200, 320)
    assert (made.facts.width, made.facts.height) == size
    corners = {1: (5, 5), 2: (-5, 5), 3: (-5, -5), 4: (5, -5), 5: (5, 5), 6: (-5, 5), 7: (-5, -5), 8: (5, -5)}
    x, y = corners[orientation]
    assert is_near(colour(made.content, x % size[0], y % size[1]), (220, 20, 20))


def test_nothing_that_the_camera_wrote_down_is_served() -> None:
    given = makers.with_place()
    assert b"Secret Photographer" in given
    made = prepare(given)
    assert b"Secret" not in made.content
    served = makers.opened(made.content)
    assert not served.getexif()
    assert not {"exif", "comment", "icc_profile", "xmp"} & set(served.info)


def test_nothing_is_written_down_with_a_picture_that_shines_through_either() -> None:
    image = Image.new("RGBA", (40, 40), (9, 9, 9, 120))
    exif = Image.Exif()
    exif[0x013B] = "Secret Photographer"
    given = makers.saved(
        image,
        "PNG",
        exif=exif.tobytes(),
        icc_profile=ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes(),
    )
    assert b"Secret" in given
    served = makers.opened(prepare(given).content)
    assert not served.getexif()
    assert set(served.info) <= {"dpi"}


def test_colours_of_print_become_colours_of_screens() -> None:
    made = prepare(makers.saved(Image.new("CMYK", (64, 48), (0, 255, 255, 0)), "JPEG"))
    assert makers.opened(made.content).mode == "RGB"
    found = colour(made.content, 30, 20)
    assert found[0] > 200
    assert max(found[1:]) < 80


def test_colours_are_those_that_the_pictures_own_profile_names() -> None:
    assert is_near(colour(prepare(makers.of_another_profile()).content, 30, 20), (10, 200, 10))
    broken = makers.saved(Image.new("RGB", (64, 48), (90, 90, 90)), "JPEG", icc_profile=b"no profile at all")
    assert is_near(colour(prepare(broken).content, 30, 20), (90, 90, 90))


def test_sixteen_bits_of_grey_keep_their_greys() -> None:
    made = prepare(makers.png_of_16_bits())
    assert is_near(colour(made.content, 128, 30), (128, 128, 128))
    assert is_near(colour(made.content, 4, 30), (4, 4, 4))


@pytest.mark.parametrize("kind", ["PNG", "GIF"])
def test_a_palette_with_a_hole_shines_through(kind: str) -> None:
    made = prepare(makers.palette(kind, transparency=0))
    assert made.facts.media_type == "image/png"
    shown = makers.opened(made.content).convert("RGBA")
    assert shown.getpixel((80, 80)) == (255, 0, 0, 0)
    assert shown.getpixel((10, 10)) == (0, 255, 0, 255)


def test_what_could_shine_through_and_does_not_is_a_jpeg() -> None:
    opaque = makers.saved(Image.new("RGBA", (40, 40), (10, 200, 10, 255)), "PNG")
    assert prepare(opaque).facts.media_type == "image/jpeg"
    assert prepare(makers.palette("PNG")).facts.media_type == "image/jpeg"


@pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG"])
def test_of_a_picture_that_moves_the_first_moment_is_shown(kind: str) -> None:
    made = prepare(makers.moving(kind))
    assert made.facts.media_type == "image/jpeg"
    assert is_near(colour(made.content, 30, 20), (255, 0, 0))


def test_a_bomb_is_refused_before_anything_is_unpacked() -> None:
    bomb = makers.bomb(9_000, 9_000)
    assert len(bomb) < 10_000
    with pytest.raises(PictureError, match="has 9000 × 9000 pixels, more than 16 million"):
        prepare(bomb)
    with pytest.raises(PictureError, match="more than 16 million"):
        prepare(makers.bomb(60_000, 60_000)[:200])  # only its head: nothing after that is read


def test_what_a_telephone_takes_passes() -> None:
    assert prepare(makers.saved(Image.new("L", (8_000, 6_000)), "JPEG")).facts.height == 900
    with pytest.raises(PictureError, match="has 8000 × 6000 pixels, more than 24 million"):
        prepare(makers.saved(Image.new("L", (8_000, 6_000)), "JPEG", progressive=True))


def test_a_jpeg_of_scans_without_end_is_refused_before_anything_is_decoded() -> None:
    assert prepare(makers.in_scans(80)).facts.width == 64
    with pytest.raises(PictureError, match="is a JPEG in more than 100 scans"):
        prepare(makers.in_scans(100))
    head, scan, rest = makers.in_scans(100).partition(b"\xff\xda")
    hidden = head + scan + rest.replace(scan, b"\xff\x02\xff\xff" + scan)  # what follows FF 02 is no length
    with pytest.raises(PictureError, match="is a JPEG in more than 100 scans"):
        prepare(hidden)


def test_what_only_looks_like_scans_does_not_count() -> None:
    within = makers.photograph(comment=b"\xff\xda" * 500)
    after = makers.photograph() + b"\xff\xda\x00\x02" * 500
    assert [prepare(content).facts.width for content in (within, after)] == [320, 320]


PEAK = """
import re, sys, threading
from pathlib import Path
from PIL import Image
from publisher.fetch.pictures import prepare
def peak():  # of this program alone; what getrusage tells begins with the memory of the one that started it
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024
Image.init()
contents = [Path(path).read_bytes() for path in sys.argv[1:]]
before = peak()
made = []
threads = [threading.Thread(target=lambda one=one: made.append(prepare(one).facts.width)) for one in contents]
[thread.start() for thread in threads]
[thread.join() for thread in threads]
assert made == [1200] * len(contents), made
print(peak() - before)
"""


def taken(folder: Path, *contents: bytes) -> int:
    """The megabytes that a program takes which prepares all of these at once; Linux tells it."""
    paths = [folder / str(number) for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_bytes(content)
    told = subprocess.run([sys.executable, "-c", PEAK, *map(str, paths)], capture_output=True, text=True, check=True)
    return int(told.stdout)


def test_large_pictures_that_come_at_once_are_decoded_one_after_the_other(tmp_path: Path) -> None:
    content = makers.clear(4_000, 4_000)
    assert len(content) < 100_000
    assert taken(tmp_path, content, content, content, content) < 220  # two at once take 260


def test_a_photograph_is_never_decoded_whole(tmp_path: Path) -> None:
    assert taken(tmp_path, makers.saved(Image.new("RGB", (8_000, 6_000)), "JPEG")) < 60  # whole it is 192


def test_a_photograph_with_a_few_holes_is_a_jpeg_on_white() -> None:
    alpha = Image.new("L", (700, 700), 255)
    alpha.paste(0, (0, 0, 60, 60))
    made = prepare(makers.noise(700, 700, alpha))
    assert (made.facts.media_type, made.facts.width) == ("image/jpeg", 700)
    assert is_near(colour(made.content, 20, 20), (255, 255, 255))


def test_what_shines_through_everywhere_is_made_small_and_still_shines_through() -> None:
    made = prepare(makers.noise(1_200, 2_400, Image.linear_gradient("L").resize((1_200, 2_400))))
    assert made.facts.media_type == "image/png"
    assert len(made.content) <= LARGEST
    shown = makers.opened(made.content)
    assert shown.size == (made.facts.width, made.facts.height)
    alpha = shown.convert("RGBA").getchannel("A").histogram()
    assert sum(alpha[:80]) > 0
    assert sum(alpha[180:]) > 0


def test_no_jpeg_is_stored_that_is_larger_than_two_megabytes() -> None:
    made = prepare(makers.noise(1_200, 3_600))
    assert made.facts.media_type == "image/jpeg"
    assert len(made.content) <= LARGEST
    assert made.facts.width < WIDE


@pytest.mark.parametrize("size", [(1, 1), (600, 2)])
def test_what_only_counts_readers_is_no_picture(size: tuple[int, int]) -> None:
    with pytest.raises(PictureError, match=f"is only {size[0]} × {size[1]} pixels"):
        prepare(makers.saved(Image.new("RGB", size), "PNG"))


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "AVIF"])
def test_a_picture_that_is_cut_off_is_told_as_such(kind: str) -> None:
    whole = makers.photograph(kind=kind)
    for length in (len(whole) // 2, 40):
        with pytest.raises(PictureError, match="is cut off or broken"):
            prepare(whole[:length])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"<html><body>404</body></html>",
        b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        b"BM" + bytes(60),
        b"%PDF-1.7",
        b"%!PS-Adobe-3.0 EPSF-3.0",
        b"II*\x00" + bytes(60),
        b"\xff\xd8",
    ],
)
def test_what_is_no_picture_of_a_usual_kind_is_refused(content: bytes) -> None:
    with pytest.raises(PictureError, match="is not a JPEG, PNG, GIF, WebP or AVIF picture"):
        prepare(content)


@given(st.sampled_from(["JPEG", "PNG", "GIF", "WEBP", "AVIF"]), st.data())
@settings(max_examples=150, deadline=None)
def test_spoiled_bytes_are_a_picture_or_a_reason_and_nothing_else(kind: str, data: st.DataObject) -> None:
    spoiled = bytearray(makers.photograph(48, 32, kind=kind))
    for _ in range(data.draw(st.integers(1, 8))):
        spoiled[data.draw(st.integers(12, len(spoiled) - 1))] = data.draw(st.integers(0, 255))
    try:
        made = prepare(bytes(spoiled))
    except PictureError as error:
        assert error.message
        return
    assert made.facts.width <= WIDE


def test_a_picture_of_more_than_600_pixels_is_made_once_more_at_600() -> None:
    assert prepare(makers.photograph(600, 400)).small is None
    made = prepare(makers.photograph(601, 400))
    assert made.small is not None
    assert made.facts.small == made.small.facts
    assert makers.opened(made.small.content).size == (600, 399)
    assert hashlib.sha256(made.small.content).hexdigest() == made.small.facts.digest
    clear = prepare(makers.noise(900, 700, Image.linear_gradient("L").resize((900, 700))))
    assert clear.small is not None
    assert (clear.small.facts.media_type, clear.small.facts.width) == ("image/png", 600)


FATES = {
    "coffee.webp": "image/jpeg 300 × 200",
    "coffee_alpha.png": "image/jpeg 300 × 200",  # its alpha is full everywhere
    "coffee_exif_rot6.jpg": "image/jpeg 200 × 300",  # upright
    "hostile_script.svg": "is not a JPEG, PNG, GIF, WebP or AVIF picture",
    "placeholder.svg": "is not a JPEG, PNG, GIF, WebP or AVIF picture",
    "skimage_chelsea.jpg": "image/jpeg 451 × 300",
    "skimage_coffee.jpg": "image/jpeg 600 × 400",
    "skimage_hubble_deep_field.jpg": "image/jpeg 459 × 400",
    "truncated.jpg": "is cut off or broken",
}


def test_every_picture_of_the_shared_folder_is_made_ours_or_left_out_with_a_reason(shared: Path) -> None:
    """Prints the table with `pytest -s`."""
    fates = {}
    for path in sorted((shared / "data" / "images").iterdir()):
        before, after = path.read_bytes(), ""
        try:
            made = prepare(before)
        except PictureError as error:
            fates[path.name] = error.message
        else:
            facts = made.facts
            fates[path.name] = f"{facts.media_type} {facts.width} × {facts.height}"
            after = f", {len(made.content):,} bytes"
            shown = makers.opened(made.content)
            assert shown.size == (facts.width, facts.height)
            assert not shown.getexif()
        print(f"{path.name:30} {len(before):8,} bytes → {fates[path.name]}{after}")
    assert fates == FATES
