"""The look of every page on one: tokens, type and parts, with made-up words. What a new page is built from."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from publisher.web.shell import shell

COLOURS = (
    *("paper", "tint", "ink", "text", "soft", "rule", "edge", "accent", "on-accent", "strip", "on-strip"),
    *("good", "warn", "bad", "good-wash", "warn-wash", "bad-wash"),
)
ISSUE_STATES = ("planned", "draft", "held", "approved", "sending", "paused", "sent", "skipped", "cancelled")
DELIVERY_STATES = ("queued", "claimed", "sending", "accepted", "deferred", "unknown", "refused", "dropped")
RUN_STATES = ("never", "working", "running", "done", "late", "failed", "withdrawn")

SAMPLES = {
    "en": {
        "title": "The library that lends its roof to the sun",
        "dek": "A reading room pays its own light bill, and a bus learns to wait",
        "text": "The town library of Windmere covered its roof with panels in March. Since then the meter in the hall "
        "has run backwards on every sunny day, and the children who do their homework there keep the tally.",
        "caption": "The hall meter, read by the children every afternoon.",
        "credit": "Windmere Post",
        "post": "The library that lends its roof to the sun: a reading room pays its own light bill.\n"
        "https://letter.example.org/issues/43",
        "name": "One Bite News",
        "person": "Kim Sora",
        "source": "Windmere Post",
    },
    "ko": {
        "title": "햇빛에 지붕을 빌려준 도서관",
        "dek": "전기료를 스스로 버는 열람실과, 기다릴 줄 아는 버스",
        "text": "바람골 도서관이 지난 3월 지붕에 태양광 판을 올렸습니다. 그 뒤로 맑은 날이면 현관의 계량기가 거꾸로 "
        "돌아가고, 이곳에서 숙제하는 아이들이 날마다 그 숫자를 적습니다.",
        "caption": "현관 계량기. 아이들이 오후마다 숫자를 읽는다.",
        "credit": "바람골신문",
        "post": "햇빛에 지붕을 빌려준 도서관, 전기료를 스스로 버는 열람실 이야기입니다.\nhttps://letter.example.org/issues/43",
        "name": "한입 뉴스",
        "person": "김소라",
        "source": "바람골신문",
    },
}

router = APIRouter()


@router.get("/specimens")
def specimens(request: Request) -> HTMLResponse:
    own = shell(request)
    return own.page(
        request,
        "specimens",
        sample=SAMPLES[own.words(request).code],
        colours=COLOURS,
        issue_states=ISSUE_STATES,
        delivery_states=DELIVERY_STATES,
        run_states=RUN_STATES,
        leaves_at=own.now() + timedelta(hours=21, minutes=4),
    )
