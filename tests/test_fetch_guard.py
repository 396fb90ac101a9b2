"""What the guard lets through: SECURITY, "SSRF"."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from publisher.config.settings import Fetching
from publisher.errors import FetchError, FetchRefused
from publisher.fetch import Fetcher, shown
from publisher.fetch.guard import is_public
from publisher.fetch.target import Target
from tests.served import Served, serving

LOOPBACK = [
    "127.0.0.1",
    "127.1",
    "2130706433",
    "0x7f000001",
    "0x7f.1",
    "0177.0.0.1",
    "0",
    "localhost",
    "localhost.",
    "LOCALHOST",
    "deep.localhost",
    "[::1]",
    "[::]",
    "[::ffff:127.0.0.1]",
    "[::ffff:7f00:1]",
    "[::127.0.0.1]",
    "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]",
    "[0:0:0:0:0:0:0:1]",
]


@pytest.fixture
def served() -> Iterator[Served]:
    with serving() as served:
        yield served


def guarded(tmp_path: Path, **seams: object) -> Fetcher:
    settings = Fetching(spacing=timedelta(0), timeout=timedelta(seconds=2))
    return Fetcher(settings, tmp_path, sleep=lambda _: None, **seams)  # type: ignore[arg-type]  # seams by name


@pytest.mark.parametrize("host", LOOPBACK)
def test_no_spelling_of_this_machine_is_asked(served: Served, tmp_path: Path, host: str) -> None:
    served.give("/", b"secret")
    with pytest.raises(FetchRefused, match="not a public address"):
        guarded(tmp_path).get(served.url("/", host))
    assert served.asked == []


@pytest.mark.parametrize(
    "address",
    ["10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255",
     "0.0.0.0", "192.0.2.1", "198.18.0.1", "192.0.0.170", "fe80::1", "fd00::1", "fec0::1", "ff02::1", "ff0e::1",
     "2001:db8::1", "2001:0:7f00:1::", "64:ff9b:1::1", "::ffff:10.0.0.1", "100::1", "not an address"],
)  # fmt: skip
def test_private_and_special_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["1.1.1.1", "93.184.216.34", "2606:4700:4700::1111", "2001:4860:4860::8888", "::ffff:8.8.8.8"]
)
def test_public_addresses_are_public(address: str) -> None:
    assert is_public(address)


@given(st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address))
def test_no_dress_makes_a_private_address_public(address: ipaddress.IPv4Address) -> None:
    if not is_public(str(address)):
        number = int(address)
        for prefix in ("::", "::ffff:0:0", "64:ff9b::"):
            assert not is_public(str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(prefix)) + number)))
        assert not is_public(str(ipaddress.IPv6Address((0x2002 << 112) + (number << 80))))


def test_one_private_address_among_public_ones_is_enough_to_refuse(tmp_path: Path) -> None:
    with pytest.raises(FetchRefused, match=r"is at 10\.0\.0\.7"):
        guarded(tmp_path, resolve=lambda host, port: ["93.184.216.34", "10.0.0.7"]).get("http://example.org/")


def test_a_name_that_changes_its_meaning_is_looked_up_once(served: Served, tmp_path: Path) -> None:
    served.give("/", b"secret")
    meanings = iter([["93.184.216.34"], ["127.0.0.1"], ["127.0.0.1"]])
    dialled: list[str] = []

    def connect(address: str, port: int, seconds: float) -> socket.socket:
        dialled.append(address)
        raise ConnectionRefusedError(111, "Connection refused")

    with pytest.raises(FetchRefused, match=r"is at 127\.0\.0\.1"):  # at the retry, which looks again
        guarded(tmp_path, resolve=lambda host, port: next(meanings), connect=connect).get(
            served.url("/", "rebind.example")
        )
    assert dialled == ["93.184.216.34"] and served.asked == []


def test_the_socket_goes_to_the_address_that_was_looked_at(served: Served, tmp_path: Path) -> None:
    served.give("/", b"news")
    dialled: list[tuple[str, int]] = []

    def connect(address: str, port: int, seconds: float) -> socket.socket:
        dialled.append((address, port))
        return socket.create_connection(("127.0.0.1", served.port), timeout=seconds)

    fetcher = guarded(tmp_path, resolve=lambda host, port: ["93.184.216.34"], connect=connect)
    assert fetcher.get("http://news.example/").content == b"news"
    assert dialled == [("93.184.216.34", 80)] and served.asked[0].headers["host"] == "news.example"


def test_the_next_address_is_tried_where_one_does_not_answer(served: Served, tmp_path: Path) -> None:
    served.give("/", b"news")

    def connect(address: str, port: int, seconds: float) -> socket.socket:
        if ":" in address:
            raise OSError(101, "Network is unreachable")
        return socket.create_connection(("127.0.0.1", served.port), timeout=seconds)

    fetcher = guarded(tmp_path, resolve=lambda host, port: ["2606:4700:4700::1111", "1.1.1.1"], connect=connect)
    assert fetcher.get("http://news.example/").content == b"news"


def test_a_redirect_to_this_machine_is_refused(served: Served, tmp_path: Path) -> None:
    served.give("/", status=302, Location="http://169.254.169.254/latest/meta-data")

    def connect(address: str, port: int, seconds: float) -> socket.socket:
        assert address == "93.184.216.34"
        return socket.create_connection(("127.0.0.1", served.port), timeout=seconds)

    def resolve(host: str, port: int) -> list[str]:
        return ["93.184.216.34"] if host == "news.example" else [host]

    with pytest.raises(
        FetchRefused, match=r"redirects to http://169\.254\.169\.254/latest/meta-data, which is refused"
    ):
        guarded(tmp_path, resolve=resolve, connect=connect).get("http://news.example/")
    assert len(served.asked) == 1


@pytest.mark.parametrize(
    "url", ["gopher://x/", "//x/", "javascript:alert(1)", "", "x", "http:///x", "http://x:0/", "http://x:99999/"]
)
def test_what_is_no_web_address_is_not_asked(tmp_path: Path, url: str) -> None:
    with pytest.raises(FetchError):
        guarded(tmp_path).get(url, may_read_files=False)


@pytest.mark.parametrize("url", ["http://a b/", "http://a\\@127.0.0.1/", "http://a/\r\nX: y", "http://a\t.b/"])
def test_addresses_that_readers_disagree_about_are_not_asked(tmp_path: Path, url: str) -> None:
    with pytest.raises(FetchError, match="not a usable address"):
        guarded(tmp_path, resolve=lambda host, port: ["93.184.216.34"]).get(url)


@given(st.text(max_size=60))
def test_any_text_is_a_target_or_an_error(text: str) -> None:
    for url in (text, "http://" + text, "http://u:p@" + text):
        try:
            target = Target.of(url)
        except FetchError as error:
            assert len(error.message) < 500
        else:
            assert target.scheme in ("http", "https") and target.host and "@" not in target.url.split("/")[2]


@given(st.text("abcXYZ019-._~!$&'()*+,;=:%@ ", max_size=20), st.sampled_from(["http", "https", "ftp", "HTTPS"]))
def test_credentials_are_cut_from_whatever_is_shown(credentials: str, scheme: str) -> None:
    assert shown(f"{scheme}://{credentials}hush@host.example/a?b=1") == f"{scheme}://host.example/a?b=1"
