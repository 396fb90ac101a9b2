"""A settings file is read whole or refused whole, with everything that is wrong in it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import Field, ValidationError

from publisher.config.load import load
from publisher.config.settings import ChannelOptions, Settings, SourceOptions
from publisher.config.values import Duration, SecretPlace
from publisher.errors import ConfigError

CANARY = "hunter2-canary"

GOOD = """
[publication]
name = "한입 뉴스"
language = "ko"
timezone = "Asia/Seoul"
base_url = "http://127.0.0.1:8000/"
sender = "한입 뉴스 <letter@example.org>"
reply_to = "editor@example.org"
postal_address = "1 Example Street, Seoul"
secret = "file:var/secret"

[[source]]
name = "example"
kind = "feed"
url = "https://example.org/feed.xml"

[[channel]]
name = "letter"
kind = "smtp"
host = "127.0.0.1"
password = "env:SMTP_PASSWORD"
lists = ["weekly"]
"""

LISTS = """
[[list]]
name = "weekly"
title = "한입 뉴스, 매주"
opt_in = "double"
jurisdiction = "kr"
purpose = "the weekly letter"
"""


class Feed(SourceOptions):
    kind: Literal["feed"]
    url: str


class Smtp(ChannelOptions):
    kind: Literal["smtp"]
    host: str
    port: int = Field(default=25, ge=1, le=65535)
    security: Literal["tls", "starttls", "none"] = "starttls"
    password: SecretPlace | None = None
    api_key: Literal["none"] = "none"
    verify: bool = True
    ratio: float = 0.5
    spacing: Duration = timedelta(0)
    lists: tuple[str, ...] = ()


def _not_used() -> type[Any]:
    raise AssertionError("a kind that no table uses was imported")


SOURCES: dict[str, Callable[[], type[SourceOptions]]] = {"feed": lambda: Feed, "column": _not_used}
CHANNELS: dict[str, Callable[[], type[ChannelOptions]]] = {"smtp": lambda: Smtp, "x": _not_used}


def read(folder: Path, text: str | bytes = GOOD, lists: str | None = LISTS) -> Settings:
    (folder / "subscribers").mkdir(exist_ok=True)
    if lists is not None:
        (folder / "subscribers/lists.toml").write_text(lists, encoding="utf-8")
    path = folder / "config.toml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load(path, source_kinds=SOURCES, channel_kinds=CHANNELS)


def refused(folder: Path, text: str | bytes = GOOD, lists: str | None = LISTS) -> tuple[str, ...]:
    with pytest.raises(ConfigError) as caught:
        read(folder, text, lists)
    assert CANARY not in str(caught.value)
    return caught.value.problems


def changed(line: str, to: str) -> str:
    assert line in GOOD
    return GOOD.replace(line, to)


def test_a_good_file_becomes_a_frozen_tree(tmp_path: Path) -> None:
    found = read(tmp_path)
    assert found.root == tmp_path.resolve()
    assert found.publication.name == "한입 뉴스"
    assert found.publication.timezone == ZoneInfo("Asia/Seoul")
    assert found.publication.base_url == "http://127.0.0.1:8000"
    assert found.schedule.grace == timedelta(hours=6)
    assert found.sources == (Feed(name="example", kind="feed", url="https://example.org/feed.xml"),)
    assert found.channels[0].lists == ("weekly",)
    assert found.lists[0].jurisdiction == ("kr",)
    with pytest.raises(ValidationError):
        found.publication.name = "other"  # type: ignore[misc]  # that it is read-only is the point


def test_every_problem_is_listed_at_once_with_its_path(tmp_path: Path) -> None:
    text = (
        GOOD.replace("Asia/Seoul", "Asia/Soul")
        .replace('url = "https://example.org/feed.xml"', 'ulr = "https://example.org/feed.xml"')
        .replace('host = "127.0.0.1"', 'host = "127.0.0.1"\nport = "many"\nsecurity = "ssl"')
        .replace("[[source]]", '[issue]\nitems = 2\nmin_items = 3\n[schedule]\nsend = "30 7 * * FRY"\n[[source]]')
        .replace("[[channel]]", "[chanel]\n[[channel]]")
    )
    assert refused(tmp_path, text) == (
        "chanel: there is no such key; did you mean channel?",
        "publication.timezone: 'Asia/Soul' is not a time zone; write one like \"Asia/Seoul\"",
        "schedule.send: 'FRY' is not a weekday; write 0 to 7 or SUN to SAT",
        "source[1] (example).url: is missing; write it",
        "source[1] (example).ulr: there is no such key; did you mean url?",
        "channel[1] (letter).port: 'many' is not a whole number; write it so",
        "channel[1] (letter).security: 'ssl' is not one of tls, starttls, none; write one of them",
        "issue.min_items: 3 is more than issue.items (2), so every issue would be held; write it no larger",
    )


def test_the_error_is_one_text_that_names_the_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read(tmp_path, changed('language = "ko"', 'language = "fr"'))
    assert str(caught.value) == (
        f"{tmp_path / 'config.toml'}: 1 problem\n  publication.language: 'fr' is not one of ko, en; write one of them"
    )


@pytest.mark.parametrize(
    ("table", "problem"),
    [
        ('selector = "spring"', 'dkim: there are no keys; write keys = ["file:var/dkim-rsa.pem"], or take [dkim] out'),
        ('keys = ["hunter2-canary"]', 'dkim.keys[1]: a secret is never in this file; write "env:NAME" or "file:PATH"'),
        (
            'keys = ["env:KEY"]\nselector = "a.b"',
            "dkim.selector: 'a.b' is not a selector; write a-z, 0-9 and - inside, at most 60",
        ),
        (
            'keys = ["env:KEY"]\ndomain = "not a domain"',
            "dkim.domain: 'not a domain' is not a domain; write one like \"example.org\"",
        ),
        ('key = "env:KEY"', "dkim.key: there is no such key; did you mean keys?"),
    ],
)
def test_what_cannot_sign_is_refused_with_its_place(tmp_path: Path, table: str, problem: str) -> None:
    assert problem in refused(tmp_path, f"{GOOD}\n[dkim]\n{table}\n")


def test_the_domain_that_signs_is_kept_as_the_dns_has_it(tmp_path: Path) -> None:
    table = '[dkim]\nkeys = ["file:var/dkim-rsa.pem"]\ndomain = "뉴스.Example.org."\n'
    assert read(tmp_path, GOOD + table).dkim.domain == "xn--vg1b002a.example.org"
    assert read(tmp_path).dkim.keys == ()


def test_a_missing_file_says_how_to_get_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"there is no such file; run `publisher init \.` .* --config PATH"):
        load(tmp_path / "config.toml", source_kinds=SOURCES, channel_kinds=CHANNELS)


def test_a_folder_is_not_a_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"cannot be read \(Is a directory\)"):
        load(tmp_path, source_kinds=SOURCES, channel_kinds=CHANNELS)


def test_an_empty_file_says_what_it_needs(tmp_path: Path) -> None:
    assert refused(tmp_path, "") == (
        "publication: is missing; write [publication] with name, timezone, base_url, sender, postal_address, secret",
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[publication]\nname = "a\n', "line 2, column 10: this is not TOML"),
        ("[publication]\nname = Kim\n", "line 2, column 8: a value is missing or is text without quotation marks"),
        ("[publication]\nname\n", "line 2, column 5: this is not TOML (Expected '=' after a key"),
        ("[publication]\n[publication]\n", "line 2, column 13: this section is given twice"),
        ("[publication]\nname = 'a'\nname = 'b'\n", "this key is given twice"),
        ("[publication]\nsecret = hunter2-canary\n", "line 2, column 10: a value is missing"),
        ("x = " + "[" * 5000, "too large"),
        ("x = " + "9" * 5000, "too large"),
    ],
)
def test_a_syntax_error_names_its_line(tmp_path: Path, text: str, said: str) -> None:
    (problem,) = refused(tmp_path, text)
    assert said in problem


def test_a_file_that_is_not_utf8_names_the_line(tmp_path: Path) -> None:
    text = '# kept\n[publication]\nname = "한입 뉴스"\n'.encode("cp949")
    assert refused(tmp_path, text) == ("line 3: this is not UTF-8 text; save the file as UTF-8",)


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    assert read(tmp_path, b"\xef\xbb\xbf" + GOOD.encode()).publication.language == "ko"


def test_decomposed_hangul_is_composed(tmp_path: Path) -> None:
    import unicodedata

    assert read(tmp_path, unicodedata.normalize("NFD", GOOD)).publication.name == "한입 뉴스"


def test_what_could_be_taken_for_a_slot_is_refused(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, changed('name = "한입 뉴스"', 'name = "\ue000email\ue001"'))
    assert problem == "publication.name: holds the character U+E000, which cannot be shown; take it out"


def test_an_unknown_kind_lists_the_known_ones(tmp_path: Path) -> None:
    problems = refused(tmp_path, changed('kind = "feed"', 'kind = "rss"').replace('kind = "smtp"\n', ""))
    assert problems == (
        "source[1] (example).kind: 'rss' is not a kind that is known; write one of column, feed",
        "channel[1] (letter).kind: is missing; write one of smtp, x",
    )


def test_two_sources_of_one_name_are_told_apart_by_their_place(tmp_path: Path) -> None:
    second = '\n[[source]]\nname = "example"\nkind = "feed"\nurl = "https://example.org/2"\n'
    assert refused(tmp_path, GOOD + second) == (
        "source[2] (example).name: source[1] has this name already; give each its own",
    )


def test_a_name_that_could_not_stand_in_a_file_name_is_refused(tmp_path: Path) -> None:
    (problem,) = refused(tmp_path, changed('name = "example"', 'name = "../up"'))
    assert problem.startswith("source[1] (../up).name: '../up' cannot be a name; write a-z, 0-9")


def test_one_bracket_where_two_are_needed_is_explained(tmp_path: Path) -> None:
    assert refused(tmp_path, changed("[[source]]", "[source]")) == (
        "source: write [[source]] with two brackets, once for each source",
    )


@pytest.mark.parametrize(
    ("line", "to"),
    [
        ('password = "env:SMTP_PASSWORD"', f'password = "{CANARY}"'),
        ('password = "env:SMTP_PASSWORD"', f'api_key = "{CANARY}"'),
        ('password = "env:SMTP_PASSWORD"', f'pasword = "{CANARY}"'),
        ('password = "env:SMTP_PASSWORD"', f'password = {{ value = "{CANARY}" }}'),
        ('secret = "file:var/secret"', f'secret = "{CANARY}"'),
        ('secret = "file:var/secret"', f'secret = ["{CANARY}"]'),
        ('base_url = "http://127.0.0.1:8000/"', f'base_url = "https://me:{CANARY}@example.org"'),
        ("[[source]]", f'[database]\nurl = "postgresql+psycopg://me:{CANARY}@db/news"\n[[source]]'),
        ("[[source]]", f'[database]\nurl = "postgresql+psycopg://db/news?password={CANARY}"\n[[source]]'),
    ],
)
def test_a_secret_in_clear_is_refused_and_never_repeated(tmp_path: Path, line: str, to: str) -> None:
    assert refused(tmp_path, changed(line, to))


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("https://news.example.org", "https://news.example.org"),
        ("https://news.example.org/letters//", "https://news.example.org/letters"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
        ("https://한입.example.org", "https://xn--yu5b36w.example.org"),
    ],
)
def test_the_base_url_is_kept_without_a_trailing_slash(tmp_path: Path, address: str, kept: str) -> None:
    text = changed("http://127.0.0.1:8000/", address)
    assert read(tmp_path, text).publication.base_url == kept


@pytest.mark.parametrize(
    "address",
    ["", "example.org", "ftp://example.org", "https://", "https://a b.org", "https://e.org/?q=1", "http://e:port"],
)
def test_a_base_url_that_no_link_can_start_with_is_refused(tmp_path: Path, address: str) -> None:
    (problem,) = refused(tmp_path, changed("http://127.0.0.1:8000/", address))
    assert problem.startswith("publication.base_url: ")


@pytest.mark.parametrize(
    "sender",
    [
        "letter",
        "A, B <a@example.org>",
        "a@example.org, b@example.org",
        "x <a@exa mple.org>",
        "x\\ny <a@example.org>",
        "",
    ],
)
def test_a_sender_that_is_not_one_mailbox_is_refused(tmp_path: Path, sender: str) -> None:
    (problem,) = refused(tmp_path, changed("한입 뉴스 <letter@example.org>", sender))
    assert problem.startswith("publication.sender: ")
    assert "write one like" in problem


@pytest.mark.parametrize("sender", ["letter@example.org", '\\"Kim, Lee\\" <letter@example.org>', "뉴스 <a@news.test>"])
def test_a_mailbox_may_have_a_name_or_none(tmp_path: Path, sender: str) -> None:
    assert read(tmp_path, changed("한입 뉴스 <letter@example.org>", sender)).publication.sender


def test_a_channels_list_must_be_defined(tmp_path: Path) -> None:
    assert refused(tmp_path, changed('["weekly"]', '["weekly", "daily"]')) == (
        "channel[1] (letter).lists: there is no list 'daily' in subscribers/lists.toml; "
        "write one of weekly, or add it there",
    )


def test_missing_lists_are_only_missed_by_a_channel_that_names_one(tmp_path: Path) -> None:
    assert refused(tmp_path, lists=None) == (
        "subscribers/lists.toml: there is no such file; write it with one [[list]] for each list that readers may join",
    )
    assert read(tmp_path, changed('lists = ["weekly"]', ""), lists=None).lists == ()


def test_problems_of_the_lists_are_told_with_the_others(tmp_path: Path) -> None:
    broken = LISTS.replace('"kr"', '["kr", "uk"]').replace('"double"', '"triple"')
    assert refused(tmp_path, changed("Asia/Seoul", "Mars"), broken) == (
        "publication.timezone: 'Mars' is not a time zone; write one like \"Asia/Seoul\"",
        "subscribers/lists.toml: list[1] (weekly).opt_in: 'triple' is not one of single, double; write one of them",
        "subscribers/lists.toml: list[1] (weekly).jurisdiction[2]: 'uk' is not one of kr, eu, us; write one of them",
    )


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("[schedule]\ngrace = 6", "schedule.grace: 6 is not a duration"),
        ('[schedule]\ngrace = "99999999999d"', "is not a duration"),
        ("[schedule]\napprovals = 0", "schedule.approvals: 0 is too small; write 1 or more"),
        ("[schedule]\napprovals = 11", "schedule.approvals: 11 is too large; write 10 or less"),
        ("[issue]\nitems = 2.5", "issue.items: 2.5 is not a whole number"),
        ('[issue]\nwindow = "0d"', "issue.window: this is too small; write more than 0"),
        ('[fetch]\nprivate_addresses = "perhaps"', "fetch.private_addresses: 'perhaps' is not true or false"),
        ("database = 5", "database: this is not a section; write [database]"),
    ],
)
def test_each_kind_of_mistake_has_its_own_words(tmp_path: Path, line: str, said: str) -> None:
    text = line + "\n" + GOOD if line.startswith("database") else GOOD + line
    (problem,) = refused(tmp_path, text)
    assert said in problem


TOML_VALUES = st.recursive(
    st.booleans() | st.integers(-(2**63), 2**63) | st.floats(allow_nan=False) | st.text(max_size=12),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["name", "kind", "url"]), inner),
    max_leaves=6,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    place=st.sampled_from(
        [
            "publication.timezone",
            "publication.secret",
            "publication.name",
            "publication.sender",
            "publication.base_url",
            "publication.language",
            "schedule.send",
            "schedule.grace",
            "issue.items",
            "fetch.timeout",
            "database.url",
            "source",
            "channel",
            "publication",
            "fetch",
            "lists",
        ]
    ),
    value=TOML_VALUES,
)
def test_any_value_anywhere_is_taken_or_refused_in_words(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, value: Any
) -> None:
    tree: dict[str, Any] = {"publication": {}}
    section, _, key = place.partition(".")
    if key:
        tree.setdefault(section, {})[key] = value
    else:
        tree[section] = value
    (tmp_path / "config.toml").touch()
    with monkeypatch.context() as patch:
        patch.setattr("publisher.config.load.tomllib.loads", lambda _: tree)
        with pytest.raises(ConfigError) as caught:
            load(tmp_path / "config.toml", source_kinds=SOURCES, channel_kinds=CHANNELS)
    assert "Input should" not in str(caught.value)
    assert "Value error" not in str(caught.value)
