"""The folder channel writes whole files or none, and the same thing twice makes one file."""

from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.channels.folder import FolderMail, FolderPosts, Options
from publisher.domain.message import Accepted, Letter, Picture, SocialPost
from publisher.errors import ChannelDown

OPTIONS = Options(name="out", kind="folder", path="out")
POST = SocialPost(
    key="43-x-1",
    text="제목\n\n첫 문장. https://news.example.org/issues/43",
    length=40,
    limit=10_000,
    language="ko",
    link="https://news.example.org/issues/43",
    picture=Picture("https://news.example.org/a.png", "그림"),
)


def letter(message_id: str = "<issue-43-7-0123@example.org>", content: bytes = b"Subject: x\r\n\r\ny\r\n") -> Letter:
    return Letter(7, "bounce+43-7-a@example.org", "kim@example.com", message_id, content)


def put(root: Path, *letters: Letter) -> list[Any]:
    session = FolderMail(OPTIONS, root=root).open()
    for each in letters:
        session.put(each)
    results = [result for _, result in session.take()]
    assert list(session.take()) == []
    session.close()
    return results


def test_a_letter_is_a_file_with_exactly_its_bytes(tmp_path: Path) -> None:
    [result] = put(tmp_path, letter())
    path = tmp_path / "out" / "letters" / "issue-43-7-0123@example.org.eml"
    assert result == Accepted("letters/issue-43-7-0123@example.org.eml", path.as_uri())
    assert path.read_bytes() == letter().content


def test_the_same_letter_again_is_still_one_file(tmp_path: Path) -> None:
    put(tmp_path, letter(), letter())
    put(tmp_path, letter(content=b"Subject: z\r\n\r\nz\r\n"))
    [path] = (tmp_path / "out" / "letters").iterdir()
    assert path.read_bytes().endswith(b"z\r\n")


@given(st.text(max_size=300))
def test_no_identifier_leads_out_of_the_folder(tmp_path_factory: pytest.TempPathFactory, identifier: str) -> None:
    root = tmp_path_factory.mktemp("publication")
    [result] = put(root, letter(message_id=identifier.encode("utf-8", "ignore").decode()))
    assert isinstance(result, Accepted)
    [path] = (root / "out" / "letters").iterdir()
    assert path.suffix == ".eml"
    assert sorted(root.rglob("*.eml")) == [path]


def test_identifiers_that_differ_make_files_that_differ(tmp_path: Path) -> None:
    put(
        tmp_path,
        letter("<a/b@x>"),
        letter("<a_b@x>"),
        letter("<a:b@x>"),
        letter("<" + "a" * 300),
        letter("<" + "a" * 301),
    )
    assert len(list((tmp_path / "out" / "letters").iterdir())) == 5


def test_a_post_is_a_file_of_everything_it_says(tmp_path: Path) -> None:
    session = FolderPosts(OPTIONS, root=tmp_path).open()
    assert session.find(POST) is None
    result = session.send(POST)
    assert isinstance(result, Accepted)
    assert session.send(POST) == result == session.find(POST)
    session.close()
    [path] = (tmp_path / "out" / "posts").iterdir()
    assert path.name == "43-x-1.json"
    assert json.loads(path.read_text()) == {
        "key": "43-x-1", "text": POST.text, "length": 40, "limit": 10_000, "language": "ko", "link": POST.link,
        "picture": {"url": "https://news.example.org/a.png", "alt": "그림", "caption": "", "credit": ""},
    }  # fmt: skip


def test_a_folder_that_cannot_be_made_stops_the_channel(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file is in the way")
    for channel in (FolderMail, FolderPosts):
        with pytest.raises(ChannelDown, match=r"cannot write to .*out/(letters|posts) \("):
            channel(OPTIONS, root=tmp_path).open()


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EROFS, errno.EIO])
@pytest.mark.parametrize("call", ["fsync", "replace"])
def test_a_disk_that_fails_stops_the_channel_and_leaves_no_half_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str, code: int
) -> None:
    def fail(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    mail = FolderMail(OPTIONS, root=tmp_path).open()
    posts = FolderPosts(OPTIONS, root=tmp_path).open()
    monkeypatch.setattr(os, call, fail)
    mail.put(letter())
    [(delivery_id, result)] = mail.take()
    assert delivery_id == 7
    assert isinstance(result, ChannelDown)
    assert os.strerror(code) in result.reason
    with pytest.raises(ChannelDown):
        posts.send(POST)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_a_real_full_disk_stops_the_channel(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("needs /dev/full")
    folder = tmp_path / "out" / "letters"
    folder.mkdir(parents=True)
    (folder / ".issue-43-7-0123@example.org.eml.part").symlink_to("/dev/full")
    [result] = put(tmp_path, letter())
    assert isinstance(result, ChannelDown)
    assert "No space left" in result.reason
