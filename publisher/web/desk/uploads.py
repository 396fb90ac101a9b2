"""A picture of an editor's own for a pick."""

from __future__ import annotations

from fastapi import APIRouter, Request, Response
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, RedirectResponse

from publisher.errors import PictureError, WrongUse
from publisher.stages import edit, illustrate
from publisher.web.desk.edits import Written, back_to, means
from publisher.web.desk.entrance import Signed
from publisher.web.desk.previews import Number
from publisher.web.shell import shell

router = APIRouter(prefix="/issues/{number}/pictures")


@router.post("")
def upload(request: Request, number: Number, editor: Signed, form: Written) -> Response:
    """Look at the file, keep it, and let the pick of `item` have it. Raises WrongUse with what is wrong with it."""
    here, file, item = shell(request), form.get("file"), str(form.get("item", ""))
    if not isinstance(file, UploadFile) or not file.size:
        raise WrongUse("there is no file in that; choose a picture first")
    if not item.isdecimal():
        raise WrongUse("a picture belongs to an item; this names none")
    database, now, words_of = here.publication.database, here.now(), here.words(request)
    try:
        address = illustrate.run(database, number, file.file.read(), by=editor.email, now=now)
    except PictureError as error:
        told = words_of.gettext("the file cannot be used, it %(why)s; choose another one")
        raise WrongUse(told % {"why": words_of.tell(error.message)}) from error
    # The words of the picture before are not those of this one.
    words = {f"pick:{item}:{name}": "" for name in ("alt", "caption", "credit")}
    field, seen = f"pick:{item}:picture", form.get(f"was.pick:{item}:picture")
    was = {field: seen} if isinstance(seen, str) else {}
    saved = edit.save(database, number, {field: address}, was, means(here), by=editor.email, now=now)
    if any(conflict.is_gone for conflict in saved.conflicts):
        raise WrongUse(f"item {item} is not in No. {number} any more; the picture was not used")
    if saved.conflicts:
        raise WrongUse(f"item {item} has another picture since you looked; look again, then upload yours")
    edit.save(database, number, words, {}, means(here), by=editor.email, now=now)
    if request.headers.get("accept", "").startswith("application/json"):
        return JSONResponse({"url": address})
    return RedirectResponse(back_to(request, number, str(form.get("back", "")), "saved"), 303)
