"""The forms that one address takes: parameters that track, redirectors, AMP, mobile pages.

These lists are kept by hand. A parameter is here when whoever adds it documents it, or when both of the lists that are
kept for browsers have it for every site: AdGuard's "TrackParamFilter/sections/general_url.txt"
(github.com/AdguardTeam/AdguardFilters) and the "globalRules" of ClearURLs (github.com/ClearURLs/Rules, data.min.json).
A common word is never here: `ref`, `source`, `from`, `id`, `p` or `sid` name the page itself on too many sites.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TypeVar
from urllib.parse import unquote

# fmt: off
_TRACKING = frozenset((
    # the networks' click ids, of Google (support.google.com/google-ads/answer/9744275), Microsoft
    # (help.ads.microsoft.com/apex/index/3/en/60000) and others
    "fbclid", "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "msclkid", "yclid", "ysclid", "twclid", "ttclid",
    "li_fat_id", "irclickid", "irgwc", "awc", "tduid", "wickedid", "rtkcid", "sscid", "epik",
    # Facebook's and share buttons of Instagram and X
    "fb_action_ids", "fb_action_types", "fb_source", "fb_ref", "fb_comment_id", "action_object_map", "action_ref_map",
    "action_type_map", "igsh", "igshid", "ref_src", "ref_url", "__twitter_impression",
    # newsletters and marketing mail: Mailchimp, Marketo, Vero, HubSpot, Omeda, Klaviyo, MailerLite, Blueshift, Mindbox
    "mc_cid", "mc_eid", "mc_tc", "mkt_tok", "vero_id", "vero_conv", "_hsenc", "_hsmi", "__hstc", "__hssc", "__hsfp",
    "hsctatracking", "oly_anon_id", "oly_enc_id", "_bta_c", "_bta_tid", "rb_clickid", "_kx", "ml_subscriber",
    "ml_subscriber_hash", "bsft_clkid", "bsft_eid", "bsft_mid", "bsft_uid", "bsft_aaid", "bsft_ek",
    "mindbox-click-id", "mindbox-message-key",
    # campaigns: Adobe, Webtrekk, AT Internet, Coremetrics, Cxense, OpenStat
    "s_cid", "icid", "ncid", "cmpid", "wt_mc", "wt_zmc", "wtrid", "xtor", "_openstat", "cm_me", "cm_cr", "cx_click",
    "cx_recsorder", "cx_recswidget", "nx_source", "erid",
    # analytics carried from page to page: support.google.com/analytics/answer/10071811
    "_ga", "_gl", "usqp", "guccounter", "guce_referrer", "guce_referrer_sig", "_branch_match_id", "_clde", "_cldee",
    # Naver's shopping and advertisements: saedu.naver.com
    "napm", "n_media", "n_query", "n_rank", "n_ad_group", "n_ad", "n_keyword_id", "n_keyword", "n_campaign_type",
    # the AMP form of the same page; one visitor's session
    "amp", "amp_js_v", "amp_gsa", "outputtype", "phpsessid", "jsessionid", "oscsid", "zenid", "cfid", "cftoken",
))
# fmt: on
_TRACKING_FAMILIES = (
    *("utm_", "hsa_", "mtm_", "matomo_", "pk_", "piwik_", "itm_", "otm_", "hmb_", "dpg_", "adjust_", "cm_mmc"),
    *("__cft__", "__tn__", "aspsessionid"),
)
_TRACKING_THERE = {
    "youtube.com": frozenset(("si", "feature", "pp", "ab_channel", "t")),
    "x.com": frozenset(("s", "t")),
    "n.news.naver.com": frozenset(("sid", "cds", "ntype")),
}

Page = tuple[str, str, str]
"""Host, path and query, each folded as far as it is the same on every site."""


@lru_cache(maxsize=4096)
def is_tracking(host: str, name: str) -> bool:
    """Does a parameter of this name say only where a click came from? Remembered: a feed has a few names."""
    name = name.lower()
    return name in _TRACKING or name.startswith(_TRACKING_FAMILIES) or name in _TRACKING_THERE.get(host, ())


def target_of(page: Page) -> str | None:
    """The address that a redirector or a copy of AMP says it stands for; None for any other page.

    What only the server can resolve stays: feedproxy.google.com/~r/…, t.co, bit.ly, news.google.com/rss/articles/….
    Feeds that go through FeedBurner name the page beside it (feedburner:origLink), and that is what is read.
    """
    host, path, query = page
    target = _redirector(host)
    return target(path, query) if target else None


def one_form(page: Page) -> Page:
    """Of the forms that a site gives one page (for telephones, for older readers) the one that the others mean."""
    form = _form(page[0])
    return form(page) if form else page


def is_special(host: str) -> bool:
    """Whether pages of this host are not what their addresses say on every other site."""
    return bool(_redirector(host) or _form(host) or host in _TRACKING_THERE)


# --- redirectors

_Target = Callable[[str, str], str | None]


def _in_query(names: str, *paths: str) -> _Target:
    """A redirector whose target is the first of these parameters that holds a web address."""

    def target(path: str, query: str) -> str | None:
        if not path.startswith(paths):
            return None
        given = dict(reversed([pair.partition("=")[::2] for pair in query.split("&")]))
        addresses = (unquote(given[name].replace("+", " ")) for name in names.split() if name in given)
        return next((address for address in addresses if _WEB.match(address)), None)

    return target


def _in_path(beginning: re.Pattern[str]) -> _Target:
    """A copy whose path ends in the address, without a scheme."""

    def target(path: str, query: str) -> str | None:
        match = beginning.match(path)
        return f"https://{path[match.end() :]}{'?' if query else ''}{query}" if match else None

    return target


def _google(path: str, query: str) -> str | None:
    return _GOOGLE_URL(path, query) or _GOOGLE_AMP(path, query)


_WEB = re.compile(r"https?://[^/]", re.IGNORECASE)
_GOOGLE_URL = _in_query("q url", "/url")
_GOOGLE_AMP = _in_path(re.compile(r"/s/(?=[^/.]+\.[^/]+/)"))  # /amp/s/…, of which every path has lost its /amp
# developers.google.com/amp/cache/overview#amp-cache-url-format; "s" stands for https.
_AMP_CACHE = _in_path(re.compile(r"/[cv]/(?:s/)?(?=[^/.]+\.)"))
_GOOGLE_HOST = re.compile(r"google\.(?:com?\.)?[a-z]{2,3}")
_REDIRECTORS: dict[str, _Target] = {
    "l.facebook.com": _in_query("u", "/l.php"),
    "lm.facebook.com": _in_query("u", "/l.php"),
    "l.messenger.com": _in_query("u", "/l.php"),
    "l.instagram.com": _in_query("u", "/"),
    "l.threads.com": _in_query("u", "/"),
    "l.threads.net": _in_query("u", "/"),
    "t.umblr.com": _in_query("z", "/redirect"),
    "out.reddit.com": _in_query("url", "/"),
    "youtube.com": _in_query("q", "/redirect"),
    "linkedin.com": _in_query("url", "/redir/", "/safety/go"),
    "vk.com": _in_query("to", "/away.php"),
    "steamcommunity.com": _in_query("u url", "/linkfilter"),
    "slack-redir.net": _in_query("url", "/link"),
    "medium.com": _in_query("url", "/r"),
    "disq.us": _in_query("url", "/"),
    "duckduckgo.com": _in_query("uddg", "/l"),
    "bing.com": _in_query("url", "/news/apiclick.aspx"),
    "exit.sc": _in_query("url", "/"),
    "getpocket.com": _in_query("url", "/redirect"),
    "link.zhihu.com": _in_query("target", "/"),
    "link.naver.com": _in_query("url", "/bridge"),
    "search.naver.com": _in_query("u", "/p/crd/rd"),
}
_REDIRECTORS_UNDER: dict[str, _Target] = {
    "cdn.ampproject.org": _AMP_CACHE,
    "safelinks.protection.outlook.com": _in_query("url", "/"),
}


def _redirector(host: str) -> _Target | None:
    if known := _REDIRECTORS.get(host):
        return known
    if host.startswith("google.") and _GOOGLE_HOST.fullmatch(host):
        return _google
    return _under(host, _REDIRECTORS_UNDER)


# --- sites whose pages have several forms

_Form = Callable[[Page], Page]


def _values(query: str, *names: str) -> list[str]:
    """The values of these parameters, in whichever case they are written; empty unless all are numbers or names."""
    given = {name.lower(): value for name, _, value in (pair.partition("=") for pair in query.split("&"))}
    found = [given.get(name, "") for name in names]
    return found if all(re.fullmatch(r"[\w-]+", value, re.ASCII) for value in found) else []


def _youtube(page: Page) -> Page:
    """youtu.be/ID, /shorts/ID, /live/ID and /embed/ID are /watch?v=ID."""
    host, path, _ = page
    match = re.fullmatch(r"/(?:(?:shorts|live|embed|v)/)?([\w-]{11})", path)
    if match and (host == "youtu.be" or path.count("/") == 2):
        return ("youtube.com", "/watch", f"v={match[1]}")
    return page


def _x(page: Page) -> Page:
    return ("x.com", page[1], page[2])


def _reddit(page: Page) -> Page:
    return ("reddit.com", page[1], page[2])


def _wiki(page: Page) -> Page:
    return (page[0].replace(".m.", ".", 1), page[1], page[2])


def _tistory(page: Page) -> Page:
    """/m/12 is /12 for a telephone."""
    host, path, query = page
    return (host, path[2:] or "/", query) if re.match(r"/m(?:/|$)", path) else page


def _naver_news(page: Page) -> Page:
    """One article has one number (office, article) wherever it is read: news, sports, entertainment, telephones."""
    _, path, query = page
    in_path = re.search(r"/article/(\d{3})/(\d{8,12})$", path)
    numbers = list(in_path.groups()) if in_path else _values(query, "oid", "aid")
    return ("n.news.naver.com", f"/article/{numbers[0]}/{numbers[1]}", "") if numbers else page


def _naver_blog(page: Page) -> Page:
    """PostView.naver?blogId=NAME&logNo=NUMBER is /NAME/NUMBER."""
    host, path, query = page
    names = _values(query, "blogid", "logno") if re.fullmatch(r"/PostView\.(?:naver|nhn)", path) else []
    return (host, f"/{names[0]}/{names[1]}", "") if names else page


def _daum(page: Page) -> Page:
    """One article has one number, read under news, sports, entertainment and on telephones."""
    _, path, query = page
    in_path = re.fullmatch(r"/v/(\d{14,20})", path)
    number = [in_path[1]] if in_path else _values(query, "newsid") if path.endswith("/newsview") else []
    return ("v.daum.net", f"/v/{number[0]}", "") if number else page


_FORMS: dict[str, _Form] = {
    "youtube.com": _youtube,
    "youtu.be": _youtube,
    "twitter.com": _x,
    "old.reddit.com": _reddit,
    "new.reddit.com": _reddit,
    "np.reddit.com": _reddit,
    "blog.naver.com": _naver_blog,
    **dict.fromkeys(("news.naver.com", "n.news.naver.com", "sports.naver.com", "sports.news.naver.com"), _naver_news),
    **dict.fromkeys(("entertain.naver.com", "entertain.news.naver.com"), _naver_news),
}
_FORMS_UNDER: dict[str, _Form] = {
    "tistory.com": _tistory,
    "daum.net": _daum,
    **{f"m.{wiki}.org": _wiki for wiki in ("wikipedia", "wiktionary", "wikinews", "wikisource", "wikiquote")},
}


def _form(host: str) -> _Form | None:
    return _FORMS.get(host) or _under(host, _FORMS_UNDER)


_Any = TypeVar("_Any")


def _under(host: str, places: Mapping[str, _Any]) -> _Any | None:
    """What is said of the domain that this host is under, or is."""
    while host not in places:
        _, dot, host = host.partition(".")
        if not dot:
            return None
    return places[host]
