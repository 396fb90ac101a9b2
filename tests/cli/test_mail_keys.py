"""`publisher mail keys`: keys are made once and never touched again, and what it prints is what signs and verifies."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from publisher.mail.dkim import private_key
from publisher.mail.keys import record
from publisher.wiring import Publication, load_settings
from tests.cli.command import Said, publisher
from tests.mail.signing import pem
from tests.newsroom import CONFIG, FOLDER


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "config.toml").write_text(config(), encoding="utf-8")
    (tmp_path / "subscribers").mkdir()
    (tmp_path / "var").mkdir(mode=0o700)
    (tmp_path / "var/secret").write_text("s" * 64)
    return tmp_path


def config(more: str = "") -> str:
    values = {
        "name": "News",
        "series": "",
        "language": "en",
        "url": "sqlite:///var/p.db",
        "approvals": 1,
        "per_source": 2,
    }
    return CONFIG.format(**values, more=f"{FOLDER}\n{more}")


def told(root: Path, *words: str) -> dict[str, object]:
    said = publisher(root, "mail", "keys", "--json", *words)
    assert said.status == 0, said.err
    document = json.loads(said.out)
    assert isinstance(document, dict)
    return document


def test_a_key_is_made_for_its_owner_only_and_never_again(root: Path) -> None:
    assert "made file:var/dkim-rsa.pem (rsa)" in publisher(root, "mail", "keys").out
    made = (root / "var/dkim-rsa.pem").read_bytes()
    assert (root / "var/dkim-rsa.pem").stat().st_mode & 0o777 == 0o600
    assert [path.name for path in (root / "var").glob("*.pem")] == ["dkim-rsa.pem"]
    assert "found file:var/dkim-rsa.pem (rsa)" in publisher(root, "mail", "keys", "--both").out
    assert (root / "var/dkim-rsa.pem").read_bytes() == made
    assert (root / "var/dkim-ed25519.pem").exists()


def test_what_it_says_to_write_signs_under_the_records_it_says_to_publish(root: Path) -> None:
    document = told(root, "--both", "--selector", "spring")
    (root / "config.toml").write_text(config(str(document["config"])), encoding="utf-8")
    signer = Publication(load_settings(root / "config.toml")).identity().signer
    assert signer and signer.algorithms == ("rsa", "ed25519")
    again = told(root)
    assert again["signs"] and not document["signs"]
    keys = again["keys"]
    assert isinstance(keys, list)
    assert [key["name"] for key in keys] == ["spring._domainkey.example.org", "spring-ed._domainkey.example.org"]
    for key in keys:
        opened = private_key((root / key["place"].removeprefix("file:")).read_text())
        assert key["value"] == record(opened)
        strings = re.findall(r'"([^"]*)"', key["zone"])
        assert "".join(strings) == key["value"] and max(map(len, strings)) <= 255
        assert key["zone"].startswith(f"{key['name']}. IN TXT ")
    assert "letters are signed" in publisher(root, "mail", "keys").out


def test_it_suggests_what_else_the_senders_domain_should_say(root: Path) -> None:
    document = told(root)
    assert document["spf"] == {"name": "example.org", "type": "TXT", "value": "v=spf1 include:spf.relay.example -all"}
    dmarc = document["dmarc"]
    assert isinstance(dmarc, dict) and dmarc["name"] == "_dmarc.example.org"
    said = publisher(root, "mail", "keys").out
    assert "what your relay's provider names" in said and "[dkim]" in said


def test_a_new_selector_is_another_name_for_a_key_that_is_not_in_use_yet(root: Path) -> None:
    (root / "var/old.pem").write_text(pem("rsa"))
    (root / "config.toml").write_text(config('[dkim]\nkeys = ["file:var/old.pem"]'), encoding="utf-8")
    document = told(root, "--selector", "autumn")
    assert document["config"] == '[dkim]\nselector = "autumn"\nkeys = ["file:var/dkim-rsa.pem"]'
    assert (root / "var/old.pem").read_text() == pem("rsa")


def test_a_key_that_config_names_is_made_where_it_is_missing(root: Path) -> None:
    (root / "config.toml").write_text(
        config('[dkim]\ndomain = "mail.example.org"\nkeys = ["file:keys/my-ed25519.pem"]'), encoding="utf-8"
    )
    keys = told(root)["keys"]
    assert isinstance(keys, list)
    [key] = keys
    assert (key["kind"], key["name"]) == ("ed25519", "letter-ed._domainkey.mail.example.org")
    assert (root / "keys/my-ed25519.pem").exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("nonsense", "is not a private key in PEM"),
        (pem("short"), "has 1024 bits"),
        (pem("ec"), "is neither an RSA nor"),
    ],
)
def test_a_file_that_is_no_key_is_named_and_left_alone(root: Path, content: str, words: str) -> None:
    (root / "var/dkim-rsa.pem").write_text(content)
    said = publisher(root, "mail", "keys")
    assert said.status == 1 and words in said.complaint and "move it away" in said.complaint
    assert (root / "var/dkim-rsa.pem").read_text() == content


def test_a_selector_that_cannot_be_one_is_refused(root: Path) -> None:
    said = publisher(root, "mail", "keys", "--selector", "no.dots")
    assert said.status == 2 and "'no.dots' is not a selector" in said.complaint
    assert not list((root / "var").glob("*.pem"))


def test_a_folder_that_cannot_be_written_is_named(root: Path) -> None:
    (root / "keys").write_text("in the way")
    (root / "config.toml").write_text(config('[dkim]\nkeys = ["file:keys/rsa.pem"]'), encoding="utf-8")
    said: Said = publisher(root, "mail", "keys")
    assert said.status == 1 and "keys/rsa.pem cannot be written" in said.complaint
