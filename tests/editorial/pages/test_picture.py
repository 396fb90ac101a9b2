"""The picture of an article: the one that shows the story, in a size that is wide enough, with its words."""

from __future__ import annotations

import pytest

from publisher.domain.message import Picture
from tests.editorial.pages.makers import HEADLINE, TEXT, article, ld, meta, page, read

H1 = f"<h1>{HEADLINE}</h1>"
BLANK = "data:image/gif;base64,R0lGODlhAQABAAAAACw="


def picture(html: str) -> Picture | None:
    return read(html).picture


@pytest.mark.parametrize(
    ("image", "name"),
    [
        ("<img src='/o.jpg'>", "o.jpg"),
        (f"<img src='{BLANK}' data-src='/o.jpg'>", "o.jpg"),
        ("<img src='/blank.gif' data-original='/o.jpg'>", "o.jpg"),
        ("<img src='/s.jpg' srcset='/o-320.jpg 320w, /o-1280.jpg 1280w, /o-2560.jpg 2560w'>", "o-1280.jpg"),
        ("<img src='/s.jpg' srcset='/o-320.jpg 320w, /o-640.jpg 640w'>", "o-640.jpg"),
        ("<img src='/s.jpg' srcset='/o.jpg, /o@2x.jpg 2x'>", "s.jpg"),
        (
            "<img src='/blank.gif' data-srcset='/w_640,c_fit/o.jpg 640w, /w_1400,c_fit/o.jpg 1400w'>",
            "w_1400,c_fit/o.jpg",
        ),
        (f"<img src='{BLANK}'><noscript><img src='/o.jpg'></noscript>", "o.jpg"),
        ("<picture><source srcset='/o-1400.webp 1400w'><img src='/o.jpg'></picture>", "o-1400.webp"),
    ],
)
def test_a_picture_is_found_wherever_a_lazy_page_keeps_it(image: str, name: str) -> None:
    found = picture(page(before=f"{H1}<figure>{image}</figure>"))
    assert found and found.url == f"https://paper.example/{name}"


@pytest.mark.parametrize(
    "image",
    [
        "<img src='/img/logo.png'>", "<img src='/icons/share.svg'>", "<img src='/p.gif' width='1' height='1'>",
        "<img src='/mira.jpg' width='64' height='64'>", "<div class='author-box'><img src='/mira.jpg'></div>",
        "<div class='related'><img src='/heron.jpg'></div>", "<img src='javascript:alert(1)'>", "<img src='http://['>",
        f"<img src='{BLANK}'>", "<img>",
    ],
)  # fmt: skip
def test_decoration_is_no_picture(image: str) -> None:
    assert picture(page(before=H1 + image)) is None


@pytest.mark.parametrize(
    ("caption", "words"),
    [
        ("<figcaption>An otter. Photo: Mira Sol</figcaption>", ("An otter.", "Mira Sol")),
        ("<figcaption>An otter (Photo: Mira Sol)</figcaption>", ("An otter", "Mira Sol")),
        ("<figcaption>An otter <span class='credit'>Mira Sol</span></figcaption>", ("An otter", "Mira Sol")),
        ("<figcaption><span class='credit'>Photograph: Mira Sol</span></figcaption>", ("", "Mira Sol")),
        ("<figcaption>수달 한 마리. 사진=서다온</figcaption>", ("수달 한 마리.", "서다온")),
        ("<p class='img-desc'>수달 한 마리. 한빛시 제공</p>", ("수달 한 마리.", "한빛시")),
        ("", ("", "")),
    ],
)
def test_caption_and_credit_are_told_apart(caption: str, words: tuple[str, str]) -> None:
    found = picture(page(before=f"{H1}<figure><img src='/o.jpg' alt='An otter on a stone'>{caption}</figure>"))
    assert found == Picture("https://paper.example/o.jpg", "An otter on a stone", *words)


def test_what_machines_are_told_is_taken_where_the_page_shows_none() -> None:
    head = meta(og__image="/social/otter.jpg", og__image__alt="An otter")
    assert picture(page(head)) == Picture("https://paper.example/social/otter.jpg", "An otter")
    image = {"@type": "ImageObject", "url": "https://i.example/o.jpg", "caption": "An otter", "creditText": "Mira Sol"}
    assert picture(page(ld(article(image=[image])))) == Picture("https://i.example/o.jpg", "", "An otter", "Mira Sol")
    assert picture(page(ld(article(image="https://i.example/o.jpg")))) == Picture("https://i.example/o.jpg")


def test_the_pages_own_words_are_put_to_the_same_picture() -> None:
    head = meta(og__image="https://i.example/1200x630/otter.jpg?overlay=logo")
    image = "<img src='https://i.example/800x600/otter.jpg' alt='On a stone'>"
    figure = f"<figure>{image}<figcaption>Its stone.</figcaption></figure>"
    assert picture(page(head, text=TEXT + figure + TEXT.replace("otter", "guest"))) == Picture(
        "https://i.example/800x600/otter.jpg", "On a stone", "Its stone."
    )


def test_a_sites_own_sign_is_not_the_picture_of_a_story() -> None:
    head = meta(og__image="https://paper.example/static/default-og.png")
    assert picture(page(head)) is None
    assert picture(page(head, text=f"{TEXT}<img src='/o.jpg'>{TEXT.replace('otter', 'guest')}"))
