"""The workspace: the one way in for actions.

An action that is called with a `Workspace` is authorised, prepared outside the transaction, run inside it, written into the
journal and committed. `wiring.py` chooses which edge stands behind which port, `recording.py` records what is shown,
`opening.py` finds the catalog.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import fields, is_dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from remiss import adapters
from remiss.action import Action
from remiss.catalog.identifying import id_spelled_out
from remiss.errors import Denied, InputError, NotFound, RemissError, done_already
from remiss.govern.audit.log import digested
from remiss.govern.audit.views import NamedSubject, refusal
from remiss.govern.authority import Granted, actor_of
from remiss.govern.ports.actor import Actor, Authority
from remiss.govern.redaction.written import Gate, gate, hide_files
from remiss.offline import Offline, prepared
from remiss.recording import Recording
from remiss.records.person import EVERY_TEAM
from remiss.records.published import read_at_position

if TYPE_CHECKING:
    from remiss.capture.ports import CaptureJobWorkspace, CaptureWorkspace
    from remiss.catalog.ports import AttachmentWorkspace, CatalogWorkspace, EvidenceWorkspace
    from remiss.curate.ports.contributions import DiscussionWorkspace, InvestigationWorkspace
    from remiss.curate.ports.labelling import AgreementWorkspace, CurateWorkspace, QueueWorkspace, RecodingWorkspace
    from remiss.edges.stores.leases import Lease
    from remiss.edges.stores.logs.journal import Transaction
    from remiss.govern.ports.audit import AuditWorkspace
    from remiss.govern.ports.jobs import JobWorkspace
    from remiss.govern.ports.machine import GovernWorkspace
    from remiss.govern.ports.people import AccessWorkspace
    from remiss.govern.ports.vault import KeyWorkspace
    from remiss.protocol.ports import ProtocolsWorkspace, ProtocolWorkspace
    from remiss.records.person import Person, Token
    from remiss.safeguard.ports import ModelWorkspace, ReplayWorkspace
    from remiss.understand.ports import SampleWorkspace, UnderstandWorkspace

# What lets somebody read the logs of a team.
CAPTURE = "run:capture"
# What parameters are called that name a case.
OF_CASES = frozenset({"case_id", "case"})


class Workspace(Recording):
    """An open catalog, the ports that actions take, and who acts."""

    def serving(
        self,
        request_id: str,
        posted: Mapping[str, str] | None = None,
        *,
        actor: Actor | None = None,
        authority: Authority | None = None,
        folder: str | None = None,
    ) -> Workspace:
        """Return a workspace for one call from afar, on the same open catalog.

        Parameters
        ----------
        request_id : what the journal knows the call by
        posted : documents that came along; their sources are read in the folder of the setting `sources` and nowhere else, and
            there not in folders that are called like teams in which the caller may not capture
        actor, authority : who calls, and what says what they may; those of this workspace when not given
        folder : what those sources are relative to, where it is not the folder of the setting itself
        """
        ws = Workspace(store=self._store, settings=self.settings, actor=actor or self.actor)
        ws.authority = authority or self.authority
        ws.request_id = request_id
        ws._path_cache = self._path_cache
        if self.following:
            ws.running_models, ws.read_suites = self.running_models, self.read_suites
        if posted is not None:
            sources = Path(self.settings.sources or ".").absolute()
            ws.documents = adapters.PostedDocuments(posted, sources, folder)
            # A folder of the sources that is called like a team is that team's.
            teams = (each.name for each in ws.people.teams(None) if os.path.isdir(sources / each.name))  # noqa: PTH112 - false of what is no name
            others = frozenset(name for name in teams if not ws.may(CAPTURE, name))
            ws.engine = adapters.DuckDB(self.settings, within=adapters.Reach(sources, others))
        return ws

    def perform(self, action: Action, arguments: Mapping[str, Any]) -> Any:
        """Authorise, prepare, begin, run, append to the journal and commit; return what the action returned.

        An action that reads runs on one snapshot and leaves no row; what it shows is recorded when it has let go of the snapshot,
        or at the end of the block (`reading`) whose answer it is a part of. That somebody was refused is recorded before they are
        told.

        Raises
        ------
        Denied : the actor lacks the permission; and whatever the action raises, after which nothing of it is left
        StorageError, Tampered : it cannot be recorded what was shown, or that it was refused
        """
        try:
            return self._performed(action, arguments)
        except (Denied, NotFound) as error:
            refused = refusal(error, self._attempted(action, arguments), sees_all=self.scope.everything)
            if refused is not None:
                self.record_views([refused], action.name)
            raise
        except RemissError as error:
            hide_files(error, lambda: self.gate)
            raise

    @property
    def gate(self) -> Gate:
        """What marks values in what people write, and in names of files, under the catalog's secret."""
        return gate(self)

    def _performed(self, action: Action, arguments: Mapping[str, Any]) -> Any:
        self._authorise(action)
        if not action.reads:
            # What a block around this has read so far is of before.
            self._store.let_go()
        with prepared(self, action, arguments) as given:
            if action.reads:
                with self._store.reading() if action.snapshot else self._store.apart():
                    result = action.run(self, **arguments, **given)
                    as_of = arguments.get("as_of")
                    result = read_at_position(result, self.position if as_of is None else lambda: as_of)
                self.record_view(action, arguments, result)
                return result
            secret = self.keys.secret("journal")
            digest = digested(secret, self.actor.name, action.name, content=_plain(arguments))
            with (
                self._store.writing(self.actor, action.name, self.now, self.request_id) as transaction,
                self._fenced(transaction) as counted,
            ):
                transaction.digests["arguments"] = digest
                if action.subject is not None and arguments.get(action.subject) is not None:
                    transaction.subjects.append(str(arguments[action.subject]))
                result = action.run(self, **arguments, **given)
                self._check_still_held(transaction)
                counted(result)
                result = read_at_position(result, transaction.position)
            with done_already():
                self.record_view(action, arguments, result)
            return result

    def take_job(self, runner: str, stays: float | None = None) -> Lease | None:
        """Take a job that waits, or whose runner has gone silent; None when there is none. For the owner of the database.

        Parameters
        ----------
        runner : who takes it, for people
        stays : where there is none, for how many seconds from now the runner is known to be there; None is not to say
        """
        return adapters.take(self._store, runner, float(self.settings.job_lease), stays)

    def use_link(self, text: str) -> tuple[Person, Token] | None:
        """Use up a link that signs a person in, and return whom; None when it does not work (any more).

        The journal has it as theirs. It is no action: a person who comes by a link is not anybody yet.
        """
        found = self.people.linked_by(text, self.now)
        if found is None:
            return None
        try:
            with self._store.writing(actor_of(found[0]), "token.use", self.now, self.request_id):
                # Of two who send the same link at once the second waits in here, and then it is used.
                return self.people.use(text, self.now)
        except NotFound:
            return None

    def _attempted(self, action: Action, arguments: Mapping[str, Any]) -> NamedSubject | None:
        """Return what an attempt was at, as the logs name it: a case that the actor sees by its whole id and with its team."""
        given = None if action.subject is None else arguments.get(action.subject)
        if given is None:
            return None
        if action.subject not in OF_CASES:
            return NamedSubject(str(given))
        try:
            case = self.governed(str(given))
        except InputError:
            return NamedSubject(id_spelled_out(str(given)))
        return NamedSubject(case.id, case.team)

    def _check_still_held(self, transaction: Transaction) -> None:
        """Refuse to commit what somebody does by a grant that was taken away since the call began.

        The position is the last lock, so a person who takes a grant away has done so before it, or comes after this call.

        Raises
        ------
        Denied
        """
        authority = self.authority
        # Who is not of this catalog holds what the maker of their workspace said.
        if not isinstance(authority, Granted) or not authority.person.position_from:
            return

        with self._reader.at(transaction.position() - 1) as reading:
            person = adapters.person_at(reading, authority.person.name)
        if person is None or not set(authority.person.grants) <= set(person.grants):
            raise Denied(f"what {self.actor.name} may do has changed meanwhile; nothing was written", do="do it again")

    def _fenced(self, transaction: Transaction) -> AbstractContextManager[Callable[[Any], None]]:
        """Give a block that nobody can take a job's work from, and in it what counts a step of that job as done."""
        return nullcontext(lambda _: None) if self.lease is None else self.lease.committing(transaction)

    def allow(self, permission: str, team: str | None = None) -> None:
        """Go on only if the actor holds a permission in a team; what is written then is journalled under that team.

        So a person who may read a team's audit finds what was done to its things, by whomever, and nothing of other teams.
        """
        super().allow(permission, team)
        if self._store.writes and team not in {None, EVERY_TEAM}:
            self._store.transaction.team = team


def _plain(value: object) -> object:
    """Return arguments as what canonical JSON can hold; what has no such form is named by its type."""
    if is_dataclass(value) and not isinstance(value, type):
        return _plain({field.name: getattr(value, field.name) for field in fields(value)})
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            # What no JSON can hold is for the action to refuse, which comes later.
            return value.encode("utf-8", "backslashreplace").decode()
        case datetime():
            return value if value.tzinfo is not None else value.isoformat()
        case Mapping():
            return {str(_plain(str(key))): _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case os.PathLike():
            return os.fspath(value)
        case _:
            return f"<{type(value).__name__}>"


if TYPE_CHECKING:

    def _satisfies_access(ws: Workspace) -> AccessWorkspace:
        return ws

    def _satisfies_attachments(ws: Workspace) -> AttachmentWorkspace:
        return ws

    def _satisfies_capture(ws: Workspace) -> tuple[CaptureWorkspace, CaptureJobWorkspace]:
        return ws, ws

    def _satisfies_jobs(ws: Workspace) -> JobWorkspace:
        return ws

    def _satisfies_agreement(ws: Workspace) -> AgreementWorkspace:
        return ws

    def _satisfies_audit(ws: Workspace) -> AuditWorkspace:
        return ws

    def _satisfies_catalog(ws: Workspace) -> CatalogWorkspace:
        return ws

    def _satisfies_curate(ws: Workspace) -> CurateWorkspace:
        return ws

    def _satisfies_queue(ws: Workspace) -> QueueWorkspace:
        return ws

    def _satisfies_discussion(ws: Workspace) -> DiscussionWorkspace:
        return ws

    def _satisfies_evidence(ws: Workspace) -> EvidenceWorkspace:
        return ws

    def _satisfies_keys(ws: Workspace) -> KeyWorkspace:
        return ws

    def _satisfies_govern(ws: Workspace | Offline) -> GovernWorkspace:
        return ws

    def _satisfies_models(ws: Workspace) -> tuple[ModelWorkspace, ReplayWorkspace]:
        return ws, ws

    def _satisfies_investigation(ws: Workspace) -> InvestigationWorkspace:
        return ws

    def _satisfies_recoding(ws: Workspace) -> RecodingWorkspace:
        return ws

    def _satisfies_protocol(ws: Workspace | Offline) -> ProtocolWorkspace:
        return ws

    def _satisfies_protocols(ws: Workspace) -> ProtocolsWorkspace:
        return ws

    def _satisfies_understand(ws: Workspace) -> tuple[SampleWorkspace, UnderstandWorkspace]:
        return ws, ws
