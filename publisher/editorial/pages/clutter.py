"""What on a page is around an article and no part of it, by element, role and the names that sites give such parts."""

from __future__ import annotations

import re
from collections.abc import Collection

from lxml.html import HtmlElement

from publisher.editorial.pages.tree import around, names_of, words_of

_ROLES = re.compile(r"navigation|complementary|banner|contentinfo|dialog|search|alertdialog|menu|menubar|toolbar")
_NAMES = re.compile(
    r"ads?|adv|advert\w*|author-?box|authorbox|avatar|banner|breadcrumbs?|categor(?:y|ies)|comments?|reply|replies|cookies?"
    r"|consent|copyright|copyrights|footer|gnb|lnb|snb|gdpr|jp|keywords?|location|login|logo|menu|menus|modal|most|mostread|nav"
    r"|navi|navigation|newsletter|newsletter-?signup|paging|pagination|poll|popular|popup|print|profile|promo|rank|ranking"
    r"|reaction|reactions|recent|recommend\w*|related|rel|relation|share|sharing|sharedaddy|shares|sidebar|signup|skip|sns"
    r"|social|sponsor\w*|subscribe|subscription|tags?|taglist|hashtags?|toc|tool|toolbar|tools|trending|ufi|util|utils"
    r"|utility|btn|btns|button|buttons|fontsize|widget"
)
_MENUS = re.compile(
    r"ads?|adv|advert\w*|banner|breadcrumbs?|comments?|cookies?|consent|copyright|footer|gnb|lnb|snb|login|menu|menus|nav|navi"
    r"|navigation|newsletter|paging|pagination|popup|rank|ranking|related|share|sharing|sidebar|sns|social|sponsor\w*"
    r"|subscribe|tagcloud|util|utility"
)
_SAFE = ("html", "body", "main", "article")  # their names say of what kind the page is: "has-sidebar", "single-tag"


def is_apart(element: HtmlElement, trusted: Collection[HtmlElement] = ()) -> bool:
    """Whether the element, or what it is in, is around the article; what is `trusted` to hold it is never asked."""
    for outer in around(element):
        if outer in trusted:
            return False
        if outer.tag in ("nav", "aside", "footer", "form", "dialog") or _ROLES.fullmatch(outer.get("role", "").lower()):
            return True
        if outer.tag not in _SAFE and any(map(_NAMES.fullmatch, names_of(outer))):
            return True
    return False


def is_menu(element: HtmlElement) -> bool:
    """Whether it is what every page of a site has: a menu, a foot, a box of other things."""
    return (
        element.tag in ("nav", "footer", "dialog")
        or bool(_ROLES.fullmatch(element.get("role", "").lower()))
        or (element.tag not in _SAFE and any(map(_MENUS.fullmatch, names_of(element))))
    )


def link_share(element: HtmlElement) -> float:
    """How much of its words are links, 0 to 1."""
    whole = len(words_of(element))
    return sum(len(words_of(link)) for link in element.iter("a")) / whole if whole else 0.0
