"""An editor's hands on the desk: every key and every click is counted, and how long it all took."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from playwright.sync_api import Locator, Page

# How a two-set Korean keyboard comes to each syllable: what is shown while it is being composed, key by key.
_LEADS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_TAILS = (
    *("", "ㄱ", "ㄲ", "ㄳ", "ㄴ", "ㄵ", "ㄶ", "ㄷ", "ㄹ", "ㄺ", "ㄻ", "ㄼ", "ㄽ", "ㄾ", "ㄿ"),
    *"ㅀㅁㅂㅄㅅㅆㅇㅈㅊㅋㅌㅍㅎ",
)


@dataclass
class Hands:
    """Works on `page`. `keys` counts strokes, `clicks` the mouse's."""

    page: Page
    keys: int = 0
    clicks: int = 0
    begun: float = field(default_factory=time.monotonic)

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.page.keyboard.press(key)
            self.keys += key.count("+") + 1

    def click(self, what: Locator) -> None:
        what.click()
        self.clicks += 1

    def writes(self, text: str) -> None:
        """Letter by letter; Hangul as a Korean input method composes it, each syllable in the making shown first."""
        session = self.page.context.new_cdp_session(self.page)
        for char in text:
            steps = composed(char)
            for step in steps:
                session.send(
                    "Input.imeSetComposition", {"text": step, "selectionStart": len(step), "selectionEnd": len(step)}
                )
            if steps:
                session.send("Input.insertText", {"text": char})
            else:
                self.page.keyboard.press("Space" if char == " " else char)
            self.keys += max(1, len(steps))
        session.detach()

    def tabs_to(self, what: Locator, most: int = 80) -> None:
        """Tab by tab to an element, as somebody without a mouse comes to it."""
        for _ in range(most):
            if what.evaluate("element => element === document.activeElement"):
                return
            self.press("Tab")
        raise AssertionError(f"{most} tabs do not lead to {what}")

    @property
    def seconds(self) -> float:
        return time.monotonic() - self.begun

    def told(self, what: str) -> str:
        return f"{what}: {self.keys} keys, {self.clicks} clicks, {self.seconds:.1f} s"


def composed(char: str) -> list[str]:
    """What an input method shows on the way to a syllable; nothing for what is no Hangul."""
    code = ord(char) - 0xAC00
    if not 0 <= code < 11172:
        return []
    lead, vowel, tail = code // 588, code % 588 // 28, code % 28
    steps = [_LEADS[lead], chr(0xAC00 + lead * 588 + vowel * 28)]
    if tail:
        steps.append(chr(0xAC00 + lead * 588 + vowel * 28 + tail))
    return steps
