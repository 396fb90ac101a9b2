"""A wire that answers as it is told: the only thing that is faked in these tests."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from publisher.domain.message import Accepted, Counting, Letter, Limits, SendResult, SocialPost
from publisher.errors import ChannelDown

Answer = SendResult | ChannelDown


class Wire:
    """A mail channel. `answer` says what happens to each letter; `arrived` lists who really got one, in order."""

    def __init__(self, answer: Callable[[Letter], Answer], *, capacity: int = 3, name: str = "letter") -> None:
        self.name = name
        self.lists = ("weekly",)
        self.capacity = capacity
        self.arrived: list[str] = []
        self.most_at_once = 0
        self.opened = 0
        self._answer = answer
        self._under_way: list[Letter] = []
        self._leaves: Callable[[int], None] = lambda delivery_id: None
        self.connections = capacity

    def shared(self, workers: int) -> Wire:
        return self

    def open(self, leaves: Callable[[int], None] = lambda delivery_id: None) -> Wire:
        self.opened += 1
        self._leaves = leaves
        return self

    def put(self, letter: Letter) -> None:
        self._under_way.append(letter)
        self.most_at_once = max(self.most_at_once, len(self._under_way))

    def take(self, patience: float | None = None) -> Sequence[tuple[int, Answer]]:
        if not self._under_way:
            return []
        letter = self._under_way.pop(0)
        try:
            self._leaves(letter.delivery_id)
        except ChannelDown as down:
            return [(letter.delivery_id, down)]
        answer = self._answer(letter)
        if isinstance(answer, Accepted):
            self.arrived.append(letter.recipient)
        return [(letter.delivery_id, answer)]

    def close(self) -> None:
        self._closed = True


class SocialWire:
    """A social channel. `answers` are given in turn; `there` is what the network really has."""

    limits = Limits(280, Counting.X_WEIGHTED)
    is_idempotent = False

    def __init__(self, answers: Sequence[Answer], *, name: str = "x", can_look: bool = True) -> None:
        self.name = name
        self.there: dict[str, str] = {}
        self.sent: list[str] = []
        self._answers = list(answers)
        self._can_look = can_look

    def open(self) -> SocialWire:
        return self

    def send(self, post: SocialPost) -> SendResult:
        self.sent.append(post.text)
        answer = self._answers.pop(0) if self._answers else Accepted(post.key)
        if isinstance(answer, ChannelDown):
            raise answer
        if isinstance(answer, Accepted):
            self.there[post.text] = post.key
        return answer

    def find(self, post: SocialPost) -> Accepted | None:
        if not self._can_look:
            raise ChannelDown(self.name, "the timeline cannot be read")
        return Accepted(self.there[post.text]) if post.text in self.there else None

    def close(self) -> None:
        pass
