"""The settings on the desk: what each says and means, and never a secret."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from publisher.config import settings
from publisher.config.described import described
from publisher.language import language
from publisher.wiring import MAIL_KINDS, SOCIAL_KINDS, SOURCE_KINDS
from tests.newsroom import FOLDER, X_KEYS, smtp, x
from tests.web.desks import KIM, Desk, open_desk

CANARY = "canary-5f1c"
MORE = (
    FOLDER
    + smtp(25)
    + x("http://127.0.0.1:9")
    + '[[source]]\nname = "locked"\nkind = "feed"\n'
    + f'url = "https://name:{CANARY}@news.example.org/feed"\n'
)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    for variable in X_KEYS.values():
        monkeypatch.setenv(variable, CANARY)
    with open_desk(tmp_path / "publication", MORE, guest=KIM) as desk:
        yield desk


def meanings() -> set[str]:
    models = [field.annotation for field in settings.Settings.model_fields.values()]
    tables = [model for model in models if isinstance(model, type) and issubclass(model, BaseModel)]
    modules = {module for module, _ in (SOURCE_KINDS | MAIL_KINDS | SOCIAL_KINDS).values()}
    kinds = [importlib.import_module(module).Options for module in sorted(modules)]
    return {line for model in (*tables, settings.ListOptions, *kinds) for line in described(model).values()}


def test_each_setting_says_what_it_is_and_where_from(desk: Desk) -> None:
    shown = desk.sees("/desk/settings")
    assert "timezone Asia/Seoul The clock of every cron line" in shown
    assert "cooling_off 15m default How long after the last approval" in shown
    assert "approvals 1 How many different editors must approve." in shown  # the file says so
    assert "[[channel]] letter" in shown


def test_no_secret_is_shown_only_its_place(desk: Desk) -> None:
    page = desk.get("/desk/settings").text
    assert CANARY not in page
    assert (desk.room.root / "var" / "secret").read_text().strip() not in page
    assert "file:var/secret" in page
    assert "env:X_ACCESS_TOKEN_SECRET" in page
    assert "https://news.example.org/feed" in page


def test_only_who_runs_it_sees_the_settings(desk: Desk) -> None:
    desk.room.has_editors("new@example.org", role="approver")
    with open_desk(desk.room.root.parent / "other") as other:
        other.room.has_editors("new@example.org", role="approver")
        approver = other.enters("new@example.org")
        assert approver.get("/desk/settings").status_code == 403
        assert "/desk/settings" not in approver.get("/desk").text


def test_what_each_setting_means_is_told_in_korean() -> None:
    korean = language("ko")
    untold = [line for line in meanings() if not re.search("[가-힣]", korean.meaning(line))]
    assert not untold, "\n".join(untold)


def test_no_meaning_is_left_over() -> None:
    assert set(language("ko")._meanings) <= meanings()
