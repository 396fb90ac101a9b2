"""For admins: who works at the desk, as what, and since when they were seen there."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Form, Path, Request, Response
from starlette.responses import RedirectResponse

from publisher.domain.rights import Role
from publisher.errors import PublisherError, WrongUse
from publisher.stages import account, invite
from publisher.store.pages import people
from publisher.web.desk.entrance import Signed
from publisher.web.desk.frame import asked, page
from publisher.web.desk.signing import Address
from publisher.web.shell import shell

Id = Annotated[int, Path(ge=1, le=2**31 - 1)]
Given = Annotated[Role, Form()]

router = APIRouter(prefix="/editors")


@router.get("")
def look(request: Request, said: str = "") -> Response:
    return people_page(request, said=said)


@router.post("")
def invite_one(
    request: Request,
    editor: Signed,
    email: Address,
    role: Given,
    language: Annotated[Literal["", "ko", "en"], Form()] = "",
) -> Response:
    here = shell(request)
    publication = here.publication
    try:
        invite.run(publication.database, publication.notice_writer, email, role, language, by=editor, now=here.now())
    except WrongUse as error:
        return people_page(request, trouble=error.message, inviting=email)
    return _done(request, "invited")


@router.post("/{editor_id}/role")
def change_role(request: Request, editor: Signed, editor_id: Id, role: Given) -> Response:
    here = shell(request)
    try:
        invite.change_role(here.publication.database, editor_id, role, by=editor.email, now=here.now())
    except WrongUse as error:
        return people_page(request, trouble=error.message)
    return _done(request, "role")


@router.post("/{editor_id}/removal")
def remove(request: Request, editor: Signed, editor_id: Id) -> Response:
    here = shell(request)
    try:
        invite.remove(here.publication.database, editor_id, by=editor.email, now=here.now())
    except WrongUse as error:
        return people_page(request, trouble=error.message)
    return _done(request, "removed")


@router.post("/{editor_id}/sessions/endings")
def sign_out(request: Request, editor: Signed, editor_id: Id) -> Response:
    here = shell(request)
    invite.sign_out(here.publication.database, editor_id, by=editor.email, now=here.now())
    return _done(request, "signed-out")


@router.post("/{editor_id}/codes/removal")
def codes_off(request: Request, editor: Signed, editor_id: Id) -> Response:
    """For who has lost their authenticator: the password is enough for them again."""
    here = shell(request)
    with here.publication.database.read() as session:
        email = people.address(session, editor_id)
    account.codes_off(here.publication.database, email, by=editor.email, now=here.now())
    return _done(request, "codes-off")


def people_page(request: Request, *, said: str = "", trouble: str = "", inviting: str = "") -> Response:
    here = shell(request)
    with here.publication.database.read() as session:
        found = people.everybody(session, here.now())
    return page(
        request,
        "editors",
        status=409 if trouble else 200,
        people=found,
        is_last_admin=sum(one["role"] == Role.ADMIN for one in found) == 1,
        said=said,
        trouble=trouble,
        inviting=inviting,
        can_mail=_can_mail(request),
    )


def _can_mail(request: Request) -> bool:
    try:
        return shell(request).publication.notice_channel() is not None
    except PublisherError:
        return False


def _done(request: Request, said: str) -> Response:
    language = f"&lang={asked(request)}" if asked(request) else ""
    return RedirectResponse(f"{request.scope.get('root_path', '')}/desk/editors?said={said}{language}", 303)
