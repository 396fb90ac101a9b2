"""Pictures that somebody else might send: made by Pillow, or byte by byte where it would not make such a thing."""

from __future__ import annotations

import array
import io
import struct
import zlib
from typing import Any

from PIL import Image, ImageCms, ImageOps


def saved(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def photograph(width: int = 320, height: int = 200, kind: str = "JPEG", **options: Any) -> bytes:
    """Bright above, dark below, red at the upper left."""
    image = Image.linear_gradient("L").rotate(180).resize((width, height)).convert("RGB")
    image.paste((220, 20, 20), (0, 0, width // 4, height // 4))
    return saved(image, kind, **options)


def with_place(orientation: int = 1) -> bytes:
    """A photograph whose EXIF says where it was taken, by whom, and how the camera was held."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x013B] = "Secret Photographer"
    exif.get_ifd(0x8825)[2] = (37.0, 33.0, 58.0)
    exif.get_ifd(0x8825)[1] = "N"
    return photograph(exif=exif.tobytes(), comment=b"Secret comment", xmp=b"<x>Secret place</x>")


def png_of_16_bits() -> bytes:
    """Grey from black to white, 16 bits deep."""
    row = [x * 65535 // 255 for x in range(256)]
    grey = array.array("H", row * 64)
    return saved(Image.frombytes("I;16", (256, 64), grey.tobytes()), "PNG")


def palette(kind: str, **options: Any) -> bytes:
    """Two colours: red everywhere but green in the upper left quarter."""
    image = Image.new("P", (100, 100), 0)
    image.putpalette([255, 0, 0, 0, 255, 0])
    image.paste(1, (0, 0, 50, 50))
    return saved(image, kind, **options)


def moving(kind: str) -> bytes:
    """Red, then blue."""
    after = Image.new("RGB", (64, 48), "blue")
    return saved(Image.new("RGB", (64, 48), "red"), kind, save_all=True, append_images=[after], duration=100)


def of_another_profile() -> bytes:
    """Red by its numbers and green by its profile, in which red and green have changed places."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    profile = profile.replace(b"rXYZ", b"____", 1).replace(b"gXYZ", b"rXYZ", 1).replace(b"____", b"gXYZ", 1)
    return saved(Image.new("RGB", (64, 48), (200, 10, 10)), "JPEG", icc_profile=profile)


def bomb(width: int, height: int) -> bytes:
    """A PNG of one bit a pixel: 81 million of them are 9.9 KB."""
    return _empty_png(width, height, 1, 0)


def clear(width: int, height: int) -> bytes:
    """A PNG through which everything shines: 16 million pixels, four bytes each once decoded, are 63 KB."""
    return _empty_png(width, height, 8, 6)


def _empty_png(width: int, height: int, depth: int, colours: int) -> bytes:
    packer = zlib.compressobj(9)
    row = bytes(width * depth * (4 if colours == 6 else 1) // 8 + 2)[: None if depth == 1 else -1]
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()

    def chunk(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    head = struct.pack(">IIBBBBB", width, height, depth, colours, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def in_scans(more: int) -> bytes:
    """A progressive JPEG whose last scan comes `more` times again: each is work for the whole picture."""
    whole = photograph(64, 48, progressive=True)
    last = whole[whole.rfind(b"\xff\xda") : -2]
    return whole[:-2] + last * more + whole[-2:]


def noise(width: int, height: int, alpha: Image.Image | None = None, kind: str = "PNG") -> bytes:
    """What no format makes small."""
    band = Image.effect_noise((width, height), 120)
    bands = [band, ImageOps.mirror(band), ImageOps.flip(band)]
    return saved(Image.merge("RGBA", [*bands, alpha]) if alpha else Image.merge("RGB", bands), kind)


def opened(content: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(content))
    image.load()
    return image
