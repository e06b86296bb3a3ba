"""The files of a case as a part of its page, and the form by which one is added."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from remiss.catalog import attachment_actions as attachments
from remiss.catalog.attachment import MOST_BYTES
from remiss.records.evidence import Attachment

if TYPE_CHECKING:
    from remiss.workspace import Workspace


@dataclass(frozen=True, slots=True, kw_only=True)
class AttachedPart:
    """case/attachments.html: the files, and the form unless the page is of the past; `problem` says why one was not taken."""

    case: str
    files: Sequence[Attachment]
    adding: bool
    most_megabytes: int
    problem: tuple[str, str] | None


def attached_of(ws: Workspace, case: str, as_of: int | None, problem: tuple[str, str] | None) -> AttachedPart:
    """Return the files that a case has, or had at a position."""
    return AttachedPart(
        case=case,
        files=attachments.list_attachments(ws, case, as_of=as_of),
        adding=as_of is None,
        most_megabytes=MOST_BYTES >> 20,
        problem=problem,
    )
