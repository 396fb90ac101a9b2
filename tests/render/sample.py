"""A made-up issue in both languages, as an editor would write one: the golden files and the pictures show it."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from publisher.config.settings import Publication
from publisher.config.values import Secret
from publisher.domain.audience import AudienceRule, ChannelAudience
from publisher.domain.issue import Issue, IssueState, Pick
from publisher.domain.message import Counting, Limits, Picture
from publisher.domain.picture import StoredPicture
from publisher.render.social import SocialFacts

TEMPLATES = Path(__file__).resolve().parents[2] / "templates"
PICTURES = "https://pictures.example.org"
NOW = datetime(2026, 5, 28, tzinfo=UTC)
AUDIENCE = AudienceRule((ChannelAudience("letter", ("weekly",)),))


def _digest(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()


# The sample's pictures as the publication keeps them.
KEPT = {
    f"{PICTURES}/{name}.jpg": StoredPicture(
        _digest(name), "image/jpeg", 1104, 620, StoredPicture(_digest(f"small {name}"), "image/jpeg", 600, 337)
    )
    for name in ("bus", "library", "berry", "pool")
}
X = SocialFacts("x", "x", Limits(280, Counting.X_WEIGHTED, pictures=4), "first")

KOREAN = Publication(
    name="한입 뉴스",
    language="ko",
    timezone=ZoneInfo("Asia/Seoul"),
    base_url="https://hanip.example.org",
    sender="한입 뉴스 <letter@hanip.example.org>",
    reply_to="editor@hanip.example.org",
    series="AI 한입뉴스",
    postal_address="서울특별시 예시구 보기로 1, 3층",
    secret=Secret("file:var/secret"),
)
ENGLISH = Publication(
    name="The Weekly Bite",
    language="en",
    timezone=ZoneInfo("Europe/London"),
    base_url="https://bite.example.org",
    sender="The Weekly Bite <letter@bite.example.org>",
    reply_to="editor@bite.example.org",
    series="AI in one bite",
    postal_address="1 Example Street, Harbour Town EX1 1AA",
    secret=Secret("file:var/secret"),
)

KOREAN_ISSUE = Issue(
    number=43,
    state=IssueState.DRAFT,
    series="AI 한입뉴스",
    title="심야버스가 손님을 먼저 찾아왔다",
    deks=(
        "바람시, 예측 배차 석 달 만에 대기 시간 8분 줄여",
        "사라지는 말을 받아 적는 섬 도서관",
        "데이터센터의 남는 열로 데운 동네 수영장",
    ),
    note=(
        "{{first_name|독자}}님, 이번 주에는 큰 발표보다 작은 현장에 눈이 갔습니다. 버스 정류장과 병동, 딸기밭에서 "
        "인공지능은 앞에 나서지 않고 사람의 일을 조금 덜어 주고 있었습니다.\n\n"
        "기술이 무엇을 할 수 있는지보다 누가 덜 기다리게 됐는지를 묻는 여섯 가지 소식을 골랐습니다."
    ),
    byline="한소담 기자",
    byline_address="sodam@hanip.example.org",
    subject="심야버스가 손님을 먼저 찾아왔다",
    preheader="예측 배차 석 달의 성적표, 사라지는 말을 받아 적는 섬 도서관, 데이터센터가 데운 수영장까지",
    language="ko",
    send_at=datetime(2026, 5, 28, 22, 30, tzinfo=UTC),
    picks=(
        Pick(
            position=1,
            item_id=11,
            headline="기다리는 사람을 먼저 읽는 심야버스",
            body=(
                "바람시가 심야버스 배차를 예측 모형에 맡긴 지 석 달이 지났다. 새벽 1시 이후 정류장에서 기다리는 시간은 "
                "평균 19분에서 11분으로 줄었고, 빈 차로 도는 거리도 12% 짧아졌다.\n\n"
                "모형이 보는 것은 승차 기록과 날씨, 공연이 끝나는 시각뿐이다. 시는 개인 위치 정보를 쓰지 않는다는 "
                "원칙을 [운영 지침](https://news.example.org/bus/guide)으로 공개했다."
            ),
            blurb="바람시가 심야버스 배차를 예측 모형에 맡긴 지 석 달, 대기 시간은 평균 19분에서 11분으로 줄었다.",
            reason="",
            url="https://news.example.org/bus?line=n7&from=weekly",
            attribution="바람일보",
            picture=Picture(
                f"{PICTURES}/bus.jpg",
                "보름달이 뜬 밤, 불 켜진 버스가 언덕 아래 정류장으로 들어오는 그림",
                "새벽 1시, 바람시 언덕 아래 정류장으로 들어오는 N7번 버스",
                "그림 한입 뉴스",
            ),
        ),
        Pick(
            position=2,
            item_id=12,
            headline="섬 도서관, 사라지는 말 1,200시간을 받아 적다",
            body=(
                "물결도 공공도서관이 섬 어르신 84명의 이야기를 녹음해 글로 옮겼다. 표준어로 바꾸지 않고 들리는 "
                "대로 적는 받아쓰기 모형을 주민과 함께 길들인 결과다.\n\n"
                "> 기계가 못 알아듣는 말이 나오면 다 같이 웃고, 그 말부터 사전에 올렸어요.\n\n"
                "도서관은 녹음과 글을 함께 누리집에 열어 두고, 지우고 싶은 이야기는 언제든 내릴 수 있게 했다."
            ),
            blurb="물결도 공공도서관이 섬 어르신 84명의 말 1,200시간을 표준어로 바꾸지 않고 들리는 대로 받아 적었다.",
            reason="",
            url="https://paper.example.org/island",
            attribution="물결신문",
            picture=Picture(
                f"{PICTURES}/library.jpg",
                "머리가 흰 어르신의 목소리가 물결이 되어 책장으로 이어지는 그림",
                "소리를 글로 옮기는 물결도 공공도서관의 서가",
                "그림 한입 뉴스",
            ),
        ),
        Pick(
            position=3,
            item_id=13,
            headline="인수인계 40분을 15분으로, 마지막 확인은 간호사가",
            body=(
                "새봄병원이 교대 때 주고받는 병동 기록의 초안을 인공지능에 맡겼다. 초안에는 문장마다 근거가 된 기록이 "
                "붙고, 간호사가 확인하지 않은 문장은 다음 근무자에게 넘어가지 않는다.\n\n"
                "병원이 함께 밝힌 한계는 세 가지다.\n\n"
                "- 약 이름이 비슷하면 여전히 헷갈린다.\n"
                "- 손으로 쓴 기록은 읽지 못한다.\n"
                "- 바쁜 날일수록 확인을 서두르게 된다."
            ),
            blurb=(
                "새봄병원이 병동 인수인계 초안을 인공지능에 맡기자 40분 걸리던 일이 15분으로 줄었다. "
                "마지막 확인은 간호사의 몫이다."
            ),
            reason="",
            url="https://health.example.org/handover",
            attribution="새봄의료신문",
        ),
        Pick(
            position=4,
            item_id=14,
            headline="딸기밭 로봇은 덜 익은 열매를 그냥 지나친다",
            body=(
                "햇살군의 딸기 농가 열두 곳이 수확 로봇 한 대를 돌려 쓴다. 로봇은 익은 정도를 다섯 단계로 가늠해 "
                "내일 딸 열매를 표시해 두고, 사람은 아침에 그 자리부터 들른다.\n\n"
                "한 농가가 새벽에 일하는 시간은 하루 두 시간 남짓 줄었다. 로봇이 잘못 딴 열매는 백 개에 세 개꼴이다."
            ),
            blurb="햇살군 농가 열두 곳이 수확 로봇 한 대를 돌려 쓴다. 새벽일은 하루 두 시간 남짓 줄었다.",
            reason="",
            url="https://farm.example.org/berry",
            attribution="햇살농업",
            picture=Picture(
                f"{PICTURES}/berry.jpg",
                "온실 이랑 위로 딸기가 줄지어 매달린 그림",
                "익은 열매만 골라 따는 햇살군의 딸기 온실",
                "그림 한입 뉴스",
            ),
        ),
        Pick(
            position=5,
            item_id=15,
            headline="동네 수영장을 데우는 데이터센터의 남는 열",
            body=(
                "새내구가 데이터센터에서 나오는 더운물을 800m 떨어진 구민 수영장으로 끌어왔다. 수영장이 한 해에 쓰던 "
                "난방용 가스의 70%가 줄었고, 이용료는 올리지 않았다.\n\n"
                "여름에 남는 열을 어디에 쓸지는 아직 답이 없다. 구는 빨래방과 온실을 두고 주민에게 묻고 있다."
            ),
            blurb="새내구가 데이터센터의 더운물을 800m 떨어진 구민 수영장으로 끌어와 난방용 가스를 70% 줄였다.",
            reason="",
            url="https://news.example.org/pool",
            attribution="새내타임스",
            picture=Picture(
                f"{PICTURES}/pool.jpg",
                "김이 오르는 수영장의 푸른 물결을 위에서 본 그림",
                "데이터센터의 남는 열로 물을 데우는 새내구민 수영장",
                "그림 한입 뉴스",
            ),
        ),
        Pick(
            position=6,
            item_id=16,
            headline="번역가 셋이 기계 번역에 빨간 펜을 들었다",
            body=(
                "작은 출판사 너머가 같은 단편을 사람과 기계에 따로 맡기고, 번역가 셋에게 누가 옮겼는지 가린 채 고쳐 "
                "달라고 했다. 고친 자리는 기계 쪽이 조금 적었지만, 다시 읽고 싶다는 쪽은 모두 사람의 글이었다.\n\n"
                "출판사는 세 사람의 교정지를 그대로 책 뒤에 실었다."
            ),
            blurb="같은 단편을 사람과 기계가 옮겼다. 번역가 셋이 다시 읽고 싶다고 고른 쪽은 모두 사람의 글이었다.",
            reason="",
            url="https://books.example.org/red-pen",
            attribution="계간 너머",
        ),
    ),
)

ENGLISH_ISSUE = Issue(
    number=43,
    state=IssueState.DRAFT,
    series="AI in one bite",
    title="The night bus that comes looking for you",
    deks=(
        "Windmere cuts the wait by eight minutes with forecasts alone",
        "An island library writes down a language as it is spoken",
        "A neighbourhood pool, warmed by a data centre",
    ),
    note=(
        "Dear {{first_name|reader}}, the large announcements of this week passed us by. What stayed were small places: "
        "a bus stop, a ward, a strawberry field, where a machine stood at the back and took a little work off "
        "somebody’s hands.\n\n"
        "So here are six stories that ask not what the technology can do, but who waits less because of it."
    ),
    byline="Nora Fielding",
    byline_address="nora@bite.example.org",
    subject="The night bus that comes looking for you",
    preheader="Three months of forecast timetables, an island’s words, and a pool warmed by a data centre",
    language="en",
    send_at=datetime(2026, 5, 29, 6, 30, tzinfo=UTC),
    picks=(
        Pick(
            position=1,
            item_id=11,
            headline="A night bus that reads the queue before it forms",
            body=(
                "Three months ago Windmere let a forecast decide when its night buses leave. After one in the morning "
                "the wait at a stop has fallen from 19 minutes to 11, and buses run 12% fewer miles empty.\n\n"
                "The forecast knows past journeys, the weather and when the concerts end. It never sees where anyone "
                "is: the city has published that rule in its [guide for operators](https://news.example.org/bus/guide)."
            ),
            blurb=(
                "Three months ago Windmere let a forecast decide when its night buses leave. The wait after one in the "
                "morning has fallen from 19 minutes to 11."
            ),
            reason="",
            url="https://news.example.org/bus?line=n7&from=weekly",
            attribution="the Windmere Post",
            picture=Picture(
                f"{PICTURES}/bus.jpg",
                "Drawing of a lit bus under a full moon, coming down a hill to its stop",
                "The N7 at one in the morning, below Windmere hill",
                "Drawing: The Weekly Bite",
            ),
        ),
        Pick(
            position=2,
            item_id=12,
            headline="An island library writes down 1,200 hours of a fading speech",
            body=(
                "The public library of Sundry Isle has recorded 84 of its oldest neighbours and put their stories in "
                "writing. The model that took the dictation was taught by the islanders to write what it hears, not "
                "what the mainland would have said.\n\n"
                "> When it stumbled over a word we all laughed, and that word went into the dictionary first.\n\n"
                "Recordings and texts are open to all, and whoever told a story may take it down again."
            ),
            blurb=(
                "The library of Sundry Isle has written down 1,200 hours of a fading speech, exactly as 84 of its "
                "oldest neighbours speak it."
            ),
            reason="",
            url="https://paper.example.org/island",
            attribution="the Sundry Gazette",
            picture=Picture(
                f"{PICTURES}/library.jpg",
                "Drawing of a white-haired woman whose voice runs as a wave towards shelves of books",
                "From voice to shelf at the library of Sundry Isle",
                "Drawing: The Weekly Bite",
            ),
        ),
        Pick(
            position=3,
            item_id=13,
            headline="Forty minutes of handover in fifteen, and a nurse has the last word",
            body=(
                "At Springfold Hospital a machine now drafts the notes that one shift leaves for the next. Every "
                "sentence carries the record it came from, and none moves on until a nurse has confirmed it.\n\n"
                "The hospital lists what still goes wrong:\n\n"
                "- medicines with similar names are confused;\n"
                "- handwriting is not read at all;\n"
                "- on the busiest days people confirm too quickly."
            ),
            blurb=(
                "At Springfold Hospital a machine drafts the handover in fifteen minutes instead of forty. Nothing "
                "moves on until a nurse has confirmed it."
            ),
            reason="",
            url="https://health.example.org/handover",
            attribution="Ward & Clinic",
        ),
        Pick(
            position=4,
            item_id=14,
            headline="The strawberry robot walks past what is not ripe",
            body=(
                "Twelve farms in Fairlight Vale share one picking robot. It judges ripeness in five steps and marks "
                "what will be ready tomorrow, so that people know where to begin in the morning.\n\n"
                "Each farm has won back about two hours before dawn. Three berries in a hundred are picked by mistake."
            ),
            blurb=(
                "Twelve farms in Fairlight Vale share one robot that marks tomorrow’s ripe strawberries. Each has won "
                "back two hours before dawn."
            ),
            reason="",
            url="https://farm.example.org/berry",
            attribution="Field Notes",
            picture=Picture(
                f"{PICTURES}/berry.jpg",
                "Drawing of strawberries hanging in rows in a greenhouse",
                "Only the ripe ones: a greenhouse in Fairlight Vale",
                "Drawing: The Weekly Bite",
            ),
        ),
        Pick(
            position=5,
            item_id=15,
            headline="What a data centre throws away keeps a pool warm",
            body=(
                "Newbrook now pipes warm water from a data centre to its public pool, half a mile away. The pool burns "
                "70% less gas than last year, and a swim costs what it did.\n\n"
                "Nobody knows yet what to do with the heat in summer. The town is asking its people to choose between "
                "a laundry and a greenhouse."
            ),
            blurb=(
                "Newbrook pipes a data centre’s warm water to its public pool. The pool burns 70% less gas, and a swim "
                "costs what it did."
            ),
            reason="",
            url="https://news.example.org/pool",
            attribution="the Newbrook Times",
            picture=Picture(
                f"{PICTURES}/pool.jpg",
                "Drawing of a pool from above, steam rising from blue water",
                "Newbrook’s public pool, warmed by its neighbour",
                "Drawing: The Weekly Bite",
            ),
        ),
        Pick(
            position=6,
            item_id=16,
            headline="Three translators take a red pen to the machine",
            body=(
                "A small press had the same short story translated twice, by a person and by a machine, and gave both "
                "unsigned to three translators to correct. They changed slightly less in the machine’s. Asked which "
                "they would read again, all three chose the other.\n\n"
                "The press has printed their corrections at the back of the book."
            ),
            blurb=(
                "Three translators corrected the same story from a person and from a machine, unsigned. All three "
                "would read the person’s again."
            ),
            reason="",
            url="https://books.example.org/red-pen",
            attribution="Beyond Quarterly",
        ),
    ),
)

EDITIONS = {"ko": (KOREAN, KOREAN_ISSUE), "en": (ENGLISH, ENGLISH_ISSUE)}
