"""A notice on the wire: the message that one editor gets, with their own link to the desk.

It depends on nothing but its arguments, so a notice that is sent again is the same message.
"""

from __future__ import annotations

import hashlib
import html as markup
import re
from datetime import datetime
from email.utils import format_datetime

from publisher.domain.message import Letter
from publisher.domain.notice import APPROVE_LINK, LINK, Notice
from publisher.domain.token import seal, sign
from publisher.errors import RenderError
from publisher.mail.address import Mailbox, is_plain, wire_address
from publisher.mail.headers import mailbox_header, text_header
from publisher.mail.quoted import is_sound, piece
from publisher.mail.writer import Identity

_NO_TEXT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ue000-\uf8ff]")


def notice_letter(
    notice: Notice,
    *,
    notice_id: int,
    link: str,
    recipient: str,
    made_at: datetime,
    identity: Identity,
    approve_link: str = "",
) -> Letter:
    """The message with its envelope. `link` is the recipient's own, and so is `approve_link` where they may approve.

    Raises RenderError for what no header, command or body may hold, and SecretMissing for a key that cannot sign it.
    """
    approve = approve_link or link
    text = _body(notice.text.replace(APPROVE_LINK, approve).replace(LINK, link), "text")
    shown = notice.html.replace(APPROVE_LINK, markup.escape(approve)).replace(LINK, markup.escape(link))
    html = _body(shown, "html")
    name = f"notice-{notice_id}"
    boundary = f"=_{hashlib.sha256(f'{name}:{text}{html}'.encode()).hexdigest()[:32]}"  # as in mail/message.py
    message_id = f"<{name}-{seal(identity.secret, 'message-id').digest(name).hex()[:16]}@{identity.domain}>"
    head = b"".join(
        (
            f"Date: {format_datetime(made_at)}\r\n".encode("ascii"),
            mailbox_header("From", Mailbox.parse(identity.sender, "publication.sender")),
            mailbox_header("To", Mailbox("", wire_address(recipient, "the editor's address"))),
            text_header("Subject", notice.subject),
            f"Message-ID: {message_id}\r\n".encode("ascii"),
            b"Auto-Submitted: auto-generated\r\n",  # RFC 3834: nobody's absence answers it
            f'MIME-Version: 1.0\r\nContent-Type: multipart/alternative;\r\n boundary="{boundary}"\r\n'.encode("ascii"),
        )
    )
    body = b"".join(
        (_part(boundary, "plain", text), _part(boundary, "html", html), f"\r\n--{boundary}--\r\n".encode("ascii"))
    ).removeprefix(b"\r\n")
    signature = identity.signer.prepare(head, (), made_at, body).header(b"", ()) if identity.signer else b""
    content = b"".join((signature, head, b"\r\n", body))
    sound = is_sound(content) and is_plain(recipient)
    return Letter(notice_id, _return_path(identity, notice_id), recipient, message_id, content, sound)


def _body(content: str, surface: str) -> str:
    found = _NO_TEXT.search(content)
    if found:
        raise RenderError(f"the notice's {surface} holds U+{ord(found[0]):04X}; remove it from its template")
    return content if content.endswith("\n") else f"{content}\n"


def _part(boundary: str, kind: str, content: str) -> bytes:
    head = f"\r\n--{boundary}\r\nContent-Type: text/{kind}; charset=utf-8\r\n"
    return f"{head}Content-Transfer-Encoding: quoted-printable\r\n\r\n".encode("ascii") + piece(content)


def _return_path(identity: Identity, notice_id: int) -> str:
    """Like a letter's (`mail/verp.py`), and never taken for one: its payload is no issue and no subscriber."""
    token = sign(identity.secret, "bounce", f"notice-{notice_id}").replace(".", "-")
    return f"bounce+{token}@{identity.domain}"
