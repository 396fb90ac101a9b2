"""The fixed words of letter and page, in each language they are published in."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

_DAYS_KO = "월화수목금토일"
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS_EN = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """What templates may say. Those with `{}` are completed by a method."""

    language: str
    reader: str
    your_address: str
    note: str
    picture: str
    source: str
    read: str
    by: str
    reply: str
    view_on_web: str
    leave: str
    corrections: str
    paid: str
    _number: str
    _read_at: str
    _why: str
    _corrected: str
    _no_letter: str
    _sponsored: str

    def number(self, number: int) -> str:
        """43호, No. 43."""
        return self._number.format(number)

    def read_at(self, source: str) -> str:
        """The words of the link to an item's own page."""
        return self._read_at.format(source) if source else self.read

    def why(self, publication: str) -> str:
        """Why the reader gets this letter."""
        return self._why.format(publication)

    def corrected(self, when: str) -> str:
        """That words were put right, and when."""
        return self._corrected.format(when)

    def sponsored(self, sponsor: str) -> str:
        """That somebody paid for an item, and who."""
        return self._sponsored.format(sponsor)

    def no_letter(self, day: str) -> str:
        """That there is no letter on a day on which there would be one."""
        return self._no_letter.format(day)

    def moment(self, time: datetime) -> str:
        """A day and a time, in the zone that `time` has: "30 May 2026, 14:05"."""
        if self.language == "ko":
            return f"{time.year}년 {time.month}월 {time.day}일 {time:%H:%M}"
        return f"{time.day} {_MONTHS_EN[time.month - 1]} {time.year}, {time:%H:%M}"

    def date(self, day: datetime) -> str:
        """A day in full, in the zone that `day` has."""
        if self.language == "ko":
            return f"{day.year}년 {day.month}월 {day.day}일 {_DAYS_KO[day.weekday()]}요일"
        return f"{_DAYS_EN[day.weekday()]}, {day.day} {_MONTHS_EN[day.month - 1]} {day.year}"


WORDS = {
    "ko": Words(
        language="ko",
        reader="독자",
        your_address="구독하신 주소",
        note="편집자의 말",
        picture="사진",
        source="출처",
        read="원문 보기",
        by="글",
        reply="이 메일에 답장하시면 편집자가 직접 읽습니다.",
        view_on_web="웹에서 보기",
        leave="구독 해지",
        corrections="바로잡습니다",
        paid="[광고]",
        _number="{}호",
        _read_at="{} 원문 보기",
        # No particle follows the name, since which one is right depends on the name's last syllable.
        _why="‘{}’ 구독을 신청하셔서 이 메일을 보내드립니다.",
        _corrected="{}에 바로잡았습니다",
        _no_letter="{}에는 쉬어 갑니다.",
        _sponsored="광고 · {} 제공",
    ),
    "en": Words(
        language="en",
        reader="reader",
        your_address="your address",
        note="From the editor",
        picture="Picture",
        source="Source",
        read="Read the original",
        by="By",
        reply="Reply to this letter and an editor will read it.",
        view_on_web="View on the web",
        leave="Unsubscribe",
        corrections="Corrections",
        paid="[Sponsored]",
        _number="No. {}",
        _read_at="Read at {}",
        _why="You get this letter because you subscribed to {}.",
        _corrected="Corrected {}",
        _no_letter="There is no letter on {}.",
        _sponsored="Sponsored by {}",
    ),
}
