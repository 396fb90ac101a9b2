"""A pace in config.toml, as an operator writes it."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from publisher.config.values import DomainPaces, Pace, Strict
from publisher.domain.pace import Limit


class Options(Strict):
    pace: Pace | None = None
    domain_pace: DomainPaces = {}


def test_a_pace_and_a_table_of_domains() -> None:
    options = Options.model_validate(
        {"pace": "14/s", "domain_pace": {"GMail.com": "20/s", "바람.한국": "600/min", "*": "5/s"}}
    )
    assert options.pace == Limit(14, 1)
    assert options.domain_pace == {
        "gmail.com": Limit(20, 1),
        "xn--4i2by9f.xn--3e0b707e": Limit(600, 60),
        "*": Limit(5, 1),
    }


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"pace": "fast"}, "'fast' is not a pace; write a number and s, min, h or day"),
        ({"pace": 14}, "14 is not a pace"),
        ({"pace": "0/h"}, "would let nothing leave"),
        ({"domain_pace": {"gmail.com": "20"}}, "gmail.com: '20' is not a pace"),
        ({"domain_pace": {"gmail com": "20/s"}}, 'gmail com: this is not a mail domain; write one like "gmail.com"'),
        ({"domain_pace": {"kim@gmail.com": "20/s"}}, "this is not a mail domain"),
        ({"domain_pace": "20/s"}, "this is a table of domains"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_write(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Options.model_validate(given)
    assert said in str(refused.value)
