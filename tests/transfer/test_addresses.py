"""The quick way through the address check accepts nothing that the thorough one refuses."""

from __future__ import annotations

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from publisher.transfer.addresses import BadAddress, address

LABELS = st.text("ab-1", min_size=1, max_size=6)
ADDRESSES = st.builds(
    lambda local, labels, top: f"{local}@{'.'.join([*labels, top])}",
    st.text("aB1._+-", min_size=1, max_size=10),
    st.lists(LABELS, min_size=1, max_size=3),
    st.sampled_from(["org", "kr", "test", "invalid", "local", "x", "com1", "arpa", "ORG"]),
)


@settings(deadline=None)
@given(ADDRESSES)
def test_both_ways_agree(text: str) -> None:
    try:
        expected = validate_email(text, check_deliverability=False).ascii_email
    except EmailNotValidError:
        with pytest.raises(BadAddress):
            address(text)
    else:
        assert address(text) == expected


def test_the_reason_never_repeats_the_address() -> None:
    with pytest.raises(BadAddress) as caught:
        address("minji..kim@example.org")
    assert "minji" not in str(caught.value)
