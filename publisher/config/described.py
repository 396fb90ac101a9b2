"""What each setting means: the line under its key in a settings class, for the reference and for the desk."""

from __future__ import annotations

import ast
import inspect
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

from pydantic import BaseModel


@lru_cache(maxsize=64)
def described(model: type[BaseModel]) -> dict[str, str]:
    """The sentences under each key of a settings class, its bases' first. A key without one is missing here."""
    found: dict[str, str] = {}
    for part in reversed(model.__mro__):
        if part.__module__.startswith("publisher."):
            [body] = [
                node.body
                for node in ast.parse(Path(inspect.getfile(part)).read_text(encoding="utf-8")).body
                if isinstance(node, ast.ClassDef) and node.name == part.__name__
            ]
            for key, below in pairwise(body):
                match key, below:
                    case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(line))):
                        found[name] = " ".join(line.split())
    return found
