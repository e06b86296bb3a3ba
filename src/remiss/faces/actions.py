"""The table of faces: each action, the command that calls it, and its route.

A repository test demands a row here for every action, and that the command exists.
"""

from __future__ import annotations

from dataclasses import dataclass
from difflib import get_close_matches
from importlib import import_module

from remiss.action import ACTIONS, Action
from remiss.errors import NotFound


@dataclass(frozen=True, slots=True)
class Face:
    """Where one action is found: its command line and its HTTP route."""

    action: str
    command: str
    route: str

    @property
    def module(self) -> str:
        """The module that holds the action; imported when it is called."""
        return f"remiss.{_HOMES.get(self.action) or _HOMES[self.action.partition('.')[0]]}"


# Where the actions of a noun are, and single ones that live elsewhere than the rest of their noun.
_HOMES = {
    "run": "capture.run_actions",
    "run.capture": "capture.actions",
    "run.plan": "capture.actions",
    "run.due": "capture.actions",
    "job": "govern.job_actions",
    "job.capture": "capture.job_actions",
    "job.due": "capture.job_actions",
    "protocol": "protocol.actions",
    "taxonomy": "protocol.actions",
    "case": "catalog.actions",
    "case.alike": "catalog.duplicate_actions",
    "case.duplicates": "catalog.duplicate_actions",
    "case.link": "curate.linking_actions",
    "case.unlink": "curate.linking_actions",
    "case.sheet": "curate.labelling_actions",
    "case.annotate": "curate.labelling_actions",
    "case.verify": "curate.labelling_actions",
    "case.adjudicate": "curate.labelling_actions",
    "case.reopen": "curate.labelling_actions",
    "agreement": "curate.agreement_actions",
    "taxonomy.recode": "curate.recoding_actions",
    "taxonomy.rehearse": "curate.recoding_actions",
    "taxonomy.recodings": "curate.recoding_actions",
    "case.comment": "curate.discussion_actions",
    "case.investigation": "curate.investigation_actions",
    "case.suppose": "curate.investigation_actions",
    "case.experiment": "curate.investigation_actions",
    "case.remedy": "curate.investigation_actions",
    "case.conclude": "curate.investigation_actions",
    "citation": "curate.investigation_actions",
    "thread": "curate.discussion_actions",
    "inbox": "curate.discussion_actions",
    "queue": "curate.queue_actions",
    "catalog": "catalog.actions",
    "attachment": "catalog.attachment_actions",
    "catalog.rotate": "govern.key_actions",
    "doctor": "govern.actions",
    "evidence": "catalog.evidence_actions",
    "estimate": "understand.actions",
    "person": "govern.people_actions",
    "team": "govern.people_actions",
    "token": "govern.access_actions",
    "access": "govern.access_actions",
    "audit": "govern.audit_actions",
}


FACES: tuple[Face, ...] = (
    Face("run.capture", "remiss capture", "POST /api/v1/runs"),
    Face("run.plan", "remiss capture --dry-run", "POST /api/v1/runs/plan"),
    Face("run.due", "remiss capture --dry-run", "POST /api/v1/runs/due"),
    Face("run.status", "remiss status", "GET /api/v1/status"),
    Face("run.list", "remiss run list", "GET /api/v1/runs"),
    Face("run.show", "remiss run show", "GET /api/v1/runs/{run}"),
    Face("run.coverage", "remiss run coverage", "GET /api/v1/coverage"),
    Face("run.windows", "remiss run windows", "GET /api/v1/runs/{run}/windows"),
    Face("run.cells", "remiss run cells", "GET /api/v1/runs/{run}/cells"),
    Face("run.diff", "remiss run diff", "GET /api/v1/runs/{run}/changes"),
    Face("run.refused", "remiss run refused", "GET /api/v1/runs/{run}/refused"),
    Face("run.accept", "remiss run accept", "POST /api/v1/runs/{run}/accept"),
    Face("run.reproduce", "remiss reproduce", "POST /api/v1/runs/{run}/reproduce"),
    Face("job.capture", "remiss job capture", "POST /api/v1/jobs"),
    Face("job.due", "remiss job due", "POST /api/v1/jobs/due"),
    Face("job.list", "remiss job list", "GET /api/v1/jobs"),
    Face("job.show", "remiss job show", "GET /api/v1/jobs/{job}"),
    Face("job.cancel", "remiss job cancel", "POST /api/v1/jobs/{job}/cancel"),
    Face("protocol.check", "remiss protocol check", "POST /api/v1/protocols/check"),
    Face("protocol.list", "remiss protocol list", "GET /api/v1/protocols"),
    Face("protocol.show", "remiss protocol show", "GET /api/v1/protocols/{name}"),
    Face("protocol.diff", "remiss protocol diff", "GET /api/v1/protocols/{name}/diff"),
    Face("taxonomy.show", "remiss taxonomy show", "GET /api/v1/taxonomy"),
    Face("case.search", "remiss case search", "GET /api/v1/cases"),
    Face("case.facets", "remiss case search --facets", "GET /api/v1/cases/facets"),
    Face("case.show", "remiss case show", "GET /api/v1/cases/{case}"),
    Face("case.alike", "remiss case alike", "GET /api/v1/cases/{case}/alike"),
    Face("case.compare", "remiss case compare", "GET /api/v1/cases/{case}/comparison"),
    Face("case.history", "remiss case history", "GET /api/v1/cases/{case}/history"),
    Face("case.file", "remiss case file", "POST /api/v1/cases"),
    Face("case.duplicates", "remiss case file --dry-run", "POST /api/v1/cases/duplicates"),
    Face("case.revise", "remiss case revise", "PATCH /api/v1/cases/{case}"),
    Face("case.sheet", "remiss case sheet", "GET /api/v1/cases/{case}/sheet"),
    Face("case.annotate", "remiss case annotate", "POST /api/v1/cases/{case}/annotation"),
    Face("case.verify", "remiss case verify", "POST /api/v1/cases/{case}/verification"),
    Face("case.adjudicate", "remiss case adjudicate", "POST /api/v1/cases/{case}/adjudication"),
    Face("case.link", "remiss case link", "POST /api/v1/cases/{case}/link"),
    Face("case.unlink", "remiss case unlink", "DELETE /api/v1/cases/{case}/link"),
    Face("case.reopen", "remiss case reopen", "POST /api/v1/cases/{case}/reopening"),
    Face("case.comment", "remiss case comment", "POST /api/v1/cases/{case}/comments"),
    Face("case.investigation", "remiss case investigation", "GET /api/v1/cases/{case}/investigation"),
    Face("case.suppose", "remiss case investigate hypothesis", "POST /api/v1/cases/{case}/hypotheses"),
    Face("case.experiment", "remiss case investigate experiment", "POST /api/v1/cases/{case}/experiments"),
    Face("case.remedy", "remiss case investigate remedy", "POST /api/v1/cases/{case}/remediations"),
    Face("case.conclude", "remiss case investigate write-up", "POST /api/v1/cases/{case}/write-up"),
    Face("citation.list", "remiss citation list", "GET /api/v1/citations"),
    Face("agreement.show", "remiss agreement show", "GET /api/v1/agreement"),
    Face("taxonomy.rehearse", "remiss taxonomy recode --dry-run", "POST /api/v1/taxonomy/recodings/plan"),
    Face("taxonomy.recode", "remiss taxonomy recode", "POST /api/v1/taxonomy/recodings"),
    Face("taxonomy.recodings", "remiss taxonomy recodings", "GET /api/v1/taxonomy/recodings"),
    Face("thread.list", "remiss thread list", "GET /api/v1/cases/{case}/threads"),
    Face("thread.show", "remiss thread show", "GET /api/v1/threads/{thread}"),
    Face("thread.resolve", "remiss thread resolve", "POST /api/v1/threads/{thread}/resolve"),
    Face("thread.reopen", "remiss thread reopen", "POST /api/v1/threads/{thread}/reopen"),
    Face("queue.next", "remiss queue next", "POST /api/v1/queue/next"),
    Face("queue.list", "remiss queue list", "GET /api/v1/queue"),
    Face("queue.release", "remiss queue release", "POST /api/v1/queue/{case}/release"),
    Face("inbox.list", "remiss inbox list", "GET /api/v1/inbox"),
    Face("evidence.show", "remiss evidence show", "POST /api/v1/cases/{case}/evidence"),
    Face("attachment.add", "remiss attachment add", "POST /api/v1/cases/{case}/attachments"),
    Face("attachment.list", "remiss attachment list", "GET /api/v1/cases/{case}/attachments"),
    Face("attachment.get", "remiss attachment get", "GET /api/v1/attachments/{attachment}"),
    Face("attachment.remove", "remiss attachment remove", "DELETE /api/v1/attachments/{attachment}"),
    Face("catalog.info", "remiss catalog info", "GET /api/v1/catalog"),
    Face("catalog.rotate", "remiss catalog rotate", "POST /api/v1/catalog/rotate"),
    Face("audit.search", "remiss audit search", "GET /api/v1/audit"),
    Face("audit.verify", "remiss audit verify", "POST /api/v1/audit/verify"),
    Face("audit.checkpoint", "remiss audit checkpoint", "GET /api/v1/audit/checkpoint"),
    Face("audit.prove", "remiss audit prove", "POST /api/v1/audit/entries/{entry}/proof"),
    Face("doctor", "remiss doctor", "GET /api/v1/doctor"),
    Face("estimate", "remiss estimate", "GET /api/v1/estimate"),
    Face("person.add", "remiss person add", "POST /api/v1/people"),
    Face("person.list", "remiss person list", "GET /api/v1/people"),
    Face("person.disable", "remiss person disable", "POST /api/v1/people/{person}/disable"),
    Face("person.grant", "remiss person grant", "POST /api/v1/people/{person}/grant"),
    Face("person.revoke", "remiss person revoke", "POST /api/v1/people/{person}/revoke"),
    Face("team.add", "remiss team add", "POST /api/v1/teams"),
    Face("team.list", "remiss team list", "GET /api/v1/teams"),
    Face("token.create", "remiss token create", "POST /api/v1/tokens"),
    Face("token.link", "remiss token link", "POST /api/v1/tokens/links"),
    Face("token.list", "remiss token list", "GET /api/v1/tokens"),
    Face("token.revoke", "remiss token revoke", "POST /api/v1/tokens/{token}/revoke"),
    Face("access.check", "remiss access check", "GET /api/v1/access"),
)


def action_of(name: str) -> Action:
    """Return the action of that name, loading its chapter.

    Raises
    ------
    NotFound : no such action
    """
    module = next((face.module for face in FACES if face.action == name), None)
    if module is None:
        close = get_close_matches(name, [face.action for face in FACES], n=3)
        do = f"did you mean {' or '.join(close)}?" if close else "see the reference of actions"
        raise NotFound(f"there is no action {name}", do=do)
    import_module(module)
    return ACTIONS[name]


def permission_of(name: str) -> str:
    """Return the permission that an action needs; what is a permission already stays one.

    Raises
    ------
    NotFound : no such action
    """
    return name if ":" in name else action_of(name).permission
