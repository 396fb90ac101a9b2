"""What every page shares: its templates, its language, its addresses, and the frame around it.

A page is a template of `pages/`. The owner replaces a public one by a file of the same name in `templates/web/`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import SplitResult, urlsplit

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse

from publisher.language import LANGUAGES, Language, language, preferred
from publisher.web.asked import asked, going_on, in_language
from publisher.web.marks import commands

if TYPE_CHECKING:
    from publisher.wiring import Publication

PAGES = Path(__file__).parent / "pages"


@dataclass(frozen=True)
class Shell:
    """One publication's pages. `now` is the clock that the pages go by.

    `troubles` says what keeps the process from doing its work, each in a sentence; `is_demo` marks every page as a
    demo's; `guest` is the address of the editor whom every visitor is taken for, which only a demo has.
    """

    publication: Publication
    now: Callable[[], datetime]
    troubles: Callable[[], Sequence[str]] = tuple
    is_demo: bool = False
    guest: str = ""
    more: dict[str, Any] = field(default_factory=dict)

    def page(
        self,
        request: Request,
        name: str,
        query: Mapping[str, str] | None = None,
        /,
        *,
        status: int = 200,
        **values: object,
    ) -> HTMLResponse:
        """The template `pages/NAME.html.j2` in the language of the request.

        A page that is kept for others gives its `query`: what of the request's it is a function of.
        """
        words = self.words(request)
        asks_for = request.query_params.multi_items() if query is None else query.items()
        template = self._environments[words.code].get_template(f"{name}.html.j2")
        text = template.render(
            publication=self.publication.settings.publication,
            words=words,
            home=self.own.geturl().rstrip("/"),
            write_to=self.write_to,
            url=lambda path: f"{request.scope.get('root_path', '')}{path}",
            here=request.url.path,
            chosen=asked(request),
            in_language=lambda code: in_language(code, asks_for),
            is_demo=self.is_demo,
            now=self.now(),
            zone=self.publication.settings.publication.timezone,
            **(self.more | values),
        )
        if code := asked(request):
            text = going_on(text, code, request.scope.get("root_path", ""))
        return HTMLResponse(text, status, headers={"Content-Language": words.code, "Vary": "Accept-Language"})

    def words(self, request: Request) -> Language:
        """`?lang=` first, then that of the editor who is signed in, then what the browser asks for, then our own."""
        own = self.publication.settings.publication.language
        editor = getattr(request.state, "editor", None)
        theirs = editor.language if editor is not None else ""
        return language(asked(request) or theirs or preferred(request.headers.get("accept-language", ""), own))

    @cached_property
    def own(self) -> SplitResult:
        """The publication's own address, in parts."""
        return urlsplit(self.publication.settings.publication.base_url)

    @cached_property
    def secret(self) -> bytes:
        """What signs the links of this publication. Raises SecretMissing."""
        return self.publication.identity().secret

    @cached_property
    def write_to(self) -> str:
        """The address that a reader's answer goes to."""
        publication = self.publication.settings.publication
        return parseaddr(publication.reply_to or publication.sender)[1]

    @cached_property
    def _environments(self) -> dict[str, Environment]:
        return {code: self._environment(language(code)) for code in LANGUAGES}

    def _environment(self, words: Language) -> Environment:
        environment = Environment(
            loader=ChoiceLoader(
                [FileSystemLoader(self.publication.settings.root / "templates" / "web"), FileSystemLoader(PAGES)]
            ),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            extensions=["jinja2.ext.i18n"],
        )
        environment.filters["commands"] = commands
        environment.install_gettext_callables(words.gettext, words.ngettext, newstyle=True)  # type: ignore[attr-defined]  # the extension's
        return environment


def shell(request: Request) -> Shell:
    """The shell of the app that this request came to."""
    found = request.app.state.shell
    assert isinstance(found, Shell)
    return found
