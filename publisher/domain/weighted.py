"""How X counts a post: every character has a weight, an emoji weighs two, a web address weighs 23 whatever its length.

The rules are version 3 of X's counter (twitter-text config v3): U+0000-10FF, U+2000-200D, U+2010-201F and U+2032-2037
weigh one, all else two, so a Hangul syllable is two. Emoji are those of Unicode 11, which X's own libraries know; a
newer sequence is counted part by part, which is never too little. Pure and offline; the list of domains is compiled
at the first text that has a dot.
"""

from __future__ import annotations

import re
from functools import cache
from itertools import chain

from publisher.domain.tlds import RETIRED, ROOT

URL_WEIGHT = 23
EMOJI_WEIGHT = 2
_MAX_LABEL = 63
_MAX_URL = 4096
_MAX_TCO_SLUG = 40


def weight(text: str) -> int:
    """The weighted length of `text`, which is NFC."""
    total = position = 0
    for start, end in urls(text):
        total += _weight_between_urls(text[position:start]) + URL_WEIGHT
        position = end
    return total + _weight_between_urls(text[position:])


def urls(text: str) -> list[tuple[int, int]]:
    """Where X sees web addresses in `text` (NFC), in order, as (start, end).

    Without "https://" a host counts when it ends in a known domain, and only its ASCII part does: "x.ai가" holds one,
    "한글.com" none. A host with more than 63 octets in a label is none.
    """
    if "." not in text:
        return []
    return list(chain.from_iterable(_addresses(match) for match in _url().finditer(text)))


def _weight_between_urls(text: str) -> int:
    if text.isascii():
        return len(text) + len(_KEYCAP.findall(text))
    bare, emoji = _EMOJI.subn("", text)
    light = len(_LIGHT.findall(bare))
    return emoji * EMOJI_WEIGHT + light + 2 * (len(bare) - light)


def _addresses(match: re.Match[str]) -> list[tuple[int, int]]:
    start, end = match.span("url")
    host = match["host"]
    if not _is_host(host) or len(match["scheme"] or "https://") + end - start > _MAX_URL:
        return []
    if match["scheme"]:
        short = _tco().match(match["url"])
        if not short:
            return [(start, end)]
        return [(start, start + short.end())] if len(short["slug"]) <= _MAX_TCO_SLUG else []
    if match["before"] and match["before"] in "-_./":
        return []
    found = [(start + part.start(), start + part.end()) for part in _ascii_host().finditer(host)]
    if found and match["path"]:
        found[-1] = (found[-1][0], end)
    return found


def _is_host(host: str) -> bool:
    if host.startswith("xn--") and not _ascii_host().search(host):
        return False
    return all(0 < _octets(label) <= _MAX_LABEL for label in host.split("."))


def _octets(label: str) -> int:
    """The length of a label as DNS has it; a name in another script is "xn--" and its Punycode.

    X parts a label at the East Asian full stops too when it encodes, but measures the parts together.
    """
    parts = _FULL_STOP.split(label)
    encoded = (len(part) if part.isascii() else len("xn--") + len(part.encode("punycode")) for part in parts)
    return sum(encoded) + len(parts) - 1


# ---- web addresses ----------------------------------------------------------------------------------------------


@cache
def _url() -> re.Pattern[str]:
    return re.compile(
        rf"(?P<before>[^A-Za-z0-9@＠$#＃{_NOT_TEXT}]|[{_DIRECTION}]|^)"
        rf"(?P<url>(?P<scheme>https?://)?(?P<host>{_SUBDOMAIN}{{0,24}}{_DOMAIN}{_tld()})(?::[0-9]+)?"
        rf"(?P<path>/{_PATH}*)?(?:\?{_QUERY}*{_QUERY_END})?)",
        _FLAGS,
    )


@cache
def _ascii_host() -> re.Pattern[str]:
    return re.compile(rf"(?:[-a-z0-9{_LATIN}]+\.)+{_tld()}", _FLAGS)


@cache
def _tco() -> re.Pattern[str]:
    return re.compile(rf"https?://t\.co/(?P<slug>[a-z0-9]+)(?:\?{_QUERY}*{_QUERY_END})?", _FLAGS)


@cache
def _tld() -> str:
    names = (*ROOT.split(), *RETIRED.split())
    latin = _one_of([name for name in names if name.isascii()])
    other = _one_of([name for name in names if not name.isascii()])
    # Only other scripts fold case by Unicode's rules: a long s is no "s" to X.
    return rf"(?:(?:(?u:{other})|{latin})(?![0-9a-zA-Z@+-])|xn--[-0-9a-z]+)"


def _one_of(names: list[str]) -> str:
    """A pattern for any of `names`, longest first, parted by first letter: 30 times as quick as one flat list."""
    tails: dict[str, list[str]] = {}
    for name in sorted(names, key=len, reverse=True):
        tails.setdefault(name[0], []).append(name[1:])
    return "|".join(f"{letter}(?:{'|'.join(rest)})" for letter, rest in tails.items())


_FLAGS = re.ASCII | re.IGNORECASE
_FULL_STOP = re.compile("[。．｡]")
_NOT_TEXT = "\ufffe\ufeff\uffff"
_DIRECTION = "\u202a-\u202e\u061c\u200e\u200f\u2066-\u2069"
_SPACE = "\t-\r \x85\xa0\u1680\u180e\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_NAME = rf"[^-!'#%&()*+,\\./:;<=>?@\[\]^_{{|}}~${_SPACE}{_NOT_TEXT}{_DIRECTION}]"
# A label runs to its dot in one go (possessive), so a long run of letters without a dot costs no backtracking; and a
# host has at most 26 labels, where X sets no bound, so that a text of nothing but dots is not looked through for ever.
_SUBDOMAIN = rf"(?:{_NAME}(?:{_NAME}|[_-])*+(?<![_-])\.)"
_DOMAIN = rf"(?:{_NAME}(?:{_NAME}|-)*+(?<!-)\.)"
_LATIN = (
    "\xc0-\xd6\xd8-\xf6\xf8-\xff\u0100-\u024f\u0253\u0254\u0256\u0257\u0259\u025b\u0263\u0268\u026f\u0272\u0289"
    "\u028b\u02bb\u0300-\u036f\u1e00-\u1eff"
)
_CYRILLIC = "\u0400-\u04ff"
_IN_PATH = rf"[a-z{_CYRILLIC}0-9!*';:=+,.$/%#\[\]\-\u2013_~@|&{_LATIN}]"
_PARENTHESES = rf"(?:\((?:{_IN_PATH}+|{_IN_PATH}*\({_IN_PATH}+\){_IN_PATH}*)\))"
_PATH_END = rf"(?:[+\-a-z{_CYRILLIC}0-9=_#/{_LATIN}]|{_PARENTHESES})"
_PATH = rf"(?:{_IN_PATH}*(?:{_PARENTHESES}{_IN_PATH}*)*{_PATH_END}|@{_IN_PATH}+/)"
_QUERY = r"[a-z0-9!?*'@();:&=+$/%#\[\]\-_.,~|]"
_QUERY_END = r"[a-z0-9\-_&=#/]"


# ---- weights and emoji ------------------------------------------------------------------------------------------


def _any_of(ranges: str) -> str:
    """A character class from hexadecimal code points and ranges of them."""
    return "[" + "".join("-".join(chr(int(end, 16)) for end in part.split("-")) for part in ranges.split()) + "]"


_LIGHT = re.compile(_any_of("0-10FF 2000-200D 2010-201F 2032-2037"))
_KEYCAP = re.compile("[0-9#*]\ufe0f?\u20e3")

# What may be followed by the variation selector U+FE0F and stay one emoji.
_VARIABLE = _any_of(
    "A9 AE 203C 2049 2122 2139 2194-2199 21A9-21AA 231A-231B 2328 23CF 23ED-23EF 23F1-23F2 23F8-23FA 24C2 25AA-25AB "
    "25B6 25C0 25FB-25FE 2600-2604 260E 2611 2614-2615 2618 261D 2620 2622-2623 2626 262A 262E-262F 2638-263A 2640 "
    "2642 2648-2653 265F-2660 2663 2665-2666 2668 267B 267F 2692-2697 2699 269B-269C 26A0-26A1 26AA-26AB 26B0-26B1 "
    "26BD-26BE 26C4-26C5 26C8 26CF 26D1 26D3-26D4 26E9-26EA 26F0-26F5 26F7-26FA 26FD 2702 2708-2709 270C-270D 270F "
    "2712 2714 2716 271D 2721 2733-2734 2744 2747 2757 2763-2764 27A1 2934-2935 2B05-2B07 2B1B-2B1C 2B50 2B55 3030 "
    "303D 3297 3299 1F004 1F170-1F171 1F17E-1F17F 1F202 1F21A 1F22F 1F237 1F321 1F324-1F32C 1F336 1F37D 1F396-1F397 "
    "1F399-1F39B 1F39E-1F39F 1F3CB-1F3CE 1F3D4-1F3DF 1F3F3 1F3F5 1F3F7 1F43F 1F441 1F4FD 1F549-1F54A 1F56F-1F570 "
    "1F573-1F579 1F587 1F58A-1F58D 1F590 1F5A5 1F5A8 1F5B1-1F5B2 1F5BC 1F5C2-1F5C4 1F5D1-1F5D3 1F5DC-1F5DE 1F5E1 "
    "1F5E3 1F5E8 1F5EF 1F5F3 1F5FA 1F6CB 1F6CD-1F6CF 1F6E0-1F6E5 1F6E9 1F6F0 1F6F3"
)
# What takes a skin tone.
_TONED = _any_of(
    "261D 26F7 26F9 270A-270D 1F385 1F3C2-1F3C4 1F3C7 1F3CA-1F3CC 1F442-1F443 1F446-1F450 1F466-1F469 1F46E "
    "1F470-1F478 1F47C 1F481-1F483 1F485-1F487 1F4AA 1F574-1F575 1F57A 1F590 1F595-1F596 1F645-1F647 1F64B-1F64F "
    "1F6A3 1F6B4-1F6B6 1F6C0 1F6CC 1F918-1F91C 1F91E-1F91F 1F926 1F930-1F939 1F93D-1F93E 1F9B5-1F9B6 1F9B8-1F9B9 "
    "1F9D1-1F9DD"
)
# Who comes as a woman or a man, by ZWJ and a sign: with a skin tone or not; only without; only with U+FE0F or a tone.
_GENDERED = _any_of(
    "1F3C3-1F3C4 1F3CA 1F46E 1F471 1F473 1F477 1F481-1F482 1F486-1F487 1F645-1F647 1F64B 1F64D-1F64E 1F6A3 "
    "1F6B4-1F6B6 1F926 1F935 1F937-1F939 1F93D-1F93E 1F9B8-1F9B9 1F9D6-1F9DD"
)
_GENDERED_UNTONED = _any_of("1F46F 1F93C 1F9DE-1F9DF")
_GENDERED_VARIABLE = _any_of("26F9 1F3CB-1F3CC 1F575")
# A man or a woman and a trade, or hair.
_TRADE = (
    _any_of("1F33E 1F373 1F393 1F3A4 1F3A8 1F3EB 1F3ED 1F4BB-1F4BC 1F527 1F52C 1F680 1F692 1F9B0-1F9B3")
    + "|"
    + _any_of("2695 2696 2708")
    + "\ufe0f"
)
_TONE = "[\U0001f3fb-\U0001f3ff]"
_JOIN = "\u200d"
_MAN, _WOMAN, _BOY, _GIRL = "👨", "👩", "👦", "👧"
_CHILDREN = f"{_JOIN}(?:{_GIRL}{_JOIN}[{_BOY}{_GIRL}]|{_BOY}{_JOIN}{_BOY}|[{_BOY}{_GIRL}])"
_HEART = f"{_JOIN}\u2764\ufe0f{_JOIN}(?:💋{_JOIN})?"
_NATIONS = (
    "A[CDEFGILMOQRSTUWXZ]|B[ABDEFGHIJLMNOQRSTVWYZ]|C[ACDFGHIKLMNOPRUVWXYZ]|D[EGJKMOZ]|E[ACEGHRSTU]|F[IJKMOR]|"
    "G[ABDEFGHILMNPQRSTUWY]|H[KMNRTU]|I[CDELMNOQRST]|J[EMOP]|K[EGHIMNPRWYZ]|L[ABCIKRSTUVY]|"
    "M[ACDEFGHKLMNOPQRSTUVWXYZ]|N[ACEFGILOPRUZ]|O[M]|P[AEFGHKLMNRSTWY]|Q[A]|R[EOSUW]|S[ABCDEGHIJKLMNORSTVXYZ]|"
    "T[ACDFGHJKLMNORTVWZ]|U[AGMNSYZ]|V[ACEGINU]|W[FS]|X[K]|Y[ET]|Z[AMW]"
)
_REGIONAL = str.maketrans({chr(65 + i): chr(0x1F1E6 + i) for i in range(26)})
_TAGS = {chr(97 + i): chr(0xE0061 + i) for i in range(26)}
_BRITISH = "|".join("".join(_TAGS[letter] for letter in nation) for nation in ("gbeng", "gbsct", "gbwls"))

# Longest first. A lone emoji needs no branch of its own: it weighs two already.
_EMOJI = re.compile(
    "|".join(
        (
            f"(?:{_MAN}{_JOIN}[{_MAN}{_WOMAN}]|{_WOMAN}{_JOIN}{_WOMAN}|{_MAN}|{_WOMAN}){_CHILDREN}",
            f"[{_MAN}{_WOMAN}]{_HEART}{_MAN}|{_WOMAN}{_HEART}{_WOMAN}",
            f"[{_MAN}{_WOMAN}]{_TONE}?{_JOIN}(?:{_TRADE})",
            f"(?:{_GENDERED}{_TONE}?|{_GENDERED_UNTONED}|{_GENDERED_VARIABLE}(?:\ufe0f|{_TONE})){_JOIN}[♀♂]\ufe0f",
            f"🏳\ufe0f{_JOIN}🌈|🏴{_JOIN}☠\ufe0f|👁{_JOIN}🗨",
            f"🏴(?:{_BRITISH})\U000e007f",
            _NATIONS.translate(_REGIONAL),
            f"{_TONED}{_TONE}|{_GENDERED_VARIABLE}\ufe0f{_TONE}",
            f"{_VARIABLE}\ufe0f",
            _KEYCAP.pattern,
        )
    )
)
