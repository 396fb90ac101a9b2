"""What the law of the readers' countries asks of a letter (COMPLIANCE: 정보통신망법 §50, CAN-SPAM, GDPR)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.preflight.finding import Finding, Level
from publisher.preflight.reading import Reading
from publisher.render.slots import resolved

KOREAN_MARK = "(광고)"
# What people write instead, or somewhere else: the law knows one form in one place (시행령 §61③, 별표 6).
_NEARLY = re.compile(r"[\[【<{（(]\s*광\s*고\s*[\]】>}）)]|^\s*광고[\s:)]")


def korean_mark(reading: Reading) -> Iterator[Finding]:
    """`(광고)` at the start of the subject, in exactly this form, where a letter to Korea advertises."""
    if "kr" not in reading.facts.jurisdictions:
        return
    shown = resolved(reading.proof["subject"])
    if shown.startswith(KOREAN_MARK):
        return
    sponsors = [pick.sponsor for pick in reading.issue.picks if pick.sponsor.strip()]
    todo = "begin the subject with (광고)"
    if _NEARLY.search(shown):
        what = "the subject has another mark than (광고) at its start, and Korean law knows no other"
        yield Finding(Level.BLOCKING, "law", "subject", what, todo)
    elif sponsors:
        what = f"the item of {sponsors[0]} is advertising, and Korean law asks for (광고) at the start of the subject"
        yield Finding(Level.BLOCKING, "law", "subject", what, todo)


def advertiser(reading: Reading) -> Iterator[Finding]:
    """Advertising to Korea also says who sends it and how they are reached (§50④)."""
    if "kr" not in reading.facts.jurisdictions or not resolved(reading.proof["subject"]).startswith(KOREAN_MARK):
        return
    text = resolved(reading.proof["text"])
    if reading.facts.sender not in text and not re.search(r"[\w.+-]+@[\w-]+\.[\w.]+", text):
        what = "advertising to Korea names an address that its sender is reached at, and the letter has none"
        yield Finding(Level.BLOCKING, "law", "text", what, "sign the issue with a name and an address")
    if not re.search(r"\d{2,4}-\d{3,4}-\d{4}", text):
        what = "advertising to Korea names a telephone number of its sender, and the letter has none"
        yield Finding(
            Level.WARNING, "law", "text", what, "write it into postal_address under [publication] in config.toml"
        )
