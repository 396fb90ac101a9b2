"""What every social channel does with every answer its network may give."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from publisher.domain.message import Accepted, Deferred, Refused, Unknown
from publisher.errors import ChannelDown
from tests.channels.social import RIGS, Rig, Trouble, post

TEXT = (
    "표를 읽는 작은 모델 & 큰 꿈\n\nA small model reads <tables>. x.ai가 아니다.\nhttps://example.org/issues/43?a=1&b=2"
)


@pytest.fixture(params=RIGS)
def rig(request: pytest.FixtureRequest) -> Iterator[Rig]:
    with RIGS[request.param]() as rig:
        yield rig


def test_a_post_is_accepted_with_its_id_and_address(rig: Rig) -> None:
    session = rig.channel.open()
    result = session.send(post(rig.channel, TEXT))
    assert isinstance(result, Accepted)
    assert result.receipt
    assert result.receipt in result.url
    assert rig.texts() == [TEXT]
    session.close()


def test_a_refused_text_says_why_and_the_next_goes_out(rig: Rig) -> None:
    session = rig.channel.open()
    result = session.send(post(rig.channel, rig.too_long))
    assert isinstance(result, Refused)
    assert result.reason
    assert isinstance(session.send(post(rig.channel, TEXT, 2)), Accepted)
    assert rig.texts() == [TEXT]
    session.close()


def test_a_throttled_post_is_deferred_for_as_long_as_the_network_says(rig: Rig) -> None:
    rig.expect(Trouble.THROTTLED)
    session = rig.channel.open()
    result = session.send(post(rig.channel, TEXT))
    assert isinstance(result, Deferred)
    assert result.retry_after is not None
    assert 0 < result.retry_after <= 86_400
    assert rig.texts() == []
    assert isinstance(session.send(post(rig.channel, TEXT)), Accepted)
    session.close()


def test_without_a_connection_nothing_left(rig: Rig) -> None:
    session = rig.unreachable.open()
    result = session.send(post(rig.channel, TEXT))
    assert isinstance(result, Deferred)
    assert "connection" in result.reason
    with pytest.raises(ChannelDown):
        session.find(post(rig.channel, TEXT))
    session.close()


@pytest.mark.parametrize("trouble", [Trouble.LOST_AFTER, Trouble.SILENCE, Trouble.SERVER_ERROR])
def test_a_lost_answer_is_unknown_until_the_post_is_found(rig: Rig, trouble: Trouble) -> None:
    rig.expect(trouble)
    session = rig.channel.open()
    wanted = post(rig.channel, TEXT)
    assert isinstance(session.send(wanted), Unknown)
    found = session.find(wanted)
    assert isinstance(found, Accepted)
    assert found.receipt
    assert rig.texts() == [TEXT]
    session.close()


def test_a_post_that_was_lost_on_the_way_is_not_found_and_may_go_out_again(rig: Rig) -> None:
    rig.expect(Trouble.LOST_BEFORE)
    session = rig.channel.open()
    wanted = post(rig.channel, TEXT)
    assert isinstance(session.send(post(rig.channel, "첫째 글", 2)), Unknown)
    assert isinstance(session.send(post(rig.channel, "둘째 글", 3)), Accepted)
    assert session.find(wanted) is None
    assert isinstance(session.send(wanted), Accepted)
    assert rig.texts() == ["둘째 글", TEXT]
    session.close()


def test_a_post_sent_twice_is_there_once(rig: Rig) -> None:
    first, second = rig.channel.open(), rig.channel.open()
    results = [session.send(post(rig.channel, TEXT)) for session in (first, second)]
    assert isinstance(results[0], Accepted)
    assert results[0] == results[1]
    assert rig.texts() == [TEXT]
    first.close()
    second.close()


@pytest.mark.parametrize("trouble", [Trouble.BAD_LOGIN, Trouble.NOT_ALLOWED])
def test_what_is_about_the_account_stops_the_channel_and_says_what_to_do(rig: Rig, trouble: Trouble) -> None:
    rig.expect(trouble)
    session = rig.channel.open()
    with pytest.raises(ChannelDown) as down:
        session.send(post(rig.channel, TEXT))
    assert ";" in down.value.reason
    assert rig.texts() == []
    session.close()


@pytest.mark.parametrize("trouble", Trouble)
def test_no_message_and_no_log_holds_a_secret_or_the_text(
    rig: Rig, trouble: Trouble, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    rig.expect(trouble)
    told = []
    session = rig.channel.open()
    for wanted in (post(rig.channel, TEXT), post(rig.channel, rig.too_long), post(rig.channel, TEXT)):
        try:
            told.append(repr(session.send(wanted)))
            told.append(repr(session.find(wanted)))
        except ChannelDown as down:
            told.append(repr(down) + str(down))
    session.close()
    told += [record.getMessage() for record in caplog.records]
    told += capfd.readouterr()
    for hidden in (*rig.secrets, TEXT, TEXT.splitlines()[0], rig.too_long):
        assert hidden not in "\n".join(told)


def test_a_channel_states_its_limits_and_whether_a_key_protects_it(rig: Rig) -> None:
    assert rig.channel.name
    assert rig.channel.limits.max_length > 0
    assert rig.channel.is_idempotent in (True, False)
