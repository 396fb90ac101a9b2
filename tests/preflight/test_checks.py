"""Every check, with something that it finds and something like it that it rightly does not, in both languages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from publisher.domain.issue import Pick, PostWish
from publisher.domain.item import Rights
from publisher.domain.link import LinkSeen, LinkState
from publisher.domain.message import Picture
from publisher.language import language as language_of
from publisher.preflight import CHECKS, contrast
from publisher.preflight.facts import Earlier, Facts, MailDomain
from publisher.preflight.finding import Finding, Level
from tests.preflight.makers import HOME, LEAVES, WRITTEN, facts, found, issue, item, letter, pick, proof, without

PICTURE = Picture("https://pictures.example.org/1.jpg", "A ferry before the quay at dusk", "", "Ada Example")
LONG = "The ferries wait for each other at the mouth of the harbour, and the slower one always goes in first. "


def a_pick(language: str = "en", **changes: Any) -> Facts:
    """The sound issue with its first pick changed."""
    return facts(language, issue(language, [pick(1, language, **changes), pick(2, language), pick(3, language)]))


def of_source(language: str = "en", *, picked: dict[str, Any] | None = None, **source: Any) -> Facts:
    """The sound issue with its first pick changed, and what its source said."""
    made = a_pick(language, **(picked or {}))
    return replace(made, items={**made.items, 11: item(**source)})


def an_issue(language: str = "en", **changes: Any) -> Facts:
    return facts(language, issue(language, **changes))


def seen(state: LinkState, reason: str = "") -> Facts:
    return facts(links={"https://news.example.org/1": LinkSeen(state, LEAVES, reason)})


def records(**changes: Any) -> Facts:
    sound = {
        "spf": ("v=spf1 mx -all",),
        "dmarc": ("v=DMARC1; p=none",),
        "dkim": {"a._domainkey.example.org": ("p=MII",)},
    }
    return facts(mail_domain=MailDomain(**(sound | changes)))


def wish(**changes: Any) -> dict[str, PostWish]:
    return {"x": PostWish(**changes)}


def sold(language: str = "en", **changes: Any) -> Facts:
    made = a_pick(language, sponsor="Acme Pots", posts=wish(is_off=True))
    return replace(made, **changes)


# (check, where, what is found, and something like it that is not)
CASES: list[tuple[str, str, Callable[[], Facts], Callable[[], Facts]]] = [
    ("subject", "subject", lambda: an_issue(subject="A" * 61), lambda: an_issue(subject="A" * 60)),
    ("subject", "subject", lambda: an_issue("ko", subject="가" * 31), lambda: an_issue("ko", subject="가" * 30)),
    ("preheader", "preheader", lambda: an_issue(preheader=""), lambda: an_issue(preheader="A" * 30)),
    (
        "preheader",
        "preheader",
        lambda: an_issue("ko", preheader="가" * 29),
        lambda: an_issue("ko", preheader="가" * 30),
    ),
    ("preheader", "preheader", lambda: an_issue(preheader="A" * 111), lambda: an_issue(preheader="A" * 110)),
    (
        "headlines",
        "pick:12:headline",
        lambda: facts(of=issue(picks=[pick(1), pick(2, headline=pick(1).headline)])),
        lambda: facts(of=issue(picks=[pick(1, headline="Weekly update"), pick(2, headline="Weekly update")])),
    ),
    (
        "headlines",
        "pick:12:headline",
        lambda: facts(of=issue(picks=[pick(1), pick(2, url=f"{pick(1).url}?utm_source=feed")])),
        lambda: replace(
            facts(of=issue(picks=[pick(1), pick(2, url=pick(1).url)])),
            items={11: item(is_column=True), 12: item(is_column=True)},
        ),
    ),
    (
        "earlier",
        "pick:11:headline",
        lambda: facts(earlier=(Earlier(6, 3, pick(1).headline),)),
        lambda: facts(earlier=(Earlier(6, 3, "Harbour seals learn to bark in tune by themselves"),)),
    ),
    (
        "earlier",
        "pick:13:headline",
        lambda: facts(earlier=(Earlier(2, 3, "Other words", "https://news.example.org/3"),)),
        lambda: facts(earlier=(Earlier(2, 3, "Other words", "https://news.example.org/33"),)),
    ),
    (
        "earlier",
        "pick:11:headline",
        lambda: facts("ko", earlier=(Earlier(6, 3, "항구 배가 혼자 부두에 닿는다"),)),
        lambda: facts("ko", earlier=(Earlier(6, 3, "항구의 배가 다시 사람 손을 빌린다"),)),
    ),
    ("audience", "audience", lambda: facts(audience=0), lambda: facts(audience=1)),
    ("size", "html", lambda: a_pick(body=f"{LONG * 950}"), lambda: a_pick(body=f"{LONG * 500}")),
    ("slots", "title", lambda: an_issue(title="Dear {{first_name}}"), lambda: an_issue(subject="Dear {{first_name}}")),
    (
        "slots",
        "pick:11:body",
        lambda: a_pick(body="Fill in {{ amount }} here."),
        lambda: of_source(picked={"body": "It reads {{ amount }} so."}, body="It reads {{ amount }} so."),
    ),
    ("slots", "pick:11:body", lambda: a_pick("ko", body="{{이름}} 님께"), lambda: a_pick("ko", body="{{name}} 님께")),
    (
        "links",
        "note",
        lambda: an_issue(note="See [the map](http://10.0.0.8/map)."),
        lambda: an_issue(note="[A](mailto:a@b.org)"),
    ),
    (
        "links",
        "pick:11:body",
        lambda: a_pick(body="See [the map](http://intranet/map)."),
        lambda: a_pick(body="See [the map](https://maps.example.org/map)."),
    ),
    ("own-address", "html", lambda: facts(home="http://letter.example.org"), facts),
    ("own-address", "html", lambda: facts(home="https://192.168.0.4"), facts),
    (
        "dead-links",
        "pick:11:headline",
        lambda: seen(LinkState.DEAD, "answered 404 (not found)"),
        lambda: seen(LinkState.OPEN),
    ),
    (
        "dead-links",
        "pick:11:headline",
        lambda: seen(LinkState.UNSURE, "answered 403 (forbidden)"),
        lambda: seen(LinkState.REFUSED, "is refused"),
    ),
    (
        "link-text",
        "note",
        lambda: an_issue(note="For the map [click here](https://maps.example.org)."),
        lambda: an_issue(note="There is [a map, click by click](https://maps.example.org)."),
    ),
    (
        "link-text",
        "pick:11:body",
        lambda: a_pick("ko", body="지도는 [여기](https://maps.example.org)를 보세요. 잘 보입니다."),
        lambda: a_pick("ko", body="[여기에 없는 지도](https://maps.example.org)도 있습니다."),
    ),
    (
        "shorteners",
        "pick:11:headline",
        lambda: a_pick(url="https://bit.ly/3xYz"),
        lambda: a_pick(url="https://bit.ly.example.org/3xYz"),
    ),
    (
        "shorteners",
        "note",
        lambda: an_issue("ko", note="[지도](https://naver.me/x1)"),
        lambda: an_issue("ko", note="[지도](https://naver.com/x1)"),
    ),
    ("blank", "pick:11:post:x:text", lambda: facts(of=issue(picks=[pick(1)])), facts),
    (
        "accidents",
        "pick:11:post:x:text",
        lambda: a_pick(blurb="The new model of x.ai is out."),
        lambda: a_pick(blurb="It is written for node.js and nothing else."),
    ),
    (
        "accidents",
        "pick:11:post:x:text",
        lambda: a_pick("ko", blurb="x.ai가 새 모델을 내놓았습니다."),
        lambda: a_pick("ko", blurb="한글.com을 다시 엽니다."),
    ),
    (
        "duplicates",
        "pick:12:post:x:text",
        lambda: facts(of=issue(picks=[pick(1, posts=wish(text="Out now")), pick(2, posts=wish(text="Out now"))])),
        lambda: facts(of=issue(picks=[pick(1, posts=wish(text="Out now")), pick(2, posts=wish(text="Out then"))])),
    ),
    (
        "placeholders",
        "pick:11:body",
        lambda: a_pick(body="The bridge is TK metres long."),
        lambda: a_pick(body="It is 30 m long."),
    ),
    (
        "placeholders",
        "note",
        lambda: an_issue(note="TODO: thank the readers"),
        lambda: of_source(picked={"body": "A tool that finds every TODO."}, body="A tool that finds every TODO."),
    ),
    (
        "placeholders",
        "pick:11:body",
        lambda: a_pick("ko", body="다리의 길이는 [확인 필요]입니다. 곧 적습니다."),
        lambda: a_pick("ko", body="TK 지역에서 먼저 시작합니다. 그다음은 서울입니다."),
    ),
    ("years", "note", lambda: an_issue(note="© 2025 Small Bites"), lambda: an_issue(note="© 2026 Small Bites")),
    (
        "years",
        "pick:11:body",
        lambda: a_pick(body="The fair opens on June 3, 2025."),
        lambda: a_pick(body="The fair opened first on June 3, 1985, and closed on November 20, 2025."),
    ),
    (
        "years",
        "pick:11:body",
        lambda: a_pick("ko", body="박람회는 2025년 6월 3일에 열립니다."),
        lambda: a_pick("ko", body="2025년 11월쯤부터 여는 집이 늘었습니다. 2026년 6월 3일에 또 엽니다."),
    ),
    (
        "register",
        "pick:11:body",
        lambda: a_pick("ko", body="배 세 척이 부두에 닿았다. 사람 손은 쓰지 않습니다. 모두가 놀랐다."),
        lambda: a_pick(
            "ko", body="배 세 척이 부두에 닿습니다. 선장은 “이제 손이 남는다.”라고 말합니다. 놀랍지 않나요?"
        ),
    ),
    (
        "register",
        "pick:11:body",
        lambda: a_pick("ko", body="배 세 척이 사람 손 없이 부두에 닿았다."),
        lambda: a_pick("ko", body="배 세 척이 사람 손 없이 부두에 닿았어요."),
    ),
    (
        "relative-dates",
        "pick:11:body",
        lambda: of_source(picked={"body": "The line opens today."}, body="The line opens today."),
        lambda: of_source(picked={"body": "It is today's longest line."}, body="It is today's longest line."),
    ),
    (
        "relative-dates",
        "pick:11:body",
        lambda: of_source("ko", picked={"body": "오는 27일에 새 노선을 엽니다."}, body="오는 27일에 새 노선을 엽니다."),
        lambda: of_source("ko", picked={"body": "오는 30일에 새 노선을 엽니다."}, body="오는 30일에 새 노선을 엽니다."),
    ),
    (
        "relative-dates",
        "pick:11:body",
        lambda: of_source("ko", picked={"body": "내일 오전에 새 노선을 엽니다."}, body="내일 오전에 새 노선을 엽니다."),
        lambda: of_source(
            "ko", picked={"body": "내일 딸 열매를 오늘날 미리 압니다."}, body="내일 딸 열매를 오늘날 미리 압니다."
        ),
    ),
    (
        "relative-dates",
        "note",
        lambda: an_issue("ko", note="오는 28일 오전에 모입니다."),
        lambda: an_issue("ko", note="오는 29일 오전에 모입니다."),
    ),
    (
        "amounts",
        "pick:11:body",
        lambda: of_source(
            picked={"body": "It raised $3 billion."}, body="It raised 300 million dollars for its boats."
        ),
        lambda: of_source(
            picked={"body": "It raised $0.3 billion."}, body="It raised 300 million dollars for its boats."
        ),
    ),
    (
        "amounts",
        "pick:11:blurb",
        lambda: of_source("ko", picked={"blurb": "30억 달러를 모았습니다."}, body="It raised $300 million."),
        lambda: of_source(
            "ko", picked={"blurb": "3억 달러, 우리 돈 4,000억 원쯤을 모았습니다."}, body="It raised $300 million."
        ),
    ),
    (
        "amounts",
        "pick:11:blurb",
        lambda: a_pick("ko", body="투자금은 3조 2,000억 원입니다.", blurb="투자금은 3,200억 원입니다."),
        lambda: a_pick("ko", body="투자금은 3조 2,000억 원입니다.", blurb="투자금은 3.2조 원입니다."),
    ),
    ("alt", "pick:11:alt", lambda: a_pick(picture=replace(PICTURE, alt="")), lambda: a_pick(picture=PICTURE)),
    (
        "alt",
        "pick:11:alt",
        lambda: a_pick(picture=replace(PICTURE, alt="IMG_2041.jpg")),
        lambda: a_pick(picture=PICTURE),
    ),
    (
        "alt",
        "pick:11:alt",
        lambda: a_pick("ko", picture=replace(PICTURE, alt=pick(1, "ko").headline)),
        lambda: a_pick("ko", picture=replace(PICTURE, alt="해 질 녘 부두 앞에 멈춘 배 한 척")),
    ),
    ("sizes", "html", lambda: a_pick(picture=PICTURE), facts),
    (
        "missing-pictures",
        "pick:11:picture",
        lambda: of_source(picked={"picture": PICTURE}, picture_problem="answered 404 (not found)"),
        lambda: of_source(picked={"picture": PICTURE}),
    ),
    (
        "rights",
        "pick:11:picture",
        lambda: of_source(picked={"picture": PICTURE}, picture_url=PICTURE.url),
        lambda: of_source(picked={"picture": PICTURE}, picture_url="https://pictures.example.org/other.jpg"),
    ),
    (
        "rights",
        "pick:11:credit",
        lambda: of_source(
            picked={"picture": replace(PICTURE, credit="")}, picture_url=PICTURE.url, rights=Rights.LICENSED
        ),
        lambda: of_source(picked={"picture": PICTURE}, picture_url=PICTURE.url, rights=Rights.LICENSED),
    ),
    (
        "rights",
        "pick:11:body",
        lambda: of_source(picked={"body": LONG * 5}, body=LONG * 9),
        lambda: of_source(picked={"body": LONG * 2}, body=LONG * 9),
    ),
    (
        "rights",
        "pick:11:blurb",
        lambda: of_source("ko", picked={"blurb": pick(1, "ko").body}, body=pick(1, "ko").body, rights=Rights.LINK_ONLY),
        lambda: of_source(
            "ko", picked={"blurb": "배 셋이 알아서 섭니다."}, body=pick(2, "ko").body, rights=Rights.LINK_ONLY
        ),
    ),
    (
        "attribution",
        "pick:11:body",
        lambda: of_source(picked={"attribution": ""}, rights=Rights.LICENSED),
        lambda: of_source(picked={"attribution": ""}, rights=Rights.OWN),
    ),
    ("law", "subject", lambda: sold(jurisdictions=frozenset({"kr"})), lambda: sold(jurisdictions=frozenset({"eu"}))),
    (
        "law",
        "subject",
        lambda: replace(an_issue("ko", subject="[광고] 부두에 닿는 배"), jurisdictions=frozenset({"kr"})),
        lambda: replace(an_issue("ko", subject="광고를 읽는 온실"), jurisdictions=frozenset({"kr"})),
    ),
    ("authentication", "sender", lambda: records(spf=()), records),
    ("authentication", "sender", lambda: records(spf=("v=spf1 -all", "v=spf1 mx -all")), lambda: records(spf=None)),
    (
        "authentication",
        "sender",
        lambda: records(spf=("v=spf1 +all",)),
        lambda: records(spf=("google-site=1", "v=spf1 ~all")),
    ),
    ("authentication", "sender", lambda: records(dmarc=()), lambda: replace(records(dmarc=()), is_local=True)),
    ("authentication", "sender", lambda: records(dmarc=("v=DMARC1",)), lambda: records(dmarc=("v=DMARC1; p=reject",))),
    ("authentication", "sender", lambda: records(dkim={"a._domainkey.example.org": ()}), lambda: records(dkim={})),
    ("authentication", "sender", lambda: records(signer="example.net"), lambda: records(signer="mail.example.org")),
    ("cost", "posts", facts, lambda: facts(channels=())),
]


def blank_posts(of: Facts) -> dict[str, str]:
    return {"post:x:1": '{"text": "", "length": 0, "limit": 280, "link": null, "picture": null, "language": "en"}'}


@pytest.mark.parametrize(
    ("check", "where", "wrong", "right"), CASES, ids=[f"{at}-{case[0]}" for at, case in enumerate(CASES, start=1)]
)
def test_a_check_finds_it_and_not_what_only_looks_like_it(
    check: str, where: str, wrong: Callable[[], Facts], right: Callable[[], Facts]
) -> None:
    surfaces = blank_posts(wrong()) if check == "blank" else {}
    told = found(wrong(), check, made=proof(wrong(), **surfaces))
    assert [one.where for one in told if one.where == where], told
    assert not [one for one in found(right(), check) if one.where == where]


@pytest.mark.parametrize("language", ["en", "ko"])
def test_a_sound_issue_has_nothing_but_its_price(language: str) -> None:
    made = facts(language)
    told = found(replace(made, letter=letter(proof(made))))
    assert [(one.check, one.what) for one in told] == [
        ("cost", "X takes $0.045 for this issue: 0 × $0.200 with a link, 3 × $0.015 without")
    ]


# ---- the message, and what must stand in it -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("broken", "what"),
    [
        (lambda text: text.replace(b"\r\n", b"\n"), "a line does not end in CRLF"),
        (lambda text: text + b"a" * 999 + b"\r\n", "a line is longer than 998 bytes"),
        (lambda text: b"From: two@example.org\r\n" + text, "from stands there 2 times"),
        (lambda text: text.replace(b"Subject: ", b"Subject: \xea\xb0\x80 ", 1), "a header is not plain ASCII"),
        (lambda text: text.replace(b"Date: ", b"Date: once upon ", 1), "its date is none"),
        (lambda text: text.replace(b"Message-ID: ", b"X-ID: ", 1), "message-id is missing"),
        (lambda text: text + b"\0\r\n", "it holds a NUL"),
    ],
)
def test_a_letter_that_is_none_by_rfc_5322_is_stopped(broken: Callable[[bytes], bytes], what: str) -> None:
    made = facts()
    [finding] = found(replace(made, letter=broken(letter(proof(made)))), "form")
    assert finding.level is Level.BLOCKING
    assert finding.what == f"the letter is not as RFC 5322 has it: {what}"


@pytest.mark.parametrize("name", ["List-Unsubscribe", "List-Unsubscribe-Post", "List-Id"])
def test_without_the_headers_of_a_list_it_is_stopped(name: str) -> None:
    made = facts()
    text = letter(proof(made)).replace(f"\r\n{name}: ".encode(), b"\r\nX-Was: ")
    told = found(replace(made, letter=text), "one-click")
    assert [one.level for one in told] == [Level.BLOCKING]


def test_a_way_out_in_clear_is_told_once() -> None:
    made = facts(home="http://letter.example.org")
    told = found(replace(made, letter=letter(proof(made), "http://letter.example.org")))
    assert [one.check for one in told if one.level is Level.BLOCKING] == ["own-address"]


@pytest.mark.parametrize(
    ("surface", "cut", "check"),
    [
        ("html", "1 Example Street", "foot"),
        ("text", "1 Example Street", "foot"),
        ("html", "\ue000leave_url[^\ue001]*\ue001", "foot"),
        ("text", "\ue000leave_url[^\ue001]*\ue001", "foot"),
        ("text", "A greenhouse that waters by the weight of its pots", "whole"),
        ("html", "A greenhouse that waters by the weight of its pots", "whole"),
    ],
)
def test_what_a_template_leaves_out_stops_it(surface: str, cut: str, check: str) -> None:
    made = facts()
    changed = proof(made, **{surface: without(cut, proof(made)[surface])})
    [finding] = found(made, check, made=changed)
    assert (finding.level, finding.where) == (Level.BLOCKING, surface)


def test_a_letter_that_cannot_be_written_stops_it() -> None:
    [finding] = found(facts(letter_problem="the subject is empty"), "form")
    assert finding.what == "the letter cannot be written: the subject is empty"


def test_words_that_no_proof_can_be_made_of_stop_it() -> None:
    [finding] = found(facts(unrendered="the note has {{x}}, which is no slot"), "form")
    assert finding.what.startswith("no proof can be made of the newest words")


def test_half_a_slot_and_one_where_nobody_fills_it_stop_it() -> None:
    made = facts()
    page = proof(made, page="<p>\ue000first_name\ue002you\ue001</p>", text=proof(made)["text"] + "\ue000first_name")
    told = found(made, "slots", made=page)
    assert {one.where for one in told} == {"page", "text"}


# ---- levels -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("is_local", [True, False])
def test_private_addresses_only_warn_where_nothing_leaves_this_machine(is_local: bool) -> None:
    made = replace(an_issue(note="[A map](http://127.0.0.1/map)"), home="http://127.0.0.1:8000", is_local=is_local)
    told = [one for check in ("links", "own-address") for one in found(made, check)]
    assert {one.level for one in told} == {Level.WARNING if is_local else Level.BLOCKING}
    assert len(told) == 2


def test_a_size_near_the_clip_warns_and_one_over_it_stops() -> None:
    made = facts()
    for count, level in ((89_000, None), (95_000, Level.WARNING), (103_000, Level.BLOCKING)):
        html = proof(made)["html"].replace(
            "</body>", f"<!--{'x' * (count - len(proof(made)['html'].encode()))}--></body>"
        )
        told = found(made, "size", made=proof(made, html=html))
        assert [one.level for one in told] == ([level] if level else [])


def test_a_post_over_its_limit_stops_it_counted_as_the_network_counts() -> None:
    made = facts("ko")
    post = '{"text": "%s", "length": 1, "limit": 280, "link": null, "picture": null, "language": "ko"}'
    for count, is_over in ((140, False), (141, True)):
        told = found(made, "limits", made=proof(made, **{"post:x:1": post % ("가" * count)}))
        assert [one.what for one in told] == (["the post on x is 282 long, and 280 is the most"] if is_over else [])


def test_posts_with_links_cost_more() -> None:
    [finding] = found(facts(), "cost", made=proof(facts(), links="each"))
    assert finding.what == "X takes $0.600 for this issue: 3 × $0.200 with a link, 0 × $0.015 without"


def test_an_accidental_address_costs_nothing_more_where_a_link_is_anyway() -> None:
    made = a_pick(blurb="The new model of x.ai is out.")
    told = found(made, "accidents", made=proof(made, links="each"))
    assert [one.level for one in told] == [Level.NOTE]


def test_a_post_that_leaves_later_is_read_later() -> None:
    said = "The line opens this week."
    made = of_source(picked={"body": "It opens.", "blurb": said}, body=said)
    late = replace(made, planned={("x", 1): LEAVES + timedelta(days=4)})
    assert [one.where for one in found(made, "relative-dates")] == []
    assert [one.where for one in found(late, "relative-dates")] == ["pick:11:post:x:text"]


@pytest.mark.parametrize("surface", ["html", "text", "page"])
def test_what_is_paid_for_is_marked_on_every_surface(surface: str) -> None:
    made = sold()
    assert found(made, "sponsor") == []
    content = proof(made)[surface].replace("Acme Pots", "Somebody")
    [finding] = found(made, "sponsor", made=proof(made, **{surface: content}))
    assert (finding.level, finding.where) == (Level.BLOCKING, "pick:11:sponsor")


def test_a_post_about_what_is_paid_for_says_so() -> None:
    made = a_pick(sponsor="Acme Pots")
    assert found(made, "sponsor") == []
    bare = proof(made)["post:x:1"].replace("Acme Pots", "us").replace("Sponsored", "Made")
    [finding] = found(made, "sponsor", made=proof(made, **{"post:x:1": bare}))
    assert (finding.level, finding.where) == (Level.WARNING, "pick:11:post:x:text")


def test_korean_advertising_says_how_its_sender_is_reached() -> None:
    made = replace(an_issue("ko", subject="(광고) 부두에 닿는 배"), jurisdictions=frozenset({"kr"}))
    assert {one.where for one in found(made, "law")} == {"text"}
    signed = replace(made, issue=replace(made.issue, byline="김 아무개", byline_address="kim@example.org"))
    [finding] = found(signed, "law")
    assert (finding.level, "telephone" in finding.what) == (Level.WARNING, True)


# ---- contrast -----------------------------------------------------------------------------------------------------


def test_text_that_can_hardly_be_told_from_its_ground_is_found_in_light_and_in_dark() -> None:
    dark = "<style>@media (prefers-color-scheme:dark){.paper{background-color:#111111 !important}}</style>"
    page = f'<html><head>{dark}</head><body><div class="paper" style="background:#fffffe;color:%s"><p>Words</p></div>'
    assert contrast.hardly_legible(page % "#eeeeee") == (("light", "#eeeeee", "#fffffe", "1.2"),)
    assert contrast.hardly_legible(page % "#333333") == (("dark", "#333333", "#111111", "1.5"),)
    assert contrast.hardly_legible(page % "#808080") == (("light", "#808080", "#fffffe", "3.9"),)


def test_large_text_may_be_paler_and_hidden_text_is_not_read() -> None:
    assert contrast.hardly_legible('<body style="background:#fff"><h1 style="color:#808080">Words</h1>') == ()
    assert contrast.hardly_legible('<body><div style="display:none;color:#fff">Words</div>') == ()


def test_a_letter_in_colours_of_a_template_is_told_where_they_are() -> None:
    made = facts()
    pale = proof(made, html=proof(made)["html"].replace("color:#2a2926", "color:#e3ddd1"))
    told = found(made, "contrast", made=pale)
    assert told and {one.where for one in told} == {"html"}


# ---- all of them --------------------------------------------------------------------------------------------------


def test_every_check_finds_something_in_these_tests() -> None:
    """Those that have no row above have a test of their own."""
    of_their_own = {"form", "one-click", "foot", "whole", "limits", "sponsor", "contrast"}
    names = {case[0] for case in CASES} | of_their_own
    assert len(names) >= 28 and len(CHECKS) >= len(names)


def _all_findings() -> list[Finding]:
    told = [one for _, _, wrong, _ in CASES for one in found(wrong())]
    bare = proof(facts(), html="<p>Words</p>", text="", page="")
    told += found(replace(sold(), letter=b"From: a\n", letter_problem=""), made=bare)
    return told + found(replace(sold(), letter_problem="the subject is empty", unrendered="the subject is empty"))


def test_what_is_found_is_told_in_korean() -> None:
    words = language_of("ko")
    untold = [text for one in _all_findings() for text in (one.what, one.todo) if words.tell(text) == text]
    assert not untold


def test_findings_come_the_gravest_first_and_each_once() -> None:
    told = found(replace(sold("ko"), audience=0, jurisdictions=frozenset({"kr"})))
    ranks = [["blocking", "warning", "note"].index(one.level) for one in told]
    assert ranks == sorted(ranks) and len(set(told)) == len(told)


def test_a_finding_leads_to_a_field_that_the_issue_has() -> None:
    from publisher.domain.draft import place

    surfaces = {"html", "text", "page", "subject", "audience", "sender", "posts"}
    for finding in _all_findings():
        if finding.where not in surfaces:
            place(finding.where)


def test_facts_are_enough_that_no_check_asks_anybody() -> None:
    """A pick whose source is gone, an issue without picks: nothing is raised."""
    empty = facts(of=issue(picks=[]))
    assert found(empty) is not None
    gone = replace(facts(), items={})
    assert [one.check for one in found(gone)] == ["cost"]


def test_written_is_before_it_leaves() -> None:
    assert WRITTEN < LEAVES and HOME.startswith("https://") and isinstance(pick(1), Pick)
