"""Every table, as rows. Validation is at the edge: `table=True` models do not validate when constructed."""

from __future__ import annotations

from publisher.store.tables.base import Moment, moment
from publisher.store.tables.clock import LineRow, RunRow, SkipRow
from publisher.store.tables.desk import AuditRow, LinkCheckRow, PresenceRow, SessionRow
from publisher.store.tables.issues import (
    ApprovalRow,
    CandidateRow,
    CorrectionRow,
    IssueRow,
    PickRow,
    ProofRow,
    RevisionRow,
    SurfaceRow,
)
from publisher.store.tables.items import (
    ColumnRow,
    ItemRow,
    PictureOriginRow,
    PictureRow,
    SmallPictureRow,
    SourceRow,
    VersionRow,
)
from publisher.store.tables.ledger import (
    AttemptRow,
    DecisionRow,
    DeliveryRow,
    NoticeRow,
    PaceRow,
    PauseRow,
    PostRow,
    SettledRow,
)
from publisher.store.tables.people import EditorRow, MembershipRow, SubscriberRow, SuppressionRow

__all__ = [
    "ApprovalRow",
    "AttemptRow",
    "AuditRow",
    "CandidateRow",
    "ColumnRow",
    "CorrectionRow",
    "DecisionRow",
    "DeliveryRow",
    "EditorRow",
    "IssueRow",
    "ItemRow",
    "LineRow",
    "LinkCheckRow",
    "MembershipRow",
    "Moment",
    "NoticeRow",
    "PaceRow",
    "PauseRow",
    "PickRow",
    "PictureOriginRow",
    "PictureRow",
    "PostRow",
    "PresenceRow",
    "ProofRow",
    "RevisionRow",
    "RunRow",
    "SessionRow",
    "SettledRow",
    "SkipRow",
    "SmallPictureRow",
    "SourceRow",
    "SubscriberRow",
    "SuppressionRow",
    "SurfaceRow",
    "VersionRow",
    "moment",
]
