"""Pictures from outside, looked at before anybody is shown them.

What comes is bytes that somebody else chose. What goes out is a picture of our own making: of a size that was checked
before anything was decoded, turned the right way up, in colours that every screen shows alike, and without a word of
what the camera wrote down, the place among it.
"""

from __future__ import annotations

import hashlib
import io
import re
import threading
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from publisher.domain.picture import NARROW, WIDE, StoredPicture
from publisher.errors import PictureError

if TYPE_CHECKING:
    from PIL.Image import Image

TALLEST = 3_600
MOST_TIMES = 6  # as long as it is wide, or as wide as it is long: what goes beyond is a ruler, or fills a whole page
SMALLEST = 16  # a side of less is no picture: it counts readers, or spaces something out
LARGEST_PNG = 1_000_000  # in bytes; a larger one is a photograph, which is no PNG in a letter
LARGEST = 2_000_000  # the most bytes that are stored of any picture
MOST_SCANS = 100  # a progressive JPEG has about ten, and each is work for the whole picture
# What may be decoded: each of these takes less than 250 MB while it is made small.
MOST_PIXELS = {
    "JPEG": 50_000_000,  # a telephone's 48 MP pass, as they are decoded at a fraction of their size
    "JPEG in scans": 24_000_000,  # all of it is held, whatever the size at which it is decoded
    "PNG": 16_000_000,
    "GIF": 16_000_000,
    "WEBP": 10_000_000,  # these two are held several times over
    "AVIF": 10_000_000,
}
_SMALL = 4_000_000  # of more pixels, one at a time is decoded
_one_at_a_time = threading.Lock()
_QUALITY = 84


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture as it will be served: JPEG, or PNG where something shines through it. `small` is that of `facts`."""

    facts: StoredPicture
    content: bytes
    small: Prepared | None = None


def prepare(content: bytes) -> Prepared:
    """The picture in `content`: checked, upright, never enlarged, without metadata; once more where it is made small.

    At most WIDE × TALLEST pixels and LARGEST bytes; the first frame of one that moves. Raises PictureError, which
    says what is wrong with it.
    """
    kind = _kind(content)
    if kind is None:
        raise PictureError("is not a JPEG, PNG, GIF, WebP or AVIF picture")
    try:
        return _in_both_sizes(_in_screen_colours(_decoded(content, kind)))
    except PictureError:
        raise
    # Decoders meet bytes that were made to break them, and raise whatever comes to hand.
    except Exception as error:
        raise PictureError("is cut off or broken") from error


def _kind(content: bytes) -> str | None:
    """The format by its first bytes, as Pillow names it; what a server calls it is not asked."""
    if content.startswith(b"\xff\xd8\xff"):
        return "JPEG"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "PNG"
    if content.startswith((b"GIF87a", b"GIF89a")):
        return "GIF"
    if content.startswith(b"RIFF") and content[8:12] == b"WEBP":
        return "WEBP"
    if content[4:12] in (b"ftypavif", b"ftypavis"):
        return "AVIF"
    return None


def _scans(jpeg: bytes) -> int:
    """How often the picture is gone over; counted no further than to one more than MOST_SCANS.

    Walks from marker to marker as libjpeg does, so that what a camera appended or a thumbnail says does not count.
    """
    count, at = 0, 2
    while count <= MOST_SCANS and (found := _MARKER.search(jpeg, at)):
        marker, at = found[0][1], found.end()
        if marker == _END:
            break
        count += marker == _SCAN
        if marker != _START:
            at += max(2, int.from_bytes(jpeg[at : at + 2], "big"))
    return count


_MARKER = re.compile(rb"\xff[\xc0-\xcf\xd8-\xfe]")  # the others have no length, and nothing in them is skipped
_START, _END, _SCAN = 0xD8, 0xD9, 0xDA


def _decoded(content: bytes, kind: str) -> Image:
    """The picture, decoded and upright, at the size at which it is stored."""
    from PIL import Image  # 60 ms, and most commands see no picture

    Image.MAX_IMAGE_PIXELS = None  # the caps here are ours, and they refuse where Pillow's only warns
    image: Image.Image = Image.open(io.BytesIO(content), formats=(kind,))
    _check(image.size, kind, _scans(content) if kind == "JPEG" else 1)
    with _one_at_a_time if image.width * image.height > _SMALL else nullcontext():
        if kind == "JPEG":
            image.draft(None, _fitting(image))  # decodes a large one at a half, a quarter or an eighth
        image.load()
        # Nothing of full size is kept longer than it is needed: each copy of it counts.
        image = _mixable(image)
        image = image.resize(_fitting(image), Image.Resampling.LANCZOS, reducing_gap=3)
    return _upright(image)


def _check(size: tuple[int, int], kind: str, scans: int) -> None:
    """Raises PictureError where it would be too much work, or nothing to look at."""
    width, height = size
    if scans > MOST_SCANS:
        raise PictureError(f"is a JPEG in more than {MOST_SCANS} scans; save it anew")
    most = MOST_PIXELS["JPEG in scans" if scans > 1 else kind]
    if width * height > most:
        raise PictureError(f"has {width} × {height} pixels, more than {most // 1_000_000} million")
    if min(width, height) < SMALLEST:
        raise PictureError(f"is only {width} × {height} pixels")
    if max(width, height) > MOST_TIMES * min(width, height):
        raise PictureError(f"has {width} × {height} pixels: one side is more than {MOST_TIMES} times the other")


def _fitting(image: Image) -> tuple[int, int]:
    """The size at which it is stored, before it is turned upright."""
    lies = image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
    widest, tallest = (TALLEST, WIDE) if lies else (WIDE, TALLEST)
    factor = min(1, widest / image.width, tallest / image.height)
    return max(1, round(image.width * factor)), max(1, round(image.height * factor))


_ORIENTATION = 0x0112


def _mixable(image: Image) -> Image:
    """In a mode in which neighbouring pixels can be mixed: no palette, and nothing that stands for a hole."""
    if image.mode.startswith("I"):  # 16 bits of grey
        return image if image.mode == "I" else image.convert("I")
    if image.has_transparency_data:
        return image if image.mode in ("RGBA", "LA") else image.convert("RGBA")
    if image.mode == "1":
        return image.convert("L")
    return image.convert("RGB") if image.mode in ("P", "PA") else image


def _upright(image: Image) -> Image:
    """Turned as EXIF says that the camera was held."""
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


def _in_screen_colours(image: Image) -> Image:
    """RGB, or RGBA where something shines through, in the colours (sRGB) that are meant where none are named."""
    if image.mode == "I":  # `convert` alone would make nearly all of it white
        image = image.point(lambda value: value * (1 / 256)).convert("L")
    profile = image.info.get("icc_profile")
    has_alpha = image.has_transparency_data
    if profile and image.mode in ("RGB", "RGBA", "CMYK", "L"):
        image = _from_profile(image, profile)
    image = image.convert("RGBA" if has_alpha else "RGB")
    if has_alpha and image.getchannel("A").getextrema()[0] == 255:
        image = image.convert("RGB")
    return image


def _from_profile(image: Image, profile: bytes) -> Image:
    """From the colours that the picture's own profile names to sRGB; as it is where that profile is of no use."""
    from PIL import ImageCms

    try:
        own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        mode = "RGBA" if image.mode == "RGBA" else "RGB"
        return ImageCms.profileToProfile(image, own, ImageCms.createProfile("sRGB"), outputMode=mode) or image
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image


def _in_both_sizes(image: Image) -> Prepared:
    """As wide as it is, and NARROW where that is less."""
    from PIL import Image as Pillow

    image.info.clear()  # what the camera or an editor wrote would be written down again
    large = _encoded(image)
    if large.facts.width <= NARROW:
        return large
    height = max(1, round(image.height * NARROW / image.width))
    small = _encoded(image.resize((NARROW, height), Pillow.Resampling.LANCZOS, reducing_gap=3))
    return replace(large, facts=replace(large.facts, small=small.facts), small=small)


def _encoded(image: Image) -> Prepared:
    """JPEG, or PNG where something shines through; made smaller until it is of no more than LARGEST bytes."""
    content = _png(image) if image.mode == "RGBA" else _jpeg(image)
    if image.mode == "RGBA" and len(content) > LARGEST_PNG:
        if _is_nearly_opaque(image):
            image = _on_white(image)
            content = _jpeg(image)
        else:
            content = _png(image.quantize(256))
    while len(content) > LARGEST:
        image = image.resize((max(1, image.width * 3 // 4), max(1, image.height * 3 // 4)))
        content = _png(image.quantize(256)) if image.mode == "RGBA" else _jpeg(image)
    media_type = "image/png" if image.mode == "RGBA" else "image/jpeg"
    digest = hashlib.sha256(content).hexdigest()
    return Prepared(StoredPicture(digest, media_type, image.width, image.height), content)


def _png(image: Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()


def _jpeg(image: Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return out.getvalue()


def _is_nearly_opaque(image: Image) -> bool:
    """Whether little shines through, as at rounded corners: of 100 pixels not more than five."""
    shining = sum(image.getchannel("A").histogram()[:240])
    return shining * 20 <= image.width * image.height


def _on_white(image: Image) -> Image:
    from PIL import Image

    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image).convert("RGB")
