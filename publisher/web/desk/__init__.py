"""For editors: what is planned, what it looks like, how it fares."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(prefix="/desk")
