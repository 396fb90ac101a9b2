"""What editors call a field: "Headline of item 3", where its name says `pick:812:headline`."""

from __future__ import annotations

from collections.abc import Mapping

from publisher.domain import draft
from publisher.errors import WrongUse
from publisher.language import Language


def _(text: str) -> str:
    """Marks a text for the catalogue; it is translated where it is shown."""
    return text


OF_ISSUE: Mapping[str, str] = {
    "title": _("Title"),
    "subject": _("Subject"),
    "preheader": _("Preheader"),
    "deks": _("Lines below the title"),
    "note": _("The editor’s note"),
    "byline": _("Byline"),
    "byline_address": _("Address of the byline"),
    "order": _("Order of the items"),
}
OF_PICK: Mapping[str, str] = {
    "headline": _("Headline"),
    "body": _("Body"),
    "blurb": _("Blurb"),
    "section": _("Section"),
    "sponsor": _("Sponsor"),
    "picture": _("Picture"),
    "alt": _("Picture in words"),
    "caption": _("Caption"),
    "credit": _("Credit"),
}
OF_POST: Mapping[str, str] = {
    "text": _("Text of the post"),
    "tags": _("Tags of the post"),
    "at": _("Time of the post"),
    "off": _("Whether it is posted"),
}
MODES: Mapping[str, str] = {
    "choose": _("Choose"),
    "write": _("Write"),
    "check": _("Check"),
    "revisions": _("Revisions"),
}


def label(words: Language, field: str, order: str = "") -> str:
    """A field, or a mode, in the words of the desk. `order` is the issue's, by which an item has its position.

    What no issue has is told as it is.
    """
    if field in MODES:
        return words.gettext(MODES[field])
    try:
        place = draft.place(field)
    except WrongUse:
        return field
    if place.item is None:
        return words.gettext(OF_ISSUE[place.name])
    name = words.gettext((OF_POST if place.channel else OF_PICK)[place.name])
    if place.channel:
        name = f"{name} ({place.channel})"
    ids = order.split()
    if str(place.item) not in ids:
        return name
    position = ids.index(str(place.item)) + 1
    return words.gettext("%(field)s of item %(position)s") % {"field": name, "position": position}
