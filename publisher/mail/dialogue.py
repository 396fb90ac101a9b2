"""What is said on one open connection, letter after letter, without any I/O: octets in, octets and results out.

Where the relay offers PIPELINING (RFC 2920) a letter costs one round trip: its MAIL, RCPT and DATA stand in the same
write as the end of the letter before. The content never leaves before DATA was answered with 354. Without it every
command waits for its answer. One letter has one recipient, so an answer is always about one reader, or about us.

The stage decides what an answer, or its loss, means: before the last octet was handed over a letter certainly did not
leave; after it, only the relay knows.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from publisher.domain.message import Accepted, Deferred, Letter, Refused, SendResult, Unknown
from publisher.errors import ChannelDown, RenderError
from publisher.mail.address import wire_address
from publisher.mail.smtp import Relay, Reply, Stage, heard, is_about_us
from publisher.mail.sound import stuffed, unsound

MAX_LINE, MAX_LINES = 4096, 128  # of one reply; RFC 5321 4.5.3.1.5 allows a line 512 octets
MAX_WORDS = 200
_TRIES = 3  # how many connections may die under a letter before it is told as deferred

_PLAIN = re.compile(rb"[ -~]*")
# What nearly every chunk of replies is: a letter accepted, in words that name nobody, and the next one's envelope.
_AS_HOPED = re.compile(
    rb"(?:250 (?P<words>[ -?A-~]{0,190})\r\n)?"
    rb"(?P<envelope>250 [^\r\n]{0,500}\r\n250 [^\r\n]{0,500}\r\n354 [^\r\n]{0,500}\r\n)?"
)
_AFTER = {Stage.MAIL: Stage.RCPT, Stage.RCPT: Stage.DATA}

Result = SendResult | ChannelDown


class Broken(Exception):
    """The connection has lost its sense, and is to be closed: why, in words."""


@dataclass(slots=True, eq=False)
class Turn:
    """One letter's way through one connection. `stage` is the one whose answer is awaited."""

    letter: Letter
    recipient: str = ""
    content: bytes = b""
    tries: int = 0
    stage: Stage = Stage.MAIL
    failure: Result | None = None
    left_at: int = -1  # how many octets had been said up to its end; -1 while its content has not begun


class Dialogue:
    """Said on one connection: `begin` a letter, `say` what is to be written, `hear` what was read.

    `leaves` is called with a delivery's id just before its content is said; ChannelDown from it keeps it from leaving.
    `following` gives the letter whose envelope may stand behind the end of this one, or None. `settle` gets the result
    of every letter, once; `give_back` gets one of which nothing was said that counts.
    """

    def __init__(
        self,
        relay: Relay,
        features: frozenset[str],
        *,
        leaves: Callable[[int], None],
        following: Callable[[], Turn | None],
        settle: Callable[[Turn, Result], None],
        give_back: Callable[[Turn], None],
    ) -> None:
        self._relay = relay
        self._is_pipelined = "pipelining" in features
        self._has_size = "size" in features
        self._leaves = leaves
        self._following = following
        self._settle = settle
        self._give_back = give_back
        self._said = 0
        self._to_say: list[bytes] = []
        self._held: deque[tuple[Stage, Turn | None, bytes]] = deque()  # commands that wait for an answer before them
        self._expected: deque[tuple[Stage, Turn | None]] = deque()  # a letter's envelope whole, or what is left of it
        self._unread = b""
        self._lines: list[bytes] = []
        self._needs_reset = False
        self.ready: Turn | None = None  # the relay waits for its content
        self.current: Turn | None = None
        self.next: Turn | None = None
        self.has_served = False

    @property
    def may_follow(self) -> bool:
        """Whether the envelope of one more letter may be said now."""
        return self.next is None and (
            self.current is None or (self._is_pipelined and self.current.stage is Stage.HANDED_OVER)
        )

    @property
    def is_waiting_for_the_end(self) -> bool:
        """Whether the answer to a whole letter is awaited: RFC 5321 4.5.3.2.6 gives it ten minutes."""
        return self.current is not None and self.current.stage is Stage.HANDED_OVER

    def begin(self, turn: Turn) -> None:
        """Say the envelope of a letter; `may_follow` has to be true. A letter that is not sound is settled at once."""
        envelope = self._envelope(turn)
        if envelope is None:
            return
        if self.current is None:
            self.current = turn
        else:
            self.next = turn
        if self._needs_reset:
            self._needs_reset = False
            self._ask(Stage.RSET, None, b"RSET\r\n")
        if self._is_pipelined:
            self._put(envelope)
            self._expected += ((Stage.MAIL, turn), (Stage.RCPT, turn), (Stage.DATA, turn))
            return
        commands = envelope.splitlines(keepends=True)
        for stage, command in zip((Stage.MAIL, Stage.RCPT, Stage.DATA), commands, strict=True):
            self._ask(stage, turn, command)

    def say(self) -> bytes:
        """What is to be written now, once."""
        if not self._to_say:
            return b""
        said = b"".join(self._to_say)
        self._to_say.clear()
        return said

    def hear(self, octets: bytes, written: int) -> None:
        """What the relay said, after the first `written` octets of what we said were handed over. Raises Broken."""
        if not self._unread and not self._lines and self._is_as_hoped(octets, written):
            return
        *lines, self._unread = (self._unread + octets).split(b"\n") if self._unread else octets.split(b"\n")
        for line in lines:
            if len(line) > MAX_LINE:
                raise Broken(f"a line of its reply is longer than {MAX_LINE} octets")
            self._line(line, written)
        if len(self._unread) > MAX_LINE:
            raise Broken(f"a line of its reply is longer than {MAX_LINE} octets")

    def lost(self, reason: str, written: int, *, by_us: bool = False) -> None:
        """The connection has ended: settle every letter that is on it. `written` as in `hear`.

        Where we ended it, nobody is to be told of a letter whose content had not begun: it is given back.
        """
        current, following, self.current, self.next, self.ready = self.current, self.next, None, None, None
        self._expected.clear()
        self._held.clear()
        if current is not None:
            if current.failure is not None:
                self._settle(current, current.failure)
            elif current.left_at >= 0:
                self._settle(current, self._cut(current, reason, written))
            elif by_us or (current.stage is Stage.MAIL and self.has_served and current.tries < _TRIES):
                self._give_back(current)
            else:
                self._settle(current, Deferred(f"{self._relay.place} at {current.stage}: {reason}"))
        if following is not None:
            if following.failure is not None:
                self._settle(following, following.failure)
            elif following.tries < _TRIES:
                self._give_back(following)
            else:
                self._settle(following, Deferred(f"{self._relay.place} at {following.stage}: {reason}"))

    def _cut(self, turn: Turn, reason: str, written: int) -> Result:
        if written >= turn.left_at:
            return Unknown(f"the whole letter was sent and the answer was lost: {reason}")
        return Deferred(f"{self._relay.place} at {Stage.CONTENT}: {reason}")

    # --- what we say

    def _ask(self, stage: Stage, turn: Turn | None, command: bytes) -> None:
        if self._is_pipelined or not (self._expected or self._held):
            self._put(command)
            self._expected.append((stage, turn))
        else:
            self._held.append((stage, turn, command))

    def _put(self, octets: bytes) -> None:
        self._to_say.append(octets)
        self._said += len(octets)

    def _envelope(self, turn: Turn) -> bytes | None:
        letter = turn.letter
        turn.recipient, turn.content = letter.recipient, letter.content
        if not letter.is_sound and (failure := self._looked_through(turn)):
            self._settle(turn, failure)
            return None
        size = f" SIZE={len(turn.content)}" if self._has_size else ""
        commands = f"MAIL FROM:<{letter.return_path}>{size}\r\nRCPT TO:<{turn.recipient}>\r\nDATA\r\n"
        return commands.encode("ascii")

    def _looked_through(self, turn: Turn) -> Result | None:
        """Make the turn of a letter ready whose writer did not; what keeps it from being sent, if anything does."""
        try:
            turn.recipient = wire_address(turn.letter.recipient, "the recipient's address")
        except RenderError as error:
            return Refused(error.message)
        if problem := unsound(turn.letter):
            return ChannelDown(self._relay.channel, problem)
        turn.content = stuffed(turn.letter.content)
        return None

    def go_on(self) -> None:
        """The content of the letter that is `ready`, and behind its end the envelope of the next. Raises Broken."""
        turn, self.ready = self.ready, None
        if turn is None:
            return
        try:
            self._leaves(turn.letter.delivery_id)
        except ChannelDown as down:
            turn.failure = down
            raise Broken(down.reason) from down
        turn.stage = Stage.HANDED_OVER
        self._to_say += (turn.content, b".\r\n")
        self._said += len(turn.content) + 3
        turn.left_at = self._said
        if self._is_pipelined and self.next is None and (following := self._following()):
            self.begin(following)

    # --- what we hear

    def _is_as_hoped(self, octets: bytes, written: int) -> bool:
        """Hear what nearly every chunk says, at once; whether it was that. Line by line it would come to the same."""
        expected, current = self._expected, self.current
        found = _AS_HOPED.fullmatch(octets)
        if found is None or current is None or not self._is_pipelined:
            return False
        words, envelope = found["words"], found["envelope"]
        if len(expected) != (words is not None) + 3 * (envelope is not None):
            return False
        if not expected or expected[0][0] is not (Stage.MAIL if words is None else Stage.HANDED_OVER):
            return False
        if words is not None and written < current.left_at:
            return False
        turn = current if words is None else self.next
        if envelope is not None and (turn is None or turn.failure is not None or expected[-1][1] is not turn):
            return False
        expected.clear()
        if words is not None:
            self.has_served = True
            self._settle(current, Accepted(f"250 {words.decode('ascii')}" if words else "250"))
            self.current, self.next = turn, None
        if envelope is not None and turn is not None:
            turn.stage, self.ready = Stage.CONTENT, turn
            expected.append((Stage.HANDED_OVER, turn))
        return True

    def _line(self, line: bytes, written: int) -> None:
        line = line.removesuffix(b"\r")
        code, mark = line[:3], line[3:4]
        if len(code) < 3 or not code.isdigit() or not 50 <= code[0] <= 53 or mark not in (b"", b" ", b"-"):
            raise Broken("it answered with something that is no SMTP reply")
        if self._lines and self._lines[0][:3] != code:
            raise Broken("it answered with something that is no SMTP reply")
        if mark == b"-":
            self._lines.append(line)
            if len(self._lines) >= MAX_LINES:
                raise Broken(f"its reply has more than {MAX_LINES} lines")
            return
        text = line[4:]
        if self._lines:
            text = b"\n".join([*(one[4:] for one in self._lines), text])
            self._lines.clear()
        self._reply(int(code), text, written)

    def _reply(self, code: int, text: bytes, written: int) -> None:
        if not self._expected:
            if code == 421 and self.current is None:
                raise Broken(f"it closes the connection ({self._heard(code, text, None).words})")
            raise Broken("it answered before it was asked")
        stage, turn = self._expected.popleft()
        if not self._is_pipelined and written < self._said and stage is not Stage.HANDED_OVER:
            raise Broken("it answered before it was asked")
        if turn is None:
            if code != 250:
                raise Broken(f"it answered RSET with {code}")
        elif stage is Stage.HANDED_OVER:
            self._ended(turn, code, text, written)
        elif turn.failure is None:
            self._went_on(stage, turn, code, text)
        elif stage is Stage.DATA:
            self._declined(turn, is_open=code == 354)
        if self._held and not self._expected:
            stage, turn, command = self._held.popleft()
            if turn is None or turn.failure is None:
                self._put(command)
                self._expected.append((stage, turn))

    def _went_on(self, stage: Stage, turn: Turn, code: int, text: bytes) -> None:
        """An answer to a part of the envelope."""
        if code == 354 if stage is Stage.DATA else code // 100 == 2:
            if stage is Stage.DATA:
                turn.stage, self.ready = Stage.CONTENT, turn
                self._expected.append((Stage.HANDED_OVER, turn))
            else:
                turn.stage = _AFTER[stage]
            return
        reply = self._heard(code, text, turn)
        if code == 421 and stage is Stage.MAIL and self.has_served:  # nothing was said of this letter
            raise Broken(f"it closes the connection ({reply.words})")
        turn.failure = self._failure(stage, reply)
        if code == 421 or isinstance(turn.failure, ChannelDown):
            raise Broken(f"it closes the connection ({reply.words})")
        if stage is Stage.DATA:
            self._declined(turn, is_open=False)
        elif not self._is_pipelined:
            self._held.clear()
            self._declined(turn, is_open=False)

    def _declined(self, turn: Turn, *, is_open: bool) -> None:
        """The letter is not to be sent, and everything that was said of it is answered."""
        assert turn.failure is not None
        self.has_served = True
        if is_open:  # it wants a content all the same: an empty letter would be one, so there must be no end
            raise Broken("it wanted a letter that it had refused")
        self._settle(turn, turn.failure)
        self._needs_reset = True
        self._leave(turn)

    def _ended(self, turn: Turn, code: int, text: bytes, written: int) -> None:
        """The answer to a whole letter, or one that came before its end."""
        is_early = turn.left_at < 0 or written < turn.left_at
        kind = code // 100
        if kind == 2 and not is_early:
            self.has_served = True
            self._settle(turn, Accepted(self._receipt(code, text, turn)))
            self._leave(turn)
            return
        reply = self._heard(code, text, turn)
        if kind not in (4, 5):
            raise Broken(f"it answered out of turn ({reply.code} {reply.words})")
        if is_early:
            turn.stage = Stage.CONTENT
            turn.failure = self._failure(Stage.CONTENT, reply)
            raise Broken(f"it answered before the letter was complete ({reply.words})")
        self.has_served = True
        self._settle(turn, self._failure(Stage.HANDED_OVER, reply))
        if code == 421:
            self._leave(turn)
            raise Broken(f"it closes the connection ({reply.words})")
        self._leave(turn)

    def _leave(self, turn: Turn) -> None:
        """The next letter takes the place of this one."""
        if self.current is turn:
            self.current, self.next = self.next, None
        elif self.next is turn:
            self.next = None

    def _failure(self, stage: Stage, reply: Reply) -> Result:
        """What a reply that is not the hoped-for one means at this stage. Raises Broken where it makes no sense."""
        said = f"{reply.code} {reply.words} (at {stage})"
        match reply.code // 100, stage:
            case 4, _:
                return Deferred(said, reply.code)
            case 5, Stage.RCPT if not is_about_us(reply):
                return Refused(said, reply.code)
            case 5, Stage.HANDED_OVER:
                return Refused(said, reply.code)
            case 5, _:
                reason = f"{self._relay.place} refused {stage} ({reply.code} {reply.words}); ask who runs it"
                return ChannelDown(self._relay.channel, reason)
            case _:
                raise Broken(f"it answered out of turn ({reply.code} {reply.words})")

    def _receipt(self, code: int, text: bytes, turn: Turn) -> str:
        if len(text) < MAX_WORDS - 4 and _PLAIN.fullmatch(text):
            words = text.decode("ascii")
            if "@" not in words:
                return f"{code} {words}" if words else str(code)
        return f"{code} {self._heard(code, text, turn).words}".strip()[:MAX_WORDS]

    def _heard(self, code: int, text: bytes, turn: Turn | None) -> Reply:
        hidden = {turn.recipient: "the recipient", turn.letter.return_path: "the return path"} if turn else {}
        return heard(code, text, hidden)
