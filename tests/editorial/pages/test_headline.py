"""The headline is what readers see over the text: never the site's name, never "Home", never cut."""

from __future__ import annotations

import pytest

from publisher.errors import SourceError
from tests.editorial.pages.makers import HEADLINE, article, ld, meta, page, read


@pytest.mark.parametrize(
    "title",
    [
        f"{HEADLINE} | The Paper",
        f"{HEADLINE} - The Paper",
        f"{HEADLINE} – The Paper",
        f"{HEADLINE} :: The Paper",
        f"The Paper: {HEADLINE}",
        f"The Paper - {HEADLINE}",
        f"{HEADLINE} | News | The Paper",
        f"[The Paper] {HEADLINE}",
    ],
)
def test_the_name_of_the_site_is_taken_off_wherever_it_stands(title: str) -> None:
    for head in (meta(og__site_name="The Paper"), ld(article(publisher={"name": "The Paper"}))):
        assert read(page(head, title=title, before="")).headline == HEADLINE
    assert read(page(meta(og__site_name="The Paper", og__title=title), title="x", before="")).headline == HEADLINE


@pytest.mark.parametrize(
    ("title", "site"),
    [
        ("수달이 돌아온 강, 서른한 해 만에 | 한빛일보", "한빛일보"),
        ("수달이 돌아온 강, 서른한 해 만에 - 한빛일보", "한빛일보"),
        ("수달이 돌아온 강, 서른한 해 만에 :: 한빛일보", "한빛일보"),
        ("수달이 돌아온 강, 서른한 해 만에ㅣ한빛일보", "한빛일보"),
        ("한빛일보 > 사회 > 수달이 돌아온 강, 서른한 해 만에", "한빛일보"),
    ],
)
def test_so_is_that_of_a_korean_site(title: str, site: str) -> None:
    found = read(page(meta(og__site_name=site), title=title, before="")).headline
    assert found.endswith("수달이 돌아온 강, 서른한 해 만에") and site not in found


def test_a_site_that_is_not_named_is_known_by_what_stands_beside_the_headline() -> None:
    assert read(page(title=f"{HEADLINE} - Meridian")).headline == HEADLINE
    found = read(page(meta(og__title=HEADLINE), title=f"{HEADLINE} - Meridian", before="<h1>Meridian</h1>"))
    assert found.headline == HEADLINE


def test_a_dash_of_the_headline_stays() -> None:
    headline = "Rain - the first since April - reaches the valley"
    assert read(page(title=f"{headline} | The Paper", before=f"<h1>{headline}</h1>")).headline == headline
    assert read(page(meta(og__site_name="The Paper"), title=headline, before="")).headline == headline


def test_the_sites_own_heading_is_not_taken_for_the_articles() -> None:
    html = page(meta(og__site_name="The Paper"), before=f"<h1>The Paper</h1><h1>{HEADLINE}</h1>")
    assert read(html).headline == HEADLINE


def test_what_is_written_for_networks_gives_way_to_what_readers_see() -> None:
    head = ld(article(headline=HEADLINE)) + meta(og__title="You will not believe what came back")
    assert read(page(head)).headline == HEADLINE


def test_a_headline_that_was_cut_for_machines_is_whole() -> None:
    head = ld(article(headline=HEADLINE[:20] + "…")) + meta(og__title=HEADLINE)
    assert read(page(head, title="", before="")).headline == HEADLINE


@pytest.mark.parametrize("title", ["Home", "홈", "index", "The Paper", "paper.example", "", " - ", "Untitled Document"])
def test_what_says_nothing_is_no_headline(title: str) -> None:
    with pytest.raises(SourceError, match="no headline"):
        read(page(meta(og__site_name="The Paper"), title=title, before=""))


def test_markup_entities_and_decomposed_hangul_do_not_come_through() -> None:
    import unicodedata

    told = unicodedata.normalize("NFD", "수달이 돌아왔다 &amp; <b>강</b>이 웃었다")
    assert read(page(ld(article(headline=told)), title="", before="")).headline == "수달이 돌아왔다 & 강이 웃었다"
