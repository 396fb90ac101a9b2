"""What the trail tells: the closed list of what people, and the program, do at the desk."""

from __future__ import annotations

from enum import StrEnum


class Action(StrEnum):
    """One kind of act. What it was about stands beside it; never a secret, never the words themselves."""

    EDITED = "edited"
    RESTORED = "restored"
    RENDERED = "rendered"
    TESTED = "tested"
    ASKED_FOR_CHANGES = "asked-for-changes"
    APPROVED = "approved"
    PULLED_BACK = "pulled-back"
    HELD = "held"
    MOVED = "moved"
    SKIPPED = "skipped"
    PAUSED = "paused"
    RESUMED = "resumed"
    CANCELLED = "cancelled"
    DECIDED = "decided"
    CORRECTED = "corrected"
    ITEM_ADDED = "item-added"
    PICTURE_ADDED = "picture-added"
    SOURCE_CHECKED = "source-checked"
    SUBSCRIBER_ADDED = "subscriber-added"
    SUBSCRIBER_LEFT = "subscriber-left"
    SIGNED_IN = "signed-in"
    SIGNED_OUT = "signed-out"
    SIGN_IN_FAILED = "sign-in-failed"
    INVITED = "invited"
    ROLE_CHANGED = "role-changed"
    EDITOR_REMOVED = "editor-removed"
    PASSWORD_CHANGED = "password-changed"  # noqa: S105  the name of an act
    RESET_ASKED = "reset-asked"
    TOTP_ON = "totp-on"
    TOTP_OFF = "totp-off"
    EXPORTED = "exported"
