"""The local X is as strict as X: what it lets pass, X would too."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from requests_oauthlib import OAuth1  # type: ignore[import-untyped]  # it ships no types

from publisher.demo import timeline as local
from publisher.demo.signature import Keys
from publisher.demo.timeline import ACCOUNT_ID, HOME, Timeline
from tests.channels.social import KEYS


@pytest.fixture
def timeline() -> Iterator[Timeline]:
    with Timeline(keys=KEYS) as timeline:
        yield timeline


def signed(method: str, url: str, keys: Keys = KEYS, **more: Any) -> requests.PreparedRequest:
    auth = OAuth1(keys.consumer_key, keys.consumer_secret, keys.access_token, keys.access_token_secret)
    return requests.Request(method, url, auth=auth, **more).prepare()


def sent(timeline: Timeline, request: requests.PreparedRequest) -> requests.Response:
    request.url = timeline.url + (request.url or "").removeprefix(HOME)
    with requests.Session() as session:
        session.trust_env = False
        return session.send(request, timeout=5)


def posted(timeline: Timeline, keys: Keys = KEYS, **body: Any) -> requests.Response:
    return sent(timeline, signed("POST", f"{HOME}/2/tweets", keys, json=body))


def listed(timeline: Timeline, query: str) -> requests.Response:
    return sent(timeline, signed("GET", f"{HOME}/2/users/{ACCOUNT_ID}/tweets?{query}"))


def test_a_good_post_is_kept_with_its_length_and_time(timeline: Timeline) -> None:
    answer = posted(timeline, text="한입뉴스 x.ai")
    assert answer.status_code == 201
    assert answer.json()["data"]["id"] == timeline.posts[0].id
    assert (timeline.posts[0].text, timeline.posts[0].length) == ("한입뉴스 x.ai", 32)
    assert datetime.now(UTC) - timeline.posts[0].created_at < timedelta(minutes=1)
    assert answer.headers["x-rate-limit-remaining"] == "99"


@pytest.mark.parametrize("wrong", Keys.__dataclass_fields__)
def test_a_request_signed_with_any_other_key_is_turned_away(timeline: Timeline, wrong: str) -> None:
    assert posted(timeline, replace(KEYS, **{wrong: "other"}), text="text").status_code == 401
    assert timeline.posts == []


def test_a_signature_holds_for_one_request_only(timeline: Timeline) -> None:
    request = signed("POST", f"{HOME}/2/tweets", json={"text": "text"})
    assert sent(timeline, request.copy()).status_code == 201
    assert sent(timeline, request.copy()).status_code == 401
    other = signed("GET", f"{HOME}/2/users/me")
    other.url = f"{HOME}/2/users/{ACCOUNT_ID}/tweets"
    assert sent(timeline, other).status_code == 401


def test_an_old_signature_and_none_are_turned_away() -> None:
    with Timeline(keys=KEYS, now=lambda: datetime.now(UTC) + timedelta(minutes=6)) as timeline:
        assert posted(timeline, text="text").status_code == 401
    with Timeline() as timeline:
        bare = requests.Request("POST", f"{HOME}/2/tweets", json={"text": "text"}).prepare()
        assert sent(timeline, bare).status_code == 401


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"text": ""},
        {"text": " \n"},
        {"text": 5},
        {"text": "text", "status": "text"},
        {"text": "text", "link": None},
    ],
)
def test_a_body_that_the_api_does_not_know_is_invalid(timeline: Timeline, body: dict[str, Any]) -> None:
    assert posted(timeline, **body).status_code == 400
    assert timeline.posts == []


def test_a_body_that_is_not_called_json_is_invalid(timeline: Timeline) -> None:
    kind = {"Content-Type": "text/plain"}
    request = signed("POST", f"{HOME}/2/tweets", data=json.dumps({"text": "text"}), headers=kind)
    assert sent(timeline, request).status_code == 400


@pytest.mark.parametrize(("text", "status"), [("가" * 140, 201), ("가" * 141, 403), ("a" * 280, 201), ("a" * 281, 403)])
def test_a_text_over_280_is_refused(timeline: Timeline, text: str, status: int) -> None:
    assert posted(timeline, text=text).status_code == status


def test_an_address_of_any_length_weighs_23(timeline: Timeline) -> None:
    link = "https://example.org/" + "a" * 300
    assert posted(timeline, text="a" * 256 + " " + link).status_code == 201
    assert posted(timeline, text="b" * 257 + " " + link).status_code == 403


def test_the_same_text_again_is_refused_as_x_refuses_it(timeline: Timeline) -> None:
    assert posted(timeline, text="text").status_code == 201
    answer = posted(timeline, text=" text\n")
    assert answer.status_code == 403
    assert "duplicate content" in answer.json()["detail"]
    assert answer.json()["type"] == "about:blank"


def test_the_newest_come_first_with_their_addresses_wrapped_and_marks_escaped(timeline: Timeline) -> None:
    posted(timeline, text="first")
    posted(timeline, text="<b> & x.ai가 https://example.org/a?b=1&c=2")
    found = listed(timeline, "max_results=5&tweet.fields=created_at,entities").json()
    newest, oldest = found["data"]
    assert oldest["text"] == "first"
    urls = newest["entities"]["urls"]
    assert [url["expanded_url"] for url in urls] == ["http://x.ai", "https://example.org/a?b=1&c=2"]
    assert [newest["text"][url["start"] : url["end"]] for url in urls] == [url["url"] for url in urls]
    assert newest["text"] == f"&lt;b&gt; &amp; {urls[0]['url']}가 {urls[1]['url']}"
    assert found["meta"] == {"result_count": 2, "newest_id": newest["id"], "oldest_id": oldest["id"]}
    assert int(newest["id"]) > int(oldest["id"])


@pytest.mark.parametrize("query", ["max_results=4", "max_results=101", "max_results=all", "count=5"])
def test_a_question_that_the_api_does_not_know_is_invalid(timeline: Timeline, query: str) -> None:
    assert listed(timeline, query).status_code == 400


def test_entities_are_given_only_when_asked_for(timeline: Timeline) -> None:
    posted(timeline, text="x.ai")
    assert "entities" not in listed(timeline, "max_results=5").json()["data"][0]


def test_the_limit_starts_anew_after_a_quarter_of_an_hour() -> None:
    moment = [datetime(2026, 5, 29, tzinfo=UTC)]
    with Timeline(now=lambda: moment[0], posts_per_window=2) as timeline:
        assert [posted(timeline, text=text).status_code for text in "abc"] == [201, 201, 429]
        moment[0] += timedelta(minutes=15)
        assert posted(timeline, text="c").status_code == 201


def test_a_post_is_read_in_pieces_with_its_links_shortened_and_counted() -> None:
    with Timeline() as timeline:
        post = timeline.keep("<script>표</script>\nhttps://example.org/" + "a" * 60)
    assert post.pieces() == [
        ("<script>표</script>\n", ""),
        ("example.org/" + "a" * 27 + "…", "https://example.org/" + "a" * 60),
    ]
    assert post.length == 43


def test_the_address_of_a_post_leads_to_where_people_see_it() -> None:
    with Timeline(shown_at="http://127.0.0.1:8000/ko/timeline") as timeline:
        post = timeline.keep("하나")
        for post_id, place in ((post.id, f"#post-{post.id}"), ("1", "")):
            answer = requests.get(f"{timeline.url}/i/web/status/{post_id}", timeout=5, allow_redirects=False)
            assert answer.headers["Location"] == f"http://127.0.0.1:8000/ko/timeline{place}"


def test_the_fields_of_a_post_are_those_of_the_published_schema(shared: Path) -> None:
    with gzip.open(shared / "data/platform/x-openapi-2.167.json.gz") as file:
        schema = json.load(file)["components"]["schemas"]["CreatePostsRequest"]
    assert schema["additionalProperties"] is False
    assert set(local._FIELDS.split()) == schema["properties"].keys()
