"""A desk with much to choose from: feeds that tell some stories twice, an issue that was sent, one that is made."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from PIL import Image

from publisher.domain.item import ItemFound, Rights
from publisher.domain.message import Picture
from publisher.store import items, pictures
from publisher.web import app
from publisher.web.server import serving
from publisher.web.shell import Shell
from tests.newsroom import FOLDER, FRIDAY, THURSDAY, Newsroom
from tests.web.desks import KIM, LEE, Desk

WEEK = timedelta(days=7)
NOW = THURSDAY + WEEK + timedelta(hours=1)
FEEDS = "".join(
    f'[[source]]\nname = "{name}"\nkind = "feed"\nurl = "http://127.0.0.1:9/{name}.xml"\nrights = "{rights}"\n{more}'
    for name, rights, more in (
        ("harbour", "excerpt", 'title = "Harbour Gazette"\n'),
        ("bakery", "own", ""),
        ("robots", "excerpt", ""),
        ("hanguk", "excerpt", 'language = "ko"\n'),
    )
)
STORIES: dict[str, tuple[str, ...]] = {
    "harbour": (
        "Forty cranes move without a driver since Monday",
        "A lighthouse learns to tell fog from smoke",
        "Divers map the old pier with sound",
        "Ferries wait for the last bus",
    ),
    "bakery": (
        "A forecast decides how much bread is baked",
        "Ovens that switch off when nobody is hungry",
        "The rye that survives two dry summers",
        "Flour prices are told by satellite",
    ),
    "robots": (
        "A hospital lets a robot carry the blood samples",
        "School children teach a robot to lose at chess",
        "Window cleaners get an arm of twelve metres",
        "The robot that apologises to cyclists",
    ),
    "hanguk": (
        "도서관 지붕이 전기를 판다",
        "심야버스가 사람을 기다린다",
        "저수지 관리인이 오리를 센다",
        "골목 시계방에 청년이 온다",
    ),
}
KOREAN: dict[str, tuple[str, ...]] = {
    "harbour": (
        "항구 크레인 마흔 대가 운전자 없이 움직인다",
        "등대가 안개와 연기를 가려낸다",
        "잠수부가 소리로 옛 부두를 그린다",
        "여객선이 막차를 기다린다",
    ),
    "bakery": (
        "예보가 빵의 양을 정한다",
        "배고픈 사람이 없으면 꺼지는 오븐",
        "두 번의 가뭄을 견딘 호밀",
        "위성이 알려 주는 밀가루 값",
    ),
    "robots": (
        "병원 로봇이 혈액 검체를 나른다",
        "아이들이 로봇에게 지는 법을 가르친다",
        "창문 닦는 팔이 12미터까지 늘어난다",
        "자전거에 사과하는 로봇",
    ),
    "hanguk": STORIES["hanguk"],
}
SECTIONS = ("Work", "Science", "Around us")
KOREAN_SECTIONS = ("일터", "과학", "우리 곁")
HOSTILE = '<img src=x onerror="alert(1)"> {{ secret }} <script>alert(2)</script>'


@contextmanager
def open_choosing(folder: Path, *, language: str = "en", guest: str = "", sections: bool = True) -> Iterator[Desk]:
    """The desk of No. 2, a draft of six; No. 1 was sent a week ago."""
    begins = begins_korean if language == "ko" else begins_english
    room = Newsroom.begun(begins, folder, FOLDER + FEEDS, per_source=2, language=language)
    if sections:
        config = room.root / "config.toml"
        names = KOREAN_SECTIONS if language == "ko" else SECTIONS
        said = ", ".join(f'"{name}"' for name in names)
        config.write_text(config.read_text().replace("[issue]\n", f"[issue]\nsections = [{said}]\n"))
        room = Newsroom(type(room.publication)(_settings(config)))
    times = [NOW]
    with serving(app.create(Shell(room.publication, lambda: times[0], guest=guest))) as address:
        yield Desk(room, address, times)
    room.database.close()


def begins_english(room: Newsroom) -> None:
    _begins(room, STORIES)


def begins_korean(room: Newsroom) -> None:
    _begins(room, KOREAN)


def _begins(room: Newsroom, stories: dict[str, tuple[str, ...]]) -> None:
    room.has_editors(KIM, LEE)
    room.has_readers(12)
    for week in (0, 1):
        at = THURSDAY + week * WEEK
        for number, (name, headlines) in enumerate(stories.items()):
            found = [
                item(name, headline if week else f"{headline} (1)", at - timedelta(hours=5 * place + number + 2))
                for place, headline in enumerate(headlines)
            ]
            if week and name == "robots":  # tells the first story of the harbour too, in the same words
                told = item("harbour", stories["harbour"][0], at)
                found.append(item(name, told.headline, at - timedelta(hours=3), body=told.body))
            gives(room, name, found, at - timedelta(hours=1))
        room.composes(now=at)
        if not week:
            room.approves(now=at)
            room.releases(now=FRIDAY)


def item(source: str, headline: str, at: datetime, *, body: str = "") -> ItemFound:
    picture = (
        Picture(f"https://{source}.example.org/{abs(hash(headline))}.png", "", "", "") if source == "bakery" else None
    )
    told = f"{headline}, and this is told in a sentence that anybody can read. The council of {source} spoke of it."
    address = re.sub(r"\W+", "-", headline.casefold())
    return ItemFound(
        identity=f"{source}:{headline}",
        headline=headline,
        url=f"https://{source}.example.org/{address}",
        body=body or told,
        published_at=at,
        language="ko" if re.search("[가-힣]", headline) else "en",
        picture=picture,
    )


def gives(room: Newsroom, source: str, found: list[ItemFound], now: datetime) -> None:
    """A source gives these."""
    options = next(one for one in room.publication.settings.sources if one.name == source)
    with room.database.write() as session:
        items.save_items(session, source, Rights(options.rights), found, now)
        for number, one in enumerate(found):
            if one.picture:
                pictures.put(session, one.picture.url, _png(number), now)


def acts(desk: Desk, act: str, path: str = "/desk/issues/2/choose", **more: str) -> requests.Response:
    """Press a button of that page, as it is now; where it leads to is not gone to."""
    return desk.post("/desk/issues/2/orders", data=form_of(desk, path) | {"act": act} | more, allow_redirects=False)


def form_of(desk: Desk, path: str = "/desk/issues/2/choose") -> dict[str, str]:
    found = re.search(r'<form [^>]*id="acts"[^>]*>(.*?)</header>', desk.get(path).text, re.DOTALL)
    assert found
    return {
        name: html.unescape(value)
        for name, value in re.findall(r'<input type="hidden" name="([\w.]+)" value="([^"]*)">', found[1])
    }


def order_of(desk: Desk, number: int = 2) -> list[int]:
    return [pick["item"] for pick in desk.room.issue(number)["picks"]]


def _png(number: int) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (640, 480), (120 + 30 * number, 150, 190 - 30 * number)).save(file, "PNG")
    return file.getvalue()


def _settings(config: Path) -> Any:
    from publisher.wiring import load_settings

    return load_settings(config)
