"""Passwords: which are good enough, and how they are kept.

NIST SP 800-63B-4 and ASVS 5.0 (V6.2): as long as one likes, of any characters, and none that anybody would guess; no
rule about what they are made of, and none that they end after a time. They are kept as argon2id (RFC 9106).
"""

from __future__ import annotations

from collections.abc import Sequence
from unicodedata import normalize

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher

LEAST, MOST = 12, 200  # characters
# How many guesses it takes, as a power of ten. A billion of them against a stolen hash keep a processor busy for years.
GUESSES = 9.0
_LOOKED_AT = 72  # zxcvbn takes no more, and grows slow
SALT_BYTES = 16
# A password that nobody has. Who asks for an address that is nobody's waits as long as for one that is somebody's.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$JnLdGMfmuYeyB1u0E4odOA$AOy9din+Pf8gwVDY2hBqx8uSIEeyANx2zfjyMmRpRlQ"

_KEPT = PasswordHash((Argon2Hasher(),))  # 64 MB, three passes: the second choice of RFC 9106, section 4


def weakness(password: str, about: Sequence[str] = ()) -> str:
    """Why this is no password to take, in a sentence; nothing for a good one.

    `about` is what anybody would try first: the person's address and name, the publication's name.
    """
    from zxcvbn import zxcvbn  # type: ignore[import-untyped]  # 40 ms to load, for who chooses a password

    password = _normal(password)
    if len(password) < LEAST:
        return f"a password has at least {LEAST} characters; a few words are easy to remember"
    if len(password) > MOST:
        return f"a password has at most {MOST} characters"
    known = [part for text in about for part in (text, *text.replace("@", " ").replace(".", " ").split()) if part]
    if zxcvbn(password[:_LOOKED_AT], user_inputs=known, max_length=_LOOKED_AT)["guesses_log10"] < GUESSES:
        return "this password would be guessed soon; take a few words that do not belong together"
    return ""


def kept(password: str, salt: bytes) -> str:
    """What is stored of a password; `salt` is SALT_BYTES of chance."""
    return _KEPT.hash(_normal(password), salt=salt)


def fits(password: str, stored: str) -> bool:
    """Whether it is the password that was stored; in the same time for nothing stored as for another password."""
    try:
        return _KEPT.verify(_normal(password)[: MOST + 1], stored or NOBODY) and bool(stored)
    except UnknownHashError:
        return False


def _normal(password: str) -> str:
    """The same for every keyboard: a Mac may send Hangul in pieces."""
    return normalize("NFKC", password)
