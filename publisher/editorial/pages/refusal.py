"""Why a page is no article, in words."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lxml.html import HtmlElement

from publisher.editorial.charset import decode
from publisher.editorial.pages.clutter import link_share
from publisher.editorial.pages.said import Said
from publisher.editorial.pages.tree import PageTree, words_of
from publisher.errors import SourceError

_SHORT = 600
_ENOUGH = 40
_ERROR = re.compile(
    r"\b(?:404|403|410|500|502|503)\b|not found|page (?:does not|doesn[’']t) exist|no longer (?:available|exists)"
    r"|페이지를 찾을 수 없|존재하지 않는|없는 페이지|삭제된|삭제되었|잘못된 (?:주소|접근|경로)"
    r"|서비스 점검|점검 중|일시적인? 오류|service unavailable"
    r"|internal server error|something went wrong|under maintenance",
    re.IGNORECASE,
)
_CHECK = re.compile(
    r"just a moment|attention required|are you (?:a )?(?:human|robot)|verify (?:that )?you are human|access denied"
    r"|captcha|로봇이 아닙니다|자동 ?입력 ?방지|비정상적인 접근",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"\b(?:log|sign) ?in\b|로그인|subscribers? only|members? only|회원 ?전용|유료 ?회원"
    r"|(?:to|and) (?:keep|continue) reading|구독자 ?전용",
    re.IGNORECASE,
)


def as_html(content: bytes | str, content_type: str = "") -> str:
    """The text of a page. Raises SourceError where it is something else: a picture, a PDF, a feed."""
    kind = content_type.partition(";")[0].strip().lower()
    if isinstance(content, bytes):
        if content.startswith(b"%PDF") or kind == "application/pdf":
            raise SourceError("is a PDF, not a page; write the item by hand with its address")
        if kind.startswith(("image/", "audio/", "video/", "font/", "application/zip", "application/octet")):
            raise SourceError(f"is {kind}, not a page; check the address")
        content = decode(content, content_type)
    start = re.sub(r"<\?xml[^>]{0,200}\?>|<!--.{0,2000}?-->", "", content[:5_000], flags=re.DOTALL).lstrip(
        "\ufeff \t\r\n"
    )
    if re.match(r"<(?:rss|feed|rdf:RDF)\b", start) or re.match(r'\{\s*"version"\s*:\s*"https://jsonfeed', start):
        raise SourceError('is a feed, not a page; read it with kind = "feed"')
    if "<" not in content[:100_000]:
        raise SourceError("is no HTML" if content.strip() else "is empty")
    return content


def refusal(
    page: PageTree,
    said: Said,
    leaves: Sequence[HtmlElement],
    text: Sequence[HtmlElement],
    *,
    headline: str,
    body: str,
    dek: str,
) -> None:
    """Raises SourceError where the page is no article, and says what it is."""
    if not leaves and not page.title and not page.scripts:
        raise SourceError("is empty")
    words = " ".join(words_of(leaf) for leaf in leaves[:200])
    is_short = len(body) < _SHORT
    told = f"{page.title} {headline} {' '.join(words_of(leaf) for leaf in leaves[:12])}"
    if is_short and not said.is_article:
        if _CHECK.search(told):
            raise SourceError("asks whether a person is there before it shows anything, so it cannot be read")
        if _ERROR.search(told):
            raise SourceError(f'is an error page ("{(headline or page.title)[:60]}"); check the address')
    if len(body) < _SHORT // 3 and (page.asks_password or (_LOGIN.search(told) and not said.is_article)):
        raise SourceError("asks for a login, so its text cannot be read; write the item by hand")
    if said.is_listing or _is_list(leaves, text, body):
        raise SourceError('is a list of articles; read it with kind = "index", or give the address of one of them')
    if not headline:
        raise SourceError("has no headline; write the item by hand with `publisher items write`")
    if not body and len(dek) < _ENOUGH:
        why = (
            "is filled by a script in the browser" if page.scripts and len(words) < _SHORT else "has no text of its own"
        )
        raise SourceError(f"{why}; look for its feed with `publisher sources find`, or write the item by hand")


def _is_list(leaves: Sequence[HtmlElement], text: Sequence[HtmlElement], body: str) -> bool:
    """Most of what is there are headlines that link elsewhere."""
    linked = sum(1 for leaf in leaves if next(leaf.iter("a"), None) is not None and 15 <= len(words_of(leaf)) <= 200)
    in_text = sum(link_share(leaf) > 0.7 for leaf in text)
    return (linked >= 8 and len(body) < _SHORT) or (in_text >= 5 and in_text * 3 > len(text) * 2)
