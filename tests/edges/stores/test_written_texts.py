"""What people write passes one gate: canaries in every text that an action takes, looked for in every text column there is."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Text, select

from remiss import understand
from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.catalog import evidence_actions as evidence
from remiss.catalog import view_actions as views
from remiss.contract.table import entries
from remiss.curate import discussion_actions as discussion
from remiss.curate import investigation_actions as investigation
from remiss.curate import labelling_actions as labelling
from remiss.curate import recoding_actions as recoding
from remiss.edges.stores.dialect.types import Json
from remiss.edges.stores.tables import metadata, views_metadata
from remiss.errors import InputError, RemissError
from remiss.govern import access_actions as access
from remiss.govern import people_actions as people
from remiss.records.case import Filing
from remiss.records.identity import plain
from remiss.records.investigation import Citation, CitationKind
from remiss.records.labelling import Impact, Judgement, Verdict
from remiss.records.pattern import PatternState
from remiss.safeguard import waiver_actions as safeguard
from remiss.understand import alert_actions as alerts
from tests.curate.standings import ANSWERS, WEAK
from tests.edges.stores.drawing import MONDAY
from tests.edges.stores.raising import raised
from tests.safeguard.test_attestation import decision
from tests.tables import each

DECIDED = decision()
SAID = "ask Ana.Canary@example.org, 4111+1111+1111+1111, +44.20.7946.0958 or ana%2540canary.example"
# What must be nowhere: pieces of each, as they were written.
PIECES = ("ana.canary", "4111+1111", "7946.0958", "canary.example")
# Where no mark can stand.
NAMES = ("ana.canary@example.org", "4111111111111111", "+44-20-7946-0958", "ana%40canary.example")
# Names of what is there already, or of what is to be: nothing that they do not name is taken.
NAMING = frozenset(
    {
        "alert",
        "attachment",
        "cluster",
        "case",
        "job",
        "mode",
        "modes",
        "other",
        "pattern",
        "run",
        "target",
        "thread",
        "token",
        "view",
        "clear",
        "exclude",
    }
    | {"baseline", "cases", "gate", "condition", "waiver", "suite"}
)
AS_IT_IS = {
    "person": "people may be called by their address",
    "protocol": "a path, and a document that is applied again",
    "policy": "a path, and a document of words, names and numbers that are checked",
    "purpose": "redacted where it is kept, as that of a look at evidence",
    "document": "a path; the document of scenarios is refused where it shows anything personal",
    "query": "a question, which is not kept; that of a suite is refused where it shows anything personal",
    "path": "a path; the document of a recoding is refused as a whole",
    "answers": "words of the rubric, or refused",
    "quotes": "words of redacted evidence, or refused",
    "criterion": "one of a protocol's, or refused",
    "stratum": "values of a sampled stratum, or refused",
}
REFUSED = {
    # A model is found, or none of that name is.
    *("case.replay model", "case.resolve model", "gate.decide model", "job.replay model", "replay.cases model"),
    "suite.run model",
    "case.expect expectations",
    *("slice.confirm name", "slice.confirm-exact name"),
    *(f"slice.keep {name}" for name in ("of", "only", "fields", "source")),
    "cluster.find source",
    # One of the machine's file, or none of that name is.
    *("alert.tell webhook", "alert.mail recipient"),
    # A team that the asker acts for, or refused; who acts for all has nothing told of one that is not there, and it is not kept.
    "alert.tell team",
    # An owner is one of the people, or refused; a ticket that shows anything personal is refused.
    *("pattern.name owner", "pattern.own owner", "pattern.split owner", "pattern.name team", "pattern.link ticket"),
    *("suite.build name", "suite.run scenarios"),
    *("suite.run name", "suite.ask name", "job.suite name"),
    *("suite.ask model", "suite.ask scenarios", "job.suite model", "job.suite scenarios"),
    *("suite.build within", "suite.build success"),
    "case.file inputs",
    "case.file context",
    "case.file team",
    "view.save address",
    "view.save team",
    "team.add team",
    "person.grant team",
    "person.revoke team",
} | {f"person.{way} {name}" for way in ("add", "invite") for name in ("roles", "team")}
# Columns that nothing which people write reaches, by their table. `*` is all of a table.
OF_THE_PROGRAM = {
    "audit_heads": "*",
    "bins": "*",
    "catalog_head": "*",
    "grants": "*",
    "histograms": "*",
    "prospects": "*",
    "runners": "*",
    "reservations": "*",
    "passes": "*",
    "thread_turns": "*",
    "comments": "*",
    "mentions": "*",  # names that stand in a redacted comment
    "links": "*",
    "abstentions": "*",
    "threads": "*",
    "steerings": "*",  # criteria of a protocol and values of its strata, or refused
    # What a capture files, by the protocol's redaction.
    **dict.fromkeys(
        ("runs", "run_windows", "run_changes", "refused_rows", "source_files", "groups", "cells", "samples", "profiles"), "*"
    ),
    **dict.fromkeys(("observations", "shared_windows", "unredacted_runs", "case_criteria"), "*"),
    # Documents, which are kept word for word.
    "protocols": "*",
    "former_protocol_texts": "*",
    "recodings": "*",
    "jobs": "*",
    "journal": "*",
    "views": "*",
    "events": "source_name event_id model_digest features status trace_id team_id",
    "cases": "id status origin mode suggested_mode source_name team_id",
    "case_context": "name team_id",
    "people": "name",
    "teams": "name",
    "tokens": "id person digest",
    # All but the reasons: what a decision says, and names of people.
    "waivers": "id decision gate policy_digest model model_version model_digest condition verdict"
    " requested_by approved_by closed_by team_id",
    "saved_views": "id address person team",  # an address that shows anything personal is refused
    "attachments": "*",
    "attachment_removals": "*",
    "citations": "*",
    "findings": "part state person",
    "finding_texts": "name",
    "labellings": "*",
    "labelling_texts": "quotes",
    "abstention_texts": "quotes",
    "revisions": "*",
    # A suite's name and queries, and the document of scenarios, are refused where they show anything personal; the rest is
    # counts, and words of a protocol.
    **dict.fromkeys(("suites", "scenario_sets", "gates", "sealed_runs", "results", "result_rows"), "*"),
    # What a model answered in a run that is under way, redacted as its result is.
    "run_pieces": "*",
    # Queries of slices are refused where they show anything personal; the rest is values of redacted events, and figures.
    **dict.fromkeys(("slices", "slice_attempts"), "*"),
    # The same of clusters: their names are words and values of redacted events.
    **dict.fromkeys(("clusterings", "cluster_members"), "*"),
    # A link leads to a case, or to a ticket, which is refused where it shows anything personal.
    **dict.fromkeys(("pattern_links", "pattern_subscriptions", "patterns"), "*"),
    "alert_looks": "*",  # counts, and words of a protocol
    "alert_acts": "alert team_id",
    "result_scenarios": "*",  # names of recipes, which are words
    # An expectation that shows anything personal is refused; the rest is names of models and people, and counts.
    **dict.fromkeys(("expectations", "exposures"), "*"),
    # What models answer, redacted as the case is (safeguard/replaying.py).
    **dict.fromkeys(("replays", "replay_answers", "replay_environments", "stale_cases"), "*"),
}


def test_every_text_that_an_action_takes_is_written_here_or_named():
    taken = {
        f"{entry.name} {one.name}"
        for entry in entries().values()
        if not entry.reads
        for parameter in entry.parameters
        for one in (parameter.fields if parameter.form == "record" else (parameter,))
        if "text" in {one.form, one.of} or one.form in {"pairs", "record"} or one.of in {"scalar", "record"}
    }
    left = {each for each in taken if each.partition(" ")[2] not in NAMING | AS_IT_IS.keys()}
    assert left - REFUSED == WRITTEN


# Action and text, as `written` gives them.
WRITTEN = {
    *(
        f"case.file {name}"
        for name in ("model", "model_version", "title", "note", "output", "label", "text", "inputs", "context")
    ),
    *(f"case.{way} rationale" for way in ("annotate", "verify", "adjudicate")),
    *(f"case.{way} impact" for way in ("annotate", "verify", "adjudicate")),
    *(f"case.revise {name}" for name in ("title", "note")),
    *(f"write-up.write {name}" for name in ("hypothesis", "experiments", "results", "rationale")),
    *(f"experiment.write {name}" for name in ("executed", "result", "citations")),
    *(f"remediation.write {name}" for name in ("text", "result", "model_version", "citations")),
    *("alert.acknowledge note", "alert.snooze note"),
    *("pattern.name name", "pattern.name about", "pattern.describe name", "pattern.describe about"),
    *("pattern.mark note", "pattern.split name", "pattern.split about"),
    *("hypothesis.write text", "case.comment text", "case.reopen reason", "attachment.add name"),
    *("view.save name", "view.rename name", "waiver.request reason", "waiver.close reason"),
    *("person.add about", "person.invite about", "team.add about", "token.create about", "token.link about"),
} - REFUSED


@pytest.fixture
def written(ws, ws_as):
    """A catalog in which everything that may be said was said with canaries."""
    filing = Filing(
        model=SAID,
        at=MONDAY,
        model_version=SAID,
        title=SAID,
        note=SAID,
        output=SAID,
        label=SAID,
        inputs={"a": SAID},
        context={"b": SAID},
        text=SAID,
    )
    case = catalog.file(ws, filing).id
    catalog.revise(ws, case, 1, title=f"again {SAID}", note=f"again {SAID}")
    fails = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, rationale=SAID)
    unsure = Judgement(verdict=Verdict.CANNOT_TELL, rationale=SAID)
    ana, bo, cy = (ws_as(name, role=role) for name, role in (("ana", "verifier"), ("bo", "verifier"), ("cy", "curator")))
    labelling.annotate(ana, case, 2, unsure)
    labelling.annotate(bo, case, 2, fails)
    labelling.verify(ana, case, 3, Judgement(verdict=Verdict.NOT_A_FAILURE, rationale=SAID))
    labelling.adjudicate(cy, case, 4, fails)
    labelling.reopen(cy, case, 5, SAID)
    discussion.comment(ws, case, SAID)
    investigation.write_hypothesis(ws, case, text=SAID)
    investigation.write_experiment(ws, case, executed=SAID, result=SAID)
    investigation.write_remediation(ws, case, text=SAID, result=SAID, model_version=SAID[:120])
    investigation.write_up(ws, case, hypothesis=SAID, experiments=SAID, results=SAID, rationale=SAID)
    attachments.add_attachment(ws, case, b"\x00", name=f"{SAID}.txt")
    people.add_person(ws, "dora", about=SAID)
    people.add_team(ws, "arrivals", about=SAID)
    access.invite_person(ws, "eva", about=SAID, roles=["reader"])
    access.create_token(ws, "dora", about=SAID)
    access.link_token(ws, "dora", about=SAID)
    views.save_view(ws, "ask ana.canary@example.org", "/cases?query=severity:1")
    with ws._store.writing(ws.actor, "gate.decide", ws.now, None):
        ws.gates.save(replace(DECIDED, position=ws.gates.wait()), json.dumps(plain(asdict(DECIDED))))
    waiver = safeguard.request_waiver(ws, DECIDED.id, "guard", reason=SAID, until=ws.now + timedelta(days=1))
    safeguard.close_waiver(ws, waiver.id, 1, reason=SAID)
    raised(ws)
    [alert] = alerts.list_alerts(ws).alerts
    alerts.acknowledge_alert(ws, alert.id, note=SAID)
    alerts.snooze_alert(ws, alert.id, until=ws.now + timedelta(days=1), note=SAID)
    named = understand.name_pattern(ws, "ask ana.canary@example.org", "severity:1", about=SAID)
    understand.describe_pattern(ws, named.id, 1, name="or ana%2540canary.example", about=f"again {SAID}")
    understand.mark_pattern(ws, named.id, 2, PatternState.CONFIRMED, note=SAID)
    understand.split_pattern(ws, named.id, 3, "severity:2", name="ask ana.canary@example.org", about=SAID)
    catalog.show(ws, case)
    for look in (lambda: evidence.show_evidence(ws, case, SAID), lambda: catalog.show(ws, NAMES[0])):
        with pytest.raises(RemissError):
            look()
    return ws, case


def test_nothing_personal_that_people_write_is_kept(written, tmp_path):
    ws, _ = written
    rows = {}
    for known, reading in ((metadata, ws._store.engine.connect()), (views_metadata, ws._store.views.reading())):
        with reading as connection:
            rows |= {table: [dict(row._mapping) for row in connection.execute(select(table))] for table in known.sorted_tables}
    kept = {
        f"{table.name}.{name}": str(value).lower()
        for table, found in rows.items()
        for row in found
        for name, value in row.items()
    }
    for piece in PIECES:
        assert [column for column, value in kept.items() if piece in value] == []
    for file in Path(tmp_path).rglob("*"):
        if file.is_file():
            assert not any(piece.encode() in file.read_bytes().lower() for piece in PIECES), file
    reached = {
        f"{table.name}.{column.name}"
        for table, found in rows.items()
        for column in table.columns
        if any("email" in str(row[column.name]) for row in found)
    }
    of_text = {
        f"{table.name}.{column.name}"
        for table in rows
        for column in table.columns
        if isinstance(column.type, Text | Json) and not _of_the_program(table.name, column.name)
    }
    assert reached == of_text


def _of_the_program(table, column):
    known = OF_THE_PROGRAM.get(table, "")
    return known == "*" or column in known.split()


@each("name", NAMES)
@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_where_no_mark_can_stand_a_name_is_refused(ws, tmp_path, name):
    path = tmp_path / "recoding.yaml"
    path.write_text(f"recode: better\nabout: 'ask {name}'\nmoves:\n  - {{rename: '{WEAK}', to: 'remiss:model/weak'}}\n")
    case = catalog.file(ws, Filing(model="m", at=MONDAY, title="The board lied")).id
    told = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS, impact=Impact(low=1, high=2, unit=name))
    cited = [Citation(kind=CitationKind.TICKET, address=name)]
    for act in (
        lambda: catalog.file(ws, Filing(model="m", at=MONDAY, title="t", inputs={name: 1})),
        lambda: catalog.file(ws, Filing(model="m", at=MONDAY, title="t", context={name: 1})),
        lambda: labelling.annotate(ws, case, 1, told),
        lambda: investigation.write_experiment(ws, case, executed="again", citations=cited),
        lambda: people.add_team(ws, name.lower()),
        lambda: understand.name_pattern(ws, "a name", f'context.a:"{name}"'),
        lambda: recoding.recode(ws, str(path)),
    ):
        with pytest.raises(InputError) as refused:
            act()
        assert "personal data" in str(refused.value)
        assert name not in str(refused.value)
