"""`publisher editors`: who is added, by which link they come, and what a pipe may do."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from publisher.domain.password import SALT_BYTES, kept
from publisher.mail.identity import INVITE
from publisher.stages import account
from publisher.stages.sign_in import check
from publisher.store import db, editors
from publisher.store.engine import place_of
from tests.cli.command import THURSDAY as AT
from tests.cli.command import publisher
from tests.newsroom import THURSDAY, Newsroom
from tests.web.desks import PASSWORD

KIM = "kim@example.org"


def passwd(room: Newsroom, email: str, given: str) -> subprocess.CompletedProcess[str]:
    """With that in the pipe."""
    command = [sys.executable, "-m", "publisher", "editors", "passwd", email]
    return subprocess.run(command, cwd=room.root, input=given, capture_output=True, text=True, timeout=60, check=False)


def has_password(room: Newsroom) -> None:
    with room.database.write() as session:
        row = editors.by_email(session, KIM)
        row.password_hash = kept(PASSWORD, b"s" * SALT_BYTES)
        session.add(row)


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Newsroom]:
    room = Newsroom.open(tmp_path / "publication", "sqlite:///var/publisher.db")
    yield room
    room.database.close()


def test_the_first_editor_is_an_admin_and_the_next_one_an_editor_unless_it_is_said(room: Newsroom) -> None:
    for email, more, role in (
        (KIM, (), "admin"),
        ("lee@example.org", (), "editor"),
        ("park@example.org", ("--role", "approver"), "approver"),
        ("park@example.org", ("--language", "ko"), "approver"),
    ):
        said = publisher(room.root, "editors", "add", email, *more, "--now", AT)
        assert said.status == 0 and said.out.splitlines()[0] == f"{email} is {role}"


def test_adding_prints_an_invitation_until_there_is_a_password(room: Newsroom) -> None:
    said = publisher(room.root, "editors", "add", KIM, "--role", "admin", "--now", AT, "--json")
    found = json.loads(said.out)
    token = urlsplit(found["invitation"]).path.rpartition("/")[2]
    secret = room.publication.identity().secret
    invited = account.by_link(room.database, secret, INVITE, token, now=THURSDAY)
    assert invited is not None and invited.email == KIM
    plain = publisher(room.root, "editors", "add", KIM, "--now", AT)
    assert re.search(r"^invitation, .*/desk/invited/1-[0-9a-f]{16}-", plain.out, re.MULTILINE)
    has_password(room)
    again = json.loads(publisher(room.root, "editors", "add", KIM, "--role", "admin", "--now", AT, "--json").out)
    assert again == {"email": KIM, "role": "admin"}


@pytest.mark.trial
def test_a_password_is_read_from_a_pipe_and_never_asked_for_there(room: Newsroom) -> None:
    room.has_editors(KIM)
    said = passwd(room, KIM, f"{PASSWORD}\n")
    assert said.returncode == 0 and "another password" in said.stdout
    assert PASSWORD not in said.stdout + said.stderr
    assert check(room.database, KIM, PASSWORD)
    for given, told in (("", "no password came in"), ("short\n", "at least 12 characters"), ("\n", "at least 12")):
        refused = passwd(room, KIM, given)
        assert refused.returncode == 2 and told in refused.stderr
    assert "is not an editor" in passwd(room, "who@example.org", "x\n").stderr


def test_the_list_says_how_each_signs_in(room: Newsroom) -> None:
    room.has_editors(KIM, "lee@example.org")
    has_password(room)
    lines = publisher(room.root, "editors", "list").out.splitlines()
    assert lines[0].split("  ")[0] == "email"
    assert [line.split()[3] for line in lines[1:]] == ["password", "link"]
    found = json.loads(publisher(room.root, "editors", "list", "--json").out)
    assert [one["has_password"] for one in found] == [True, False]
    assert found[0]["email"] == KIM and found[0]["role"] == "admin" and found[0]["language"] == "en"


def test_a_link_for_who_has_a_password_says_that_it_will_be_asked_for(room: Newsroom) -> None:
    room.has_editors(KIM)
    assert publisher(room.root, "editors", "link", KIM).err == ""
    has_password(room)
    said = publisher(room.root, "editors", "link", KIM)
    assert said.status == 0 and "/desk/enter/" in said.out and "they have a password" in said.complaint


def test_after_an_upgrade_whoever_could_approve_still_can(tmp_path: Path) -> None:
    url = "sqlite:///live.db"
    db.upgrade(url, tmp_path)
    path = place_of(url, tmp_path).path
    assert path is not None
    database = db.open_database(url, tmp_path)
    with database.write() as session:
        for email, role in ((KIM, "editor"), ("lee@example.org", "author"), ("park@example.org", "admin")):
            editors.add(session, email, role, THURSDAY)
        session.execute(text("UPDATE alembic_version SET version_num = '0009'"))
    database.close()
    db.upgrade(url, tmp_path)
    database = db.open_database(url, tmp_path)
    with database.read() as session:
        assert [one.role for one in editors.list_editors(session)] == ["approver", "author", "admin"]
    database.close()
