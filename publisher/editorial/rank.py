"""The best one or two sentences of a text, taken as they stand.

LexRank (Erkan and Radev, 2004) over TF-IDF vectors of character bigrams, which need no tokenizer and serve Korean and
English alike, with the headline as bias. It only chooses: no word is ever added or changed.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from math import log, sqrt
from unicodedata import combining

from publisher.domain.item import Rights
from publisher.editorial.clutter import bare, is_clutter
from publisher.editorial.sentences import sentences
from publisher.editorial.similar import bigrams, dice

LIMIT = 200
CONSIDERED = 60  # sentences; a longer text has said its news by then, and the ranking is quadratic in them
REPEATS = 0.8  # likeness at which a sentence only says the headline, or the sentence before it, again

# Measured on 25 Korean articles (tests/editorial/test_rank.py): 0.5 to 0.85, with a light lead, differ by little.
_DAMPING = 0.7
_FLOOR = 0.1
_LEAD = 0.1
_ROUNDS = 30
_WORTH_IT = 0.6  # of the best sentence's score: for one that fits in its stead, and for one beside it
_BRIEF = 8  # sentences
_ON_TOPIC = 0.6  # of the best sentence's score
_SHORT = 32  # columns; a Hangul syllable takes two


def blurb(
    headline: str,
    body: str,
    *,
    rights: Rights = Rights.EXCERPT,
    limit: int = LIMIT,
    length: Callable[[str], int] = len,
) -> str:
    """The one or two sentences of `body` (plain text) that tell the story best, in their own order, on one line.

    At most `limit` by `length`, which must grow with the text: whole sentences where any fits, else one cut at a
    clause or a word and closed with "…". A text that says no more than its headline, or that may only be linked
    (`rights`), gives the headline.
    """
    title = _one_line(headline)
    told = [] if rights is Rights.LINK_ONLY else telling_sentences(title, body)
    if not told:
        return cut(title, limit, length)
    scores = rank(title, told)
    order = sorted(range(len(told)), key=lambda at: (-scores[at], at))
    fitting = [at for at in order if length(told[at]) <= limit]
    if not fitting or scores[fitting[0]] < _WORTH_IT * scores[order[0]]:
        return cut(told[order[0]], limit, length)
    best = fitting[0]
    is_lead_on_topic = scores[0] >= _ON_TOPIC * scores[best] and not _LEANS.match(told[0])
    if len(told) <= _BRIEF and best != 0 and length(told[0]) <= limit and is_lead_on_topic:
        # A short text says who and where in its first sentence, and the others lean on that.
        pair = f"{told[0]} {told[best]}"
        return pair if length(pair) <= limit and not _dangles(told, best, 0) else told[0]
    for second in fitting[1:]:
        pair = " ".join(told[at] for at in sorted((best, second)))
        if scores[second] < _WORTH_IT * scores[best]:
            break
        if length(pair) <= limit and not repeats(told[second], told[best]) and not _dangles(told, second, best):
            return pair
    return told[best]


def telling_sentences(headline: str, body: str) -> list[str]:
    """The first sentences of a plain text that are part of the story and say more than its headline, each on a line."""
    lines = (_one_line(bare(sentence)) for sentence in sentences(body))
    told = (line for line in lines if line and not is_clutter(line) and not repeats(line, headline))
    return [line for _, line in zip(range(CONSIDERED), told, strict=False)]


def rank(headline: str, told: Sequence[str]) -> list[float]:
    """How central each sentence is to the text and to its headline; the scores add up to one, before the penalty.

    What reads badly alone is worth less: a sentence that leans on the one before it ("However, …", "그러나 …"), one of
    two or three words, which is a sub-heading more often than not, and one that is not closed in a text whose others
    are, which is a line of a list.
    """
    counts = [_bigram_counts(sentence) for sentence in told]
    documents = Counter(pair for counted in counts for pair in counted)
    rarity = {pair: log((len(told) + 1) / (seen + 1)) + 1 for pair, seen in documents.items()}
    vectors = [_vector(counted, rarity) for counted in counts]
    title = _vector(_bigram_counts(headline), rarity)
    links = [[_cosine(one, other) if one is not other else 0.0 for other in vectors] for one in vectors]
    leanings = [_cosine(vector, title) + _FLOOR + _LEAD / (1 + at) for at, vector in enumerate(vectors)]
    scores = _settle(links, leanings)
    are_closed = any(_CLOSED.search(sentence) for sentence in told)
    return [score * _standing(sentence, are_closed) for score, sentence in zip(scores, told, strict=True)]


def cut(text: str, limit: int, length: Callable[[str], int] = len) -> str:
    """`text` itself where it fits, else its beginning, ended at a clause or a word and closed with "…"."""
    if length(text) <= limit:
        return text
    if limit < length("…"):
        return ""
    low, high = 0, len(text)
    while low < high:
        middle = (low + high + 1) // 2
        if length(text[:middle] + "…") <= limit:
            low = middle
        else:
            high = middle - 1
    return _ended_well(text, low) + "…"


def repeats(sentence: str, other: str) -> bool:
    """Does the sentence only say what the other already says?"""
    one, two = _squeezed(sentence), _squeezed(other)
    return one in two or dice(bigrams(one), bigrams(two)) >= REPEATS


_LEANS = re.compile(
    r"(?:however|but|and|so|also|moreover|furthermore|therefore|thus|meanwhile|then|instead|still|yet|he|she|they|it"
    r"|this|that|these|those|for example|in addition|as a result)\b"
    r"|(?:그러나|하지만|그런데|그리고|또한?|이에|이는|이를|이어|따라서|그래서|그는|그녀는|이들은|이와|그 ?결과"
    r"|예를 들어|한편|다만|반면|즉|이 ?밖에)(?=[\s,])"
    # 도서관은 이 비율을 …: what is pointed at stands in the sentence before.
    r"|(?:\S{1,8}[은는도] )?(?:이|그)(?:런|러한|들)? (?=[가-힣])",
    re.IGNORECASE,
)
_CLOSED = re.compile(r"[.!?…。！？][\"'”’»」』)\]]*$")
_CLAUSE = re.compile(r"[,;:，、](?=\s)|\s[-–—](?=\s)|(?<=[가-힣](?:고|며|나|만|서|데))(?=\s)")
_JOINERS = "\u200d\ufe0e\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _dangles(told: Sequence[str], second: int, best: int) -> bool:
    """Would the second sentence lean on one that is not there?"""
    return second != best + 1 and _LEANS.match(told[second]) is not None


def _standing(sentence: str, are_closed: bool) -> float:
    """How well a sentence stands alone, 0.2 to 1."""
    width = sum(1 if c.isascii() else 2 for c in sentence)
    is_open = are_closed and not _CLOSED.search(sentence)
    return (0.6 if _LEANS.match(sentence) else 1.0) * (0.6 if width < _SHORT else 1.0) * (0.6 if is_open else 1.0)


def _squeezed(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _bigram_counts(text: str) -> Counter[str]:
    squeezed = _squeezed(text)
    return Counter(squeezed[at : at + 2] for at in range(max(1, len(squeezed) - 1)))


def _vector(counted: Counter[str], rarity: dict[str, float]) -> dict[str, float]:
    """Unit vector of log counts weighed by rarity; what only the headline has weighs nothing."""
    vector = {pair: (1 + log(seen)) * rarity[pair] for pair, seen in counted.items() if pair in rarity}
    size = sqrt(sum(weight * weight for weight in vector.values())) or 1.0
    return {pair: weight / size for pair, weight in vector.items()}


def _cosine(one: dict[str, float], other: dict[str, float]) -> float:
    if len(one) > len(other):
        one, other = other, one
    return sum(weight * other.get(pair, 0.0) for pair, weight in one.items())


def _settle(links: Sequence[Sequence[float]], leanings: Sequence[float]) -> list[float]:
    """The stationary scores of a reader who follows likeness, and with the rest of the time the headline."""
    total = sum(leanings)
    start = [leaning / total for leaning in leanings]
    shares = [[value / (sum(row) or 1.0) for value in row] for row in links]
    scores = start
    for _ in range(_ROUNDS):
        scores = [
            (1 - _DAMPING) * start[at]
            + _DAMPING * sum(scores[other] * shares[other][at] for other in range(len(start)))
            for at in range(len(start))
        ]
    return scores


def _ended_well(text: str, room: int) -> str:
    """The first `room` characters, shortened to a clause in their second half, else to a word, else to a character."""
    head = text[:room]
    clauses = [match.start() for match in _CLAUSE.finditer(head, room // 2)]
    if clauses:
        return head[: clauses[-1]].rstrip()
    if not text[room : room + 1].isspace():
        space = head.rfind(" ")
        if space > room // 3:
            head = head[:space]
        else:
            head = text[: next(at for at in count(room, -1) if at == 0 or not _continues(text, at))]
    return head.rstrip(" ,;:，、-–—([“‘\"'")


def _continues(text: str, at: int) -> bool:
    """Is the character at `at` part of the one before it, for the eye?"""
    return combining(text[at]) != 0 or text[at] in _JOINERS or text[at - 1] == "\u200d"
