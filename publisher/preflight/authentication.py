"""SPF, DKIM and DMARC of the sender's domain: without them Gmail and Yahoo refuse, or file the letter as spam."""

from __future__ import annotations

import re
from collections.abc import Iterator

from publisher.preflight.finding import Finding, Level
from publisher.preflight.reading import Reading


def authentication(reading: Reading) -> Iterator[Finding]:
    """What the DNS lacks. Nothing is said where no letter leaves this machine, or nobody could ask the DNS."""
    records, domain = reading.facts.mail_domain, reading.facts.sender.rpartition("@")[2]
    if records is None or reading.facts.is_local:
        return
    if records.spf is not None:
        yield from _spf(domain, [one for one in records.spf if one.lower().startswith("v=spf1")])
    if records.dmarc is not None:
        yield from _dmarc(domain, [one for one in records.dmarc if one.lower().startswith("v=dmarc1")])
    for name, found in records.dkim.items():
        if found is not None and not any(re.search(r"(?:^|;)\s*p=[^;\s]", one) for one in found):
            yield _warning(
                f"the DNS has no key at {name}, so nobody can check the signature of a letter",
                "publish the record that `publisher mail keys` shows",
            )

    signer = records.signer.lower()
    if signer and not _is_aligned(signer, domain.lower()):
        yield _warning(
            f"letters are from {domain} and signed by {signer}, which DMARC does not take for the same",
            "sign with the sender’s domain, or one above or below it",
        )


def _is_aligned(one: str, other: str) -> bool:
    return one == other or one.endswith(f".{other}") or other.endswith(f".{one}")


def _spf(domain: str, found: list[str]) -> Iterator[Finding]:
    if not found:
        yield _warning(
            f"{domain} has no SPF record", f'publish one for the relay, like "v=spf1 include:… -all" at {domain}'
        )
    elif len(found) > 1:
        yield _warning(f"{domain} has {len(found)} SPF records, and receivers then take none", "leave one of them")
    elif re.search(r"(?:^|\s)\+?all\b", found[0]):
        yield _warning(f"the SPF record of {domain} lets everybody send in its name", "end it with -all or ~all")


def _dmarc(domain: str, found: list[str]) -> Iterator[Finding]:
    if not found:
        yield _warning(
            f"{domain} has no DMARC record", f'publish "v=DMARC1; p=none" at _dmarc.{domain}, and tighten it later'
        )
    elif not re.search(r"(?:^|;)\s*p=(?:none|quarantine|reject)", found[0], re.IGNORECASE):
        yield _warning(f"the DMARC record of {domain} says no policy", 'let it say "p=none" at least')


def _warning(what: str, todo: str) -> Finding:
    return Finding(Level.WARNING, "authentication", "sender", what, todo)
