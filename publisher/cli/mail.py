"""`publisher mail`: the keys that sign mail, and what the sender's domain has to say in the DNS."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

import typer

from publisher.cli.common import Config, Json, open_publication, print_json
from publisher.errors import WrongUse

if TYPE_CHECKING:
    from publisher.config.settings import Settings
    from publisher.mail.keys import Published

app = typer.Typer(no_args_is_help=True)


@app.callback()
def mail() -> None:
    """What the sender's domain answers for."""


@app.command()
def keys(
    context: typer.Context,
    selector: Annotated[
        str, typer.Option(help="Names the record in the DNS.", show_default="dkim.selector of config.toml")
    ] = "",
    rsa: Annotated[bool, typer.Option("--rsa", help="An RSA key, which every receiver knows. The default.")] = False,
    ed25519: Annotated[
        bool, typer.Option("--ed25519", help="An Ed25519 key: twenty times as fast, and not every receiver knows it.")
    ] = False,
    both: Annotated[bool, typer.Option("--both", help="One of each: two signatures in every letter.")] = False,
    config: Config = None,
    json: Json = False,
) -> None:
    """Make the DKIM keys that are missing, never touching one that is there, and print what to publish in the DNS.

    Keys are made under `var/`, those that config.toml names first. Nothing is signed before config.toml names them.
    """
    from publisher.mail.dkim import ED25519, RSA

    settings = open_publication(context, config).settings
    kinds = [kind for kind, is_wanted in ((RSA, rsa or both), (ED25519, ed25519 or both)) if is_wanted]
    told = _told(settings, _selector(selector) if selector else settings.dkim.selector, kinds)
    if json:
        print_json(told.document())
    else:
        print(told.text())


@dataclass(frozen=True, slots=True)
class _Told:
    """What is printed. `signs`: config.toml has all of it already."""

    domain: str
    selector: str
    keys: list[Published]
    signs: bool

    def document(self) -> dict[str, Any]:
        return {
            "domain": self.domain,
            "selector": self.selector,
            "keys": [
                {"kind": key.kind, "place": key.place.place, "is_new": key.is_new, "selector": key.selector}
                | {"name": key.name, "type": "TXT", "value": key.value, "zone": key.zone_line}
                for key in self.keys
            ],
            "spf": dict(zip(("name", "type", "value"), self._spf(), strict=True)),
            "dmarc": dict(zip(("name", "type", "value"), self._dmarc(), strict=True)),
            "config": self._config(),
            "signs": self.signs,
        }

    def text(self) -> str:
        parts = [f"{'made' if key.is_new else 'found'} {key.place.place} ({key.kind})" for key in self.keys]
        parts.append("\nPublish in the DNS, and keep it there as long as letters may be read:")
        for key in self.keys:
            parts += [f"\n{key.name} TXT\n{key.value}\n\nthe same as a line of a zone file:\n{key.zone_line}"]
        parts.append("\nIf there is none yet (only one of each may be there: add to it):")
        for name, kind, value in (self._spf(), self._dmarc()):
            parts.append(f"\n{name} {kind}\n{value}")
        parts.append("\nIn place of spf.relay.example write what your relay's provider names.")
        if self.signs:
            parts.append("\nconfig.toml names these keys: letters are signed with them.")
        else:
            parts.append(f"\nWhen the records can be looked up, write into config.toml:\n\n{self._config()}")
        return "\n".join(parts)

    def _spf(self) -> tuple[str, str, str]:
        return self.domain, "TXT", "v=spf1 include:spf.relay.example -all"

    def _dmarc(self) -> tuple[str, str, str]:
        return f"_dmarc.{self.domain}", "TXT", f"v=DMARC1; p=none; rua=mailto:postmaster@{self.domain}"

    def _config(self) -> str:
        places = ", ".join(f'"{key.place.place}"' for key in self.keys)
        signed = self.keys[0].name.partition("._domainkey.")[2]
        domain = f'\ndomain = "{signed}"' if signed != self.domain else ""
        return f'[dkim]\nselector = "{self.selector}"{domain}\nkeys = [{places}]'


def _told(settings: Settings, selector: str, kinds: list[str]) -> _Told:
    from publisher.mail.address import Mailbox
    from publisher.mail.dkim import RSA
    from publisher.mail.keys import default_place, published

    domain = Mailbox.parse(settings.publication.sender, "publication.sender").domain
    signed = settings.dkim.domain or domain
    named = settings.dkim.keys if selector == settings.dkim.selector else ()
    found = [published(place, settings.root, selector, signed) for place in named]
    missing = [kind for kind in kinds or [RSA] * (not named) if kind not in {key.kind for key in found}]
    found += [published(default_place(kind), settings.root, selector, signed) for kind in missing]
    return _Told(domain, selector, found, signs=not missing)


def _selector(given: str) -> str:
    from publisher.config import values

    try:
        return values.selector(given)
    except ValueError as error:
        raise WrongUse(f"--selector: {error}") from None
