"""Roles: which permissions each has. Nothing else in remiss knows a role by its name.

A permission is `subject:verb`. Roles are granted in a team (`records/person.py`); whoever has none may do nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

# What an admin has: every permission, those to come as well.
EVERY_PERMISSION = "*"

_READER = frozenset(
    {
        "catalog:read",
        "case:read",
        "run:read",
        "protocol:read",
        "protocol:check",
        "estimate:read",
        "agreement:read",
        "thread:read",
        "inbox:read",
        "job:read",
    }
)
_ANNOTATOR = _READER | {
    "queue:work",
    "case:annotate",
    "case:file",
    "case:revise",
    "case:investigate",
    "attachment:add",
    "thread:write",
    "evidence:read",
}
_VERIFIER = _ANNOTATOR | {"case:verify", "case:adjudicate"}
_CURATOR = _VERIFIER | {
    "case:reopen",
    "case:link",
    "run:capture",
    "run:accept",
    "protocol:write",
    "taxonomy:recode",
    "thread:resolve",
    "job:cancel",
}
_STEWARD = _READER | {
    "evidence:read",
    "audit:read",
    "audit:checkpoint",
    "access:check",
    "token:list",
    "person:read",
    "team:read",
}

ROLES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "reader": _READER,
        "annotator": _ANNOTATOR,
        "verifier": _VERIFIER,
        "curator": _CURATOR,
        "steward": _STEWARD,
        "admin": frozenset({EVERY_PERMISSION}),
    }
)

# What is about the whole catalog, and so is had only by whoever was granted a role with it in every team.
OF_THE_CATALOG = frozenset(
    {
        "catalog:rotate",
        "machine:read",
        "person:disable",
        "team:add",
        "token:create",
        "token:list",
        "token:revoke",
    }
)


# What no role has but an admin's.
OF_ADMINS = frozenset(
    {
        "catalog:rotate",
        "machine:read",
        "person:add",
        "person:disable",
        "person:grant",
        "person:revoke",
        "team:add",
        "token:create",
        "token:revoke",
    }
)
# Every permission that there is.
PERMISSIONS = OF_ADMINS.union(*ROLES.values()) - {EVERY_PERMISSION}


def holds(role: str, permission: str) -> bool:
    """Return whether a role has a permission; one that nobody knows has none.

    >>> holds("verifier", "case:verify"), holds("annotator", "case:verify"), holds("admin", "case:verify"), holds("boss", "x:y")
    (True, False, True, False)
    """
    has = ROLES.get(role, frozenset())
    return permission in has or EVERY_PERMISSION in has
