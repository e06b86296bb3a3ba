"""Whatever takes a query, a document, a filing or ids tells nothing of a case that the asker may not see.

Two catalogs are alike, but that in one there are such cases: one too secret, and one of another team. Which actions take such
things is asked of the table of actions, so that a new one that does has to be asked here as well.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

import pytest

import remiss
from remiss.catalog import actions as catalog
from remiss.codec import to_json
from remiss.contract.table import Entry, entries, function_of
from remiss.curate import labelling_actions as labelling
from remiss.errors import RemissError
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Filing, Sensitivity
from remiss.records.identity import canonical, case_id
from remiss.records.investigation import Citation, CitationKind
from remiss.records.labelling import Judgement, Verdict
from remiss.records.person import Grant, Person
from tests.curate.standings import ANSWERS, NOISE, WEAK
from tests.edges.stores.drawing import MONDAY, drawn, file, member
from tests.faces.http.test_nothing_tells import difference
from tests.stories.logs import PROTOCOL

LATENCY = "remiss:system/latency"
SECRET = Filing(
    model="zebra-model",
    model_version="zebra-7",
    at=MONDAY,
    title="Zebras on the runway",
    note="a herd",
    mode=WEAK,
    severity=1,
    output="zebra-early",
    label="zebra-late",
    inputs={"distance": 777, "zebra": "yes"},
    context={"airport": "ZRH", "zebra": "yes"},
    text="The tower said zebras",
    sensitivity=Sensitivity.SECRET,
)
ELSEWHERE = replace(SECRET, team="boarding", sensitivity=Sensitivity.INTERNAL, title="Zebras at the gate")
GUESSES = (
    "",
    "zebras",
    '"said zebras"',
    "title:Zebra*",
    "has:title",
    "model:zebra-model",
    "model_version:zebra-7",
    "inputs.distance:777",
    "inputs.zebra:yes",
    "has:inputs.zebra",
    "context.airport:ZRH",
    "context.zebra:*",
    "output:zebra-early",
    "label:zebra-late",
    "severity:1",
    "severity:>=1",
    f"mode:{WEAK}",
    "origin:filed",
    "status:candidate",
    "status:annotated",
    "revision:>=1",
    "occurred:2013-06-03",
    "-has:criterion",
)
FIELDS = ("status", "mode", "severity", "origin", "team", "model", "model_version", "output", "label", "sensitivity")
FAILS = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS)
SLOW = tuple(case_id("arrivals", f"e{number}") for number in range(3))
# What differs between any two catalogs: random ids, times, how many positions there were, and tokens of pages, which tell that.
APART = re.compile(
    r'\d{4}-\d\d-\d\dT[\d:.]+Z|(job|replays|pattern)-\w+|"(read_)?position(_from|_to)?":\d+|position \d+|"next":"[\w.-]+"'
)


ROLES = (("curator", "*"), ("steward", "default"), ("curator", "default"))


def takes(entry: Entry) -> bool:
    """Whether an action takes a query, a document, a record or a list."""
    many = {"many", "record", "pairs"}
    return bool(entry.document) or any(each.form in many or "filter language" in each.help for each in entry.parameters)


class Questions:
    """What each action is asked with; `unseen` are the ids of the cases that only one of the catalogs has.

    What each guess is asked with besides, as the order of a list, is asked in turn; where it is `whole`, all of it of each guess.
    """

    def __init__(self, folder: Any, unseen: tuple[str, ...], *, whole: bool) -> None:
        self._folder, self._unseen, self._whole = folder, unseen, whole

    def _each(self, guesses: Iterable[str], ways: Sequence[Any]) -> Iterator[tuple[str, Any]]:
        """Yield each guess with each way to ask it, or with one of them in turn."""
        for number, guess in enumerate(guesses):
            yield from ((guess, way) for way in (ways if self._whole else [ways[number % len(ways)]]))

    def document(self, text: str) -> str:
        path = self._folder / "document.yaml"
        path.write_text(text)
        return str(path)

    def of(self, name: str) -> Iterator[Mapping[str, Any]]:
        yield from getattr(self, name.replace(".", "_").replace("-", "_"))()

    def agreement_show(self) -> Iterator[Mapping[str, Any]]:
        yield from ({"query": guess} for guess in GUESSES)

    def case_search(self) -> Iterator[Mapping[str, Any]]:
        guesses = (*GUESSES, *(f"id:{each}" for each in self._unseen), *(f"id:{each[:7]}*" for each in self._unseen))
        for guess, sort in self._each(guesses, ("occurred", "-severity", "filed")):
            yield {"query": guess, "sort": sort, "limit": 2}

    def case_facets(self) -> Iterator[Mapping[str, Any]]:
        yield from ({"query": guess} for guess in GUESSES)
        yield from ({"query": guess, "fields": FIELDS} for guess in ("", "zebras"))
        yield {"fields": ("inputs.zebra", "context.zebra", "context.airport")}

    def estimate(self) -> Iterator[Mapping[str, Any]]:
        for guess in GUESSES:
            yield {"query": guess}
            yield {"query": guess, "confirmed": True}
            yield {"query": "criterion:slow", "rate": True, "of": guess}
        yield from ({"by": by} for by in ("context.airport", "context.zebra", "model_version", "criterion"))
        yield from ({"confirmed": True, "by": by} for by in ("mode", "severity"))

    def estimate_exact(self) -> Iterator[Mapping[str, Any]]:
        yield from ({"query": guess} for guess in GUESSES[:3])

    def chart_drift(self) -> Iterator[Mapping[str, Any]]:
        for guess in GUESSES:
            yield {"query": guess}
            yield {"query": "context.airport:EWR", "reference": guess}
        yield from ({"fields": name} for name in ("context.zebra", "inputs.zebra"))

    def chart_heatmap(self) -> Iterator[Mapping[str, Any]]:
        for guess in GUESSES:
            yield {"rows": "criterion", "columns": "context.airport", "query": guess}
            yield {"rows": "context.airport", "columns": "model_version", "query": "criterion:slow", "of": guess}
        for name in ("context.zebra", "inputs.zebra", "inputs.carrier"):
            yield {"rows": name, "columns": "output", "query": "criterion:slow", "measure": "total"}

    def chart_change(self) -> Iterator[Mapping[str, Any]]:
        for guess in GUESSES:
            yield {"query": f"criterion:slow {guess}", "by": "inputs.carrier"}
            yield {"query": "criterion:slow", "by": "context.airport", "reference": guess}
        yield from ({"query": "criterion:slow", "by": name} for name in ("context.zebra", "inputs.zebra"))

    def cluster_find(self) -> Iterator[Mapping[str, Any]]:
        yield from ({"query": f"criterion:slow {guess}"} for guess in GUESSES[:3])

    def slice_find(self) -> Iterator[Mapping[str, Any]]:
        for guess in GUESSES:
            yield {"query": f"criterion:slow {guess}"}
            yield {"query": "criterion:slow", "of": guess, "fields": "context.airport"}
        yield from ({"query": "criterion:slow", "fields": name} for name in ("context.zebra", "inputs.zebra"))

    def slice_keep(self) -> Iterator[Mapping[str, Any]]:
        for guess in GUESSES[:3]:
            yield {"query": f"criterion:slow {guess}"}
            yield {"query": "criterion:slow", "only": guess}

    def pattern_name(self) -> Iterator[Mapping[str, Any]]:
        guesses = (*GUESSES[1:], *(f"id:{each}" for each in self._unseen))
        yield from ({"name": f"pattern {number}", "query": guess} for number, guess in enumerate(guesses))

    def pattern_split(self) -> Iterator[Mapping[str, Any]]:
        for number, guess in enumerate(GUESSES[:3]):
            yield {"pattern": "pattern 0", "revision": 1, "query": guess, "name": f"part {number}"}

    def sample_list(self) -> Iterator[Mapping[str, Any]]:
        for guess, limit in self._each((*GUESSES, "group:*", *(f"id:{each}" for each in self._unseen)), (1, 50)):
            yield {"query": guess, "limit": limit}

    sample_export = sample_list

    def suite_build(self) -> Iterator[Mapping[str, Any]]:
        guesses = (*GUESSES, *(f"id:{each}" for each in self._unseen))
        for guess, within in self._each(guesses, (False, True)):
            yield {"name": "zebras", **({"query": "", "within": guess} if within else {"query": guess})}
        yield from ({"name": "zebras", "query": "", "within": f"id:{each}"} for each in self._unseen)

    def gate_decide(self) -> Iterator[Mapping[str, Any]]:
        policy = f"gate: zebras\nsuites: {list(self._unseen)}\n"
        yield {"policy": policy, "model": "delay@1", "baseline": "delay@1"}

    def scenario_make(self) -> Iterator[Mapping[str, Any]]:
        parents = '{slice: {inputs.zebra: ["yes"]}}'
        recipe = f"{{name: zebras, parents: {parents}, apply: [{{operator: missing, field: zebra}}], expect: invariance}}"
        for suite in (*self._unseen, "zebras"):
            yield {"suite": suite, "document": f"scenarios: zebras\nrecipes: [{recipe}]\n"}

    def model_check(self) -> Iterator[Mapping[str, Any]]:
        yield from ({"model": each, "row": {"id": each}} for each in self._unseen)

    def case_notebook(self) -> Iterator[Mapping[str, Any]]:
        yield from (
            {"query": each, "model": "delay@1"} for each in (*GUESSES, *self._unseen, *(each[:7] for each in self._unseen))
        )

    def job_replay(self) -> Iterator[Mapping[str, Any]]:
        yield from ({"query": guess, "model": "delay@1"} for guess in GUESSES)

    def replay_cases(self) -> Iterator[Mapping[str, Any]]:
        yield from ({"cases": each, "model": "delay@1"} for each in (self._unseen, (*SLOW, *self._unseen)))

    def person_add(self) -> Iterator[Mapping[str, Any]]:
        yield {"person": "cy", "roles": ("reader",)}

    person_invite = person_add

    def _recodings(self, name: str) -> Iterator[str]:
        """Yield documents that rename a mode, and that split it by each guess, to another mode or back where it does not hold."""
        head = f"recode: {name}NUMBER\nabout: why\nmoves:\n"
        yield f'{head}  - {{rename: "{WEAK}", to: "{NOISE}"}}\n'
        for guess, otherwise in self._each(GUESSES[1:], (LATENCY, "relabel")):
            into = f"[{{to: '{NOISE}', when: '{guess}'}}]"
            yield f"{head}  - {{split: '{WEAK}', into: {into}, otherwise: '{otherwise}'}}\n"

    def taxonomy_rehearse(self) -> Iterator[Mapping[str, Any]]:
        yield from ({"path": self.document(each.replace("NUMBER", "1"))} for each in self._recodings("try"))

    def taxonomy_recode(self) -> Iterator[Mapping[str, Any]]:
        for number, each in enumerate(self._recodings("do")):
            yield {"path": self.document(each.replace("NUMBER", str(number)))}

    def protocol_check(self) -> Iterator[Mapping[str, Any]]:
        yield {"path": self.document(PROTOCOL)}
        yield {"path": self.document(PROTOCOL.replace("model: arrival-delay", "model: zebra-model"))}

    capture_plan = capture_due = capture = job_capture = lambda self: (
        {"protocol": each["path"]} for each in self.protocol_check()
    )

    def case_duplicates(self) -> Iterator[Mapping[str, Any]]:
        yield from ({"filing": each} for each in (SECRET, replace(SECRET, sensitivity=Sensitivity.INTERNAL), ELSEWHERE))

    case_file = case_duplicates

    def labelling(self) -> Iterator[Mapping[str, Any]]:
        same = Judgement(verdict=Verdict.SAME_EVENT)
        for each in self._unseen:
            yield {"case": SLOW[1], "revision": 1, "judgement": replace(same, target=each)}
            yield {"case": each, "revision": 1, "judgement": FAILS}

    case_annotate = case_verify = case_adjudicate = labelling

    def case_expect(self) -> Iterator[Mapping[str, Any]]:
        for each in self._unseen:
            yield {"case": each, "revision": 1, "expectations": ("equals late",)}
            yield {"case": SLOW[0], "revision": 1, "expectations": (f"criterion-not-met {each}",)}

    def case_revise(self) -> Iterator[Mapping[str, Any]]:
        yield from ({"case": each, "revision": 1, "clear": ("note",)} for each in self._unseen)

    def writing(self) -> Iterator[Mapping[str, Any]]:
        for each in self._unseen:
            yield {"case": each, "citations": [Citation(kind=CitationKind.TICKET, address="REM-17")]}
            yield {"case": SLOW[0], "citations": [Citation(kind=CitationKind.TICKET, address=each)]}

    experiment_write = remediation_write = writing

    def queue_open(self) -> Iterator[Mapping[str, Any]]:
        for name in ("arrival-delay", "zebras"):
            for more in ({}, {"criterion": "slow"}, {"criterion": "zebras"}, {"stratum": ("context.zebra=yes",)}):
                yield from ({"protocol": name, "revision": revision, **more} for revision in (1, 2))

    queue_close = queue_open

    def queue_next(self) -> Iterator[Mapping[str, Any]]:
        yield {"exclude": self._unseen}
        yield {"exclude": (*SLOW, *self._unseen)}
        yield {"stratum": ("context.zebra=yes",), "period": MONDAY}

    def queue_pass(self) -> Iterator[Mapping[str, Any]]:
        yield from ({"case": each} for each in (*SLOW, *self._unseen))
        yield {"case": SLOW[0], "stratum": ("context.zebra=yes",), "period": MONDAY}


def told(template: Any, folder: Any, *, there: bool, role: str, team: str, whole: bool) -> dict[str, str]:
    """Return what somebody is answered by each action that takes such things, in a catalog with or without the cases."""
    folder.mkdir()
    shutil.copy(template, folder / "remiss.db")
    kept = {"REMISS_KEYS": str(folder / "keys"), "REMISS_VAULT": str(folder / "vault")}
    (folder / "models.yaml").write_text("models: [{name: delay, version: '1', python: 'delays:predict'}]\n")
    (folder / "delays.py").write_text("predict = list\n")
    with remiss.open(f"sqlite:///{folder / 'remiss.db'}", environment=kept) as ws:
        file(ws, drawn([member(number, met=["slow"]) for number in range(3)]), run="run-a0000000")
        catalog.file(ws, Filing(model="arrival-delay", at=MONDAY, title="Wrong gate", mode=WEAK))
        if there:
            level = Sensitivity.RESTRICTED if team == "*" else Sensitivity.INTERNAL
            unseen = tuple(catalog.file(ws, each).id for each in (SECRET, replace(ELSEWHERE, sensitivity=level)))
            labelling.annotate(ws, unseen[0], 1, FAILS)
            (folder / "unseen").write_text(" ".join(unseen))
        unseen = tuple((folder.parent / "with" / "unseen").read_text().split())
        person = Person(name="bo", grants=(Grant(role=role, team=team, clearance=Sensitivity.INTERNAL),))
        bo = ws.serving("as-bo", actor=actor_of(person), authority=Granted(person))
        questions, found = Questions(folder, unseen, whole=whole), {}
        # What writes is asked last, for it changes what there is.
        for entry in sorted(entries().values(), key=lambda each: not each.reads):
            if takes(entry):
                for number, given in enumerate(questions.of(entry.name)):
                    asked = f"{entry.name} {number} {given}".replace(str(folder), "")
                    found[asked] = answered(bo, entry.name, given).replace(str(folder), "")
        return found


def answered(ws: Any, name: str, given: Mapping[str, Any]) -> str:
    try:
        said = canonical(to_json(function_of(name)(ws, **given)))
    except RemissError as error:
        said = f"{type(error).__name__}: {error} {error.do}".encode()
    return APART.sub("", said.decode())


def test_every_action_that_takes_a_query_a_document_a_record_or_ids_is_asked_here(tmp_path):
    asked = {each.replace("_", ".") for each in vars(Questions) if not each.startswith("_")}
    taking = {each.name.replace("-", ".") for each in entries().values() if takes(each)}
    assert taking <= asked
    assert asked - taking == {"document", "of", "labelling", "writing"}


@pytest.mark.slow(reason="every action that takes a query is asked dozens of them, of two catalogs")
@pytest.mark.parametrize(
    ("role", "team", "whole"),
    [
        ("curator", "*", False),
        ("steward", "default", False),
        *(pytest.param(*each, True, marks=pytest.mark.soak) for each in ROLES),
    ],
)
def test_no_action_tells_a_case_that_the_asker_may_not_see_from_one_that_is_not_there(
    sqlite_template, tmp_path, role, team, whole
):
    given = {"role": role, "team": team, "whole": whole}
    answers = [told(sqlite_template, tmp_path / name, there=name == "with", **given) for name in ("with", "without")]
    having, lacking = answers
    assert having.keys() == lacking.keys()
    differing = [difference(asked, having[asked], lacking[asked]) for asked in having if having[asked] != lacking[asked]]
    assert not differing, "\n".join(differing)
    assert sum(not re.match(r"\w+: ", each) for each in having.values()) > 100
