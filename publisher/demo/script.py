"""What the demo's two publications are: their names, where their news come from, and their config.toml."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent
EDITOR = "editor@example.org"
FIRST_NUMBER = 43
# The mailbox of this reader is gone: so the report has somebody to name.
GONE = "basil.thornbury@example.com"
PICTURES = "https://pictures.example.org/"
_KEYS = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")


@dataclass(frozen=True, slots=True)
class Press:
    """One source: a made-up newspaper. Its articles in `file` stand under `home`, which the demo serves itself."""

    name: str
    kind: str
    file: str
    title: str
    rights: str

    @property
    def home(self) -> str:
        return f"https://{self.name}.example.org/"


@dataclass(frozen=True, slots=True)
class Script:
    """What makes one language's edition."""

    language: str
    name: str
    handle: str
    series: str
    zone: str
    sources: tuple[Press, ...]


SCRIPTS = (
    Script(
        "ko",
        "한입 뉴스",
        "hanip_news",
        "AI 한입뉴스",
        "Asia/Seoul",
        (Press("baram", "column", "column.html", "바람일보", "own"),),
    ),
    Script(
        "en",
        "The Weekly Bite",
        "weekly_bite",
        "AI in one bite",
        "Europe/London",
        (
            Press("windmere", "feed", "windmere.rss.xml", "The Windmere Post", "licensed"),
            Press("notes", "feed", "ward-and-field.atom.xml", "Ward & Field", "licensed"),
            Press("beyond", "feed", "beyond-quarterly.feed.json", "Beyond Quarterly", "licensed"),
        ),
    ),
)


@dataclass(frozen=True, slots=True)
class Pace:
    """How long an approved issue may be pulled back, and how far apart its posts are."""

    cooling_off: str
    spacing: str


PLAYED = Pace("15m", "20m")
WATCHED = Pace("10s", "8s")


def config(script: Script, base_url: str, press: Path, smtp_port: int, api_url: str, pace: Pace) -> str:
    """The config.toml of one edition, which reads its sources from the folder `press`."""
    keys = "".join(f'{name} = "file:var/x_{name}"\n' for name in _KEYS)
    sources = "".join(
        f'[[source]]\nname = "{source.name}"\nkind = "{source.kind}"\nurl = "file:{press / source.file}"\n'
        f'title = "{source.title}"\nrights = "{source.rights}"\n\n'
        for source in script.sources
    )
    return f"""\
[publication]
name = "{script.name}"
language = "{script.language}"
timezone = "{script.zone}"
base_url = "{base_url}"
sender = "{script.name} <letter@example.org>"
reply_to = "{EDITOR}"
series = "{script.series}"
postal_address = "1 Example Street, Example City"
secret = "file:var/secret"

[schedule]
compose = "0 9 * * MON"
send = "30 7 * * TUE"
cooling_off = "{pace.cooling_off}"

[issue]
first_number = {FIRST_NUMBER}

{sources}[[channel]]
name = "letter"
kind = "smtp"
host = "127.0.0.1"
port = {smtp_port}
security = "none"
lists = ["weekly"]

[[channel]]
name = "x"
kind = "x"
api_url = "{api_url}"
links = "first"
spacing = "{pace.spacing}"
{keys}"""


def write_keys(folder: Path) -> None:
    """The account's keys, each in a file that config.toml names."""
    for name in _KEYS:
        (folder / "var" / f"x_{name}").write_text(f"demo-{name}", encoding="utf-8")


def mark_pages(templates: Path, script: Script) -> None:
    """Say on every issue's page that it is a demo's: those pages are sealed, so their template has to."""
    page = templates / "page.html.j2"
    said, back = _DEMO[script.language]
    band = f'<p class="demo">{said} <a href="/">{back}</a></p>'
    text = page.read_text(encoding="utf-8")
    text = text.replace("</style>", f"{_DEMO_STYLE}</style>", 1).replace("<body>", f"<body>\n{band}", 1)
    page.write_text(text, encoding="utf-8")


_DEMO = {
    "ko": (
        "데모입니다. 여기 나오는 것은 모두 지어낸 것이며, 아무것도 이 컴퓨터 밖으로 나가지 않습니다.",
        "데모 첫 화면",
    ),
    "en": ("This is a demo. Everything in it is made up, and nothing leaves this machine.", "The demo"),
}
_DEMO_STYLE = """
.demo { margin: 0; padding: .5rem 1.5rem; background: #111111; color: #fffefb;
  font: .8125rem/1.6 var(--sans); text-align: center; }
.demo a { color: inherit; }
@media print { .demo { display: none; } }
"""


def print_press(script: Script, base_url: str, week: Path, press: Path) -> None:
    """Bring out the week's papers: copy them into `press`, with addresses that this demo serves."""
    press.mkdir(parents=True, exist_ok=True)
    for source in script.sources:
        text = (week / source.file).read_text(encoding="utf-8")
        for other in script.sources:
            text = text.replace(other.home, f"{base_url}/press/{other.name}/")
        (press / source.file).write_text(text, encoding="utf-8")
