"""Pictures from outside, looked at before anybody is shown them.

What comes is bytes that somebody else chose. What goes out is a picture of our own making: of a size that was checked
before anything was decoded, turned the right way up, in colours that every screen shows alike, and without a word of
what the camera wrote down, the place among it.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from typing import TYPE_CHECKING

from publisher.domain.picture import StoredPicture
from publisher.errors import PictureError

if TYPE_CHECKING:
    from PIL.Image import Image

WIDEST = 1_200
MOST_PIXELS = 50_000_000  # a telephone's 48 MP pass; Pillow alone would open 81 MP from 9.9 KB
SMALLEST = 16  # a side of less is no picture: it counts readers, or spaces something out
_QUALITY = 84


@dataclass(frozen=True, slots=True)
class Prepared:
    """A picture as it will be served: JPEG, or PNG where something shines through it."""

    facts: StoredPicture
    content: bytes


def prepare(content: bytes) -> Prepared:
    """The picture in `content`: checked, upright, at most WIDEST pixels wide and never enlarged, without metadata.

    The first frame of one that moves. Raises PictureError, which says what is wrong with it.
    """
    kind = _kind(content)
    if kind is None:
        raise PictureError("is not a JPEG, PNG, GIF, WebP or AVIF picture")
    try:
        image = _decoded(content, kind)
        made = _encoded(_sized(_in_screen_colours(_upright(image))))
    except PictureError:
        raise
    # Decoders meet bytes that were made to break them, and raise whatever comes to hand.
    except Exception as error:
        raise PictureError("is cut off or broken") from error
    return made


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


def _decoded(content: bytes, kind: str) -> Image:
    from PIL import Image  # 60 ms, and most commands see no picture

    Image.MAX_IMAGE_PIXELS = None  # the cap below is ours, and it refuses where Pillow's only warns
    image: Image.Image = Image.open(io.BytesIO(content), formats=(kind,))
    width, height = image.size
    if width * height > MOST_PIXELS:
        raise PictureError(f"has {width} × {height} pixels, more than {MOST_PIXELS // 1_000_000} million")
    if min(width, height) < SMALLEST:
        raise PictureError(f"is only {width} × {height} pixels")
    if kind == "JPEG":
        image.draft(None, (WIDEST, WIDEST))  # decodes a large one at a half, a quarter or an eighth
    image.load()
    return image


def _upright(image: Image) -> Image:
    """Turned as EXIF says that the camera was held."""
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


def _in_screen_colours(image: Image) -> Image:
    """RGB, or RGBA where something shines through, in the colours (sRGB) that are meant where none are named."""
    if image.mode.startswith("I"):  # 16 bits of grey; `convert` alone would make nearly all of it white
        image = image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
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


def _sized(image: Image) -> Image:
    from PIL import Image

    if image.width <= WIDEST:
        return image
    height = max(1, round(image.height * WIDEST / image.width))
    return image.resize((WIDEST, height), Image.Resampling.LANCZOS, reducing_gap=3)


def _encoded(image: Image) -> Prepared:
    image.info.clear()  # what the camera or an editor wrote would be written down again
    out = io.BytesIO()
    if image.mode == "RGBA":
        media_type = "image/png"
        image.save(out, "PNG", optimize=True)
    else:
        media_type = "image/jpeg"
        image.save(out, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    content = out.getvalue()
    digest = hashlib.sha256(content).hexdigest()
    return Prepared(StoredPicture(digest, media_type, image.width, image.height), content)
