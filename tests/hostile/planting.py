"""A catalog that holds the hostile texts wherever it can hold text, put there by captures and filings as people make them.

Three weeks of a log. In the first, each text is the stratum of a case and of a control beside it. The second is captured
twice: between the two, events go, change and come, so that the second run waits. The third holds rows that are no events.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa
import pyarrow.parquet as pq

from remiss import capture, safeguard
from remiss.capture import job_actions
from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.catalog import view_actions as views
from remiss.curate import discussion_actions as curate
from remiss.curate import investigation_actions as investigations
from remiss.curate import labelling_actions as labelling
from remiss.curate.annotation import BLANK
from remiss.errors import InputError
from remiss.govern import people_actions as people
from remiss.govern.ports.actor import Actor
from remiss.protocol import rubric as rubrics
from remiss.records.case import Case, Filing
from remiss.records.cluster import ClusterFigure, Clustering
from remiss.records.gate import GateVerdict
from remiss.records.investigation import Citation, CitationKind
from remiss.records.labelling import Impact, Judgement, Verdict
from remiss.records.run import Run
from remiss.understand.clusters.keeping import stored
from remiss.workspace import Workspace
from tests.hostile.strings import COUNT, hostile
from tests.stories.logs import MONDAY, WEEK

T = TypeVar("T")
TEXTS = hostile(COUNT)
# Between texts that share a place.
BETWEEN = " ¦ "
CRITERIA = ("first-third", "second-third", "last-third")
GONE, CHANGED = COUNT * 9 // 25, COUNT * 18 // 25
LISTED = -(-COUNT // 5)
NAME_BYTES = 230


@dataclass(frozen=True)
class Planted:
    """What stands in a catalog."""

    folder: Path
    first: Run
    waiting: Run
    refused: Run
    filed: Sequence[Case]
    discussed: str
    people: Sequence[str]
    files: Sequence[str]
    job: str
    gate: str
    cluster: str


# Home and the list of cases have a link to each.
VIEWS = 40


def batched(texts: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Yield so many at a time."""
    return (texts[at : at + size] for at in range(0, len(texts), size))


def together(texts: Iterable[str]) -> str:
    """Return texts as one, each in it as it is."""
    return BETWEEN.join(texts)


def packed(texts: Iterable[str], most: int, size: object = len) -> Iterator[str]:
    """Yield texts together, as many at a time as so much has room for; those that have no room alone are left out."""
    measure = size if callable(size) else len
    batch: list[str] = []
    for text in texts:
        if measure(text) > most:
            continue
        if batch and measure(together([*batch, text])) > most:
            yield together(batch)
            batch = []
        batch.append(text)
    if batch:
        yield together(batch)


def moved(by: int) -> Sequence[str]:
    """Return the texts in another order, so that no two fields of an event say the same."""
    return TEXTS[by:] + TEXTS[:by]


def quoted(text: str) -> str:
    """Return a text as a scalar of YAML in double quotes."""
    return '"' + "".join(one if one.isprintable() and one not in '"\\' else f"\\U{ord(one):08x}" for one in text) + '"'


def names(texts: Iterable[str], most: int = 200) -> list[str]:
    """Return those of the texts that a protocol takes as names, as many in one as there is room for."""
    return [each.strip() for each in packed((text for text in texts if text.isprintable() and text.strip()), most)]


def comment(text: str) -> str:
    """Return a text as a line of comments, without what no YAML may hold or what would end the line."""
    return "# " + re.sub(r"[^\t -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]", "", text)


def protocol(*, version: int = 1, name: str = "hostile", at: int = 0, source: str = "log/**/*.parquet") -> str:
    """Return a document whose every free text is hostile; `at` chooses which texts become its names."""
    thirds = [together(each) for each in batched(TEXTS, -(-COUNT // len(CRITERIA)))]
    short = names(TEXTS)
    owners = "\n".join(f"  - {quoted(owner)}" for owner in short[at : at + 20])
    rules = "\n".join(
        f'  - {{name: {each}, kind: custom, when: "confidence = {number} AND status IS NOT NULL", severity: {number},'
        f' mode: "hostile:mode-{number}", why: {quoted(why)}}}'
        for number, (each, why) in enumerate(zip(CRITERIA, thirds, strict=True), 1)
    )
    columns = ", ".join(f"odd_{number}: {quoted(identifier(column))}" for number, column in enumerate(columns_named(), 1))
    return (
        f"""\
protocol: {name}
version: {version}
about: {quoted(together(moved(version)))}
model: {quoted(short[at])}
source: {{name: {quoted(short[at + 1])}, format: parquet, uri: "{source}"}}
owners:
{owners}
fields:
  id: event
  time: at
  model_version: version
  model_digest: digest
  features: features
  output: said
  label: actual
  confidence: sure
  status: ended
  trace_id: trace
  inputs: {{given: given, {columns}}}
  context: {{place: place}}
  text: remarks
require: [id, time, output, model_version, features, trace_id, inputs.given]
criteria:
{rules}
sampling: {{window: 1 week, strata: [context.place], keep: 2, control: 2, undecided: 2, population: 2, seed: "<script>"}}
labelling: {{every: week, budget: 500, verify: {{rejected: 1}}}}
taxonomy: {quoted(TAXONOMY)}
review: {{every: week, owners: [{quoted(short[at + 2])}], quorum: 1}}
"""
        + "\n".join(comment(text) for text in moved(7 * version))
        + "\n"
    )


TAXONOMY = '"><script>pwned(0)<!-- {{ x }}.yaml'.replace("/", "")


def taxonomy() -> str:
    """Return failure modes with hostile titles, definitions and examples."""
    modes = []
    for number, texts in enumerate(batched(TEXTS, COUNT // 10), 1):
        said = quoted(together(texts))
        last = quoted(texts[-1])
        modes.append(f"  mode-{number}: {{title: {said}, definition: {last}, counts: [{last}], excludes: [{last}]}}")
    return "namespace: hostile\nversion: 1\nmodes:\n" + "\n".join(modes) + "\n"


def identifier(name: str) -> str:
    """Return a name of a column as SQL."""
    return '"' + name.replace('"', '""') + '"'


def columns_named() -> list[str]:
    """Return names of columns that are hostile themselves."""
    return [text for text in TEXTS if len(text) < 60 and "\0" not in text][:: COUNT // 12]


def row(number: int, event: str, week: int, **given: object) -> dict[str, object]:
    """Return one row of the log."""
    found: dict[str, object] = {
        "event": event,
        "at": MONDAY + week * WEEK + number * WEEK / 2000,
        "version": moved(1)[number],
        "digest": moved(2)[number],
        "features": moved(3)[number],
        "said": moved(4)[number],
        "actual": moved(5)[number],
        "sure": 1.0 + number * len(CRITERIA) // COUNT,
        "ended": moved(6)[number],
        "trace": moved(7)[number],
        "given": moved(8)[number],
        "place": TEXTS[number],
        "remarks": moved(9)[number],
    }
    return found | {name: moved(10 + at)[number] for at, name in enumerate(columns_named())} | given


def first_week() -> Iterator[dict[str, object]]:
    """Yield a case and a control for each text."""
    for number, text in enumerate(TEXTS):
        yield row(number, text, 0)
        yield row(number, f"{text} as a control", 0, sure=0.0)


def second_week(*, later: bool) -> Iterator[dict[str, object]]:
    """Yield the events of the second week, as they were and as they are later."""
    for number, text in enumerate(TEXTS):
        there = number >= GONE if later else number < CHANGED
        if there:
            other = {"actual": moved(11)[number]} if later and number < CHANGED else {}
            yield row(number, f"{text} once more", 1, **other)


def third_week() -> Iterator[dict[str, object]]:
    """Yield rows that are no events, for five reasons, and one that is."""
    missing = ("said", "version", "features", "trace", "given")
    for number, text in enumerate(TEXTS):
        yield row(number, f"{text} refused", 2, **{missing[number // LISTED]: None})
    yield row(0, "sound", 2)


def write(folder: Path, rows: Iterable[dict[str, object]], stems: Sequence[str]) -> None:
    """Write rows as so many files."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = list(rows)
    for at, stem in enumerate(stems):
        pq.write_table(pa.Table.from_pylist(listed[at :: len(stems)]), folder / f"{stem}.parquet")


def stems() -> list[str]:
    """Return names of files that hold all texts that have room in one; what stands for a folder there is another letter.

    A backslash and a letter of patterns cannot stand in one name: such a file is refused.
    """
    safe = [text.replace("/", "\u29f8") for text in TEXTS]
    straight = [text.replace("\\", "\u29f9") if set(text) & set("*?[") else text for text in safe]
    apart = ([text for text in straight if ("\\" in text) is backslash] for backslash in (False, True))
    return [f"f{each}" for texts in apart for each in packed(texts, NAME_BYTES, lambda text: len(os.fsencode(text)))]


ANSWERING = """
import json, pathlib

TEXTS = json.loads(pathlib.Path(__file__).with_name("answers.json").read_text())

def v1(rows):
    return [{"output": TEXTS[at % len(TEXTS)]} for at, _ in enumerate(rows)]

def v2(rows):
    return [{"output": TEXTS[(at + 1) % len(TEXTS)]} for at, _ in enumerate(rows)]
"""


def plant(ws: Workspace, folder: Path) -> Planted:
    """Fill a catalog."""
    documents = folder / "documents"
    documents.mkdir()
    (documents / TAXONOMY).write_text(taxonomy())
    main = documents / "hostile.yaml"
    main.write_text(protocol(source="../log/**/*.parquet"))
    write(folder / "log" / "1", first_week(), stems())
    write(folder / "log" / "2", second_week(later=False), ["all"])
    first = capture.capture(ws, str(main), since=MONDAY, until=MONDAY + WEEK)
    capture.capture(ws, str(main), since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)
    write(folder / "log" / "2", second_week(later=True), ["all"])
    waiting = capture.capture(ws, str(main), since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)
    write(folder / "log" / "3", third_week(), stems()[:5])
    refused = capture.capture(ws, str(main), since=MONDAY + 2 * WEEK, until=MONDAY + 3 * WEEK)
    for version in (1, 2):
        other = documents / "other.yaml"
        other.write_text(protocol(name="other", version=version, at=5, source="../log/2/*.parquet"))
        capture.capture(ws, str(other), since=MONDAY + WEEK, until=MONDAY + 2 * WEEK)
    filed = [catalog.file(ws, each) for each in filings()]
    for each, title in zip(filed, packed(moved(12), 300), strict=False):
        catalog.revise(ws, each.id, 1, title=title.strip(), note=together(TEXTS[:20]))
    decide(ws, catalog.show(ws, filed[-1].id))
    discuss(ws, filed[-1].id)
    for text in [text for text in TEXTS if text.isprintable() and len(text) <= 80][:VIEWS]:
        views.save_view(ws, text.strip(), "/cases?query=origin:filed")
    for number, text in enumerate(packed((text for text in TEXTS if text.isprintable()), 200)):
        people.add_person(ws, f"person-{number}", about=text.strip())
    # Under names that begin where a text does, so that what it has before its first slash is seen.
    for text in TEXTS[::10]:
        attachments.add_attachment(ws, filed[0].id, text.encode("utf-8", "replace"), name=text)
    people_named, job = label(ws), posted(ws, main)
    return Planted(
        folder, first, waiting, refused, filed, filed[-1].id, people_named, stems(), job, gate(ws, folder), alike(ws, filed)
    )


def register(folder: Path) -> Path:
    """Write two versions of a model that answer with texts, and the file that registers them; return it."""
    (folder / "answers.json").write_text(json.dumps(TEXTS))
    (folder / "answering.py").write_text(ANSWERING)
    versions = [f'  - {{name: hostile, version: "{each}", python: "answering:v{each}", path: ["{folder}"]}}' for each in (1, 2)]
    file = folder / "models.yaml"
    file.write_text("\n".join(("models:", *versions, "")))
    return file


def gate(ws: Workspace, folder: Path) -> str:
    """Have a gate decide over a suite, and somebody with a hostile name ask to waive a condition; return the decision."""
    safeguard.build_suite(ws, "hostile", "protocol:hostile", sealed=0.0)
    for version in (1, 2):
        safeguard.run(ws, "hostile", model=f"hostile@{version}")
    policy = folder / "release.yaml"
    policy.write_text("gate: release\nsuites: [hostile]\nrepeats: 1\n")
    decision = safeguard.decide(ws, str(policy), model="hostile@2", baseline="hostile@1")
    condition = next(each for each in decision.conditions if each.verdict is not GateVerdict.PASS)
    reader, ws.actor = ws.actor, Actor(name=TEXTS[0])
    safeguard.request_waiver(ws, decision.id, condition.name, reason=together(TEXTS)[:900], until=ws.now + timedelta(days=30))
    ws.actor = reader
    return decision.id


def alike(ws: Workspace, cases: Sequence[Case]) -> str:
    """Keep clusters that are named by texts; return the first. So many cases of them are not alike that some would be found."""
    said: dict[str, Any] = {"cases": len(cases), "events": 1.0, "events_low": 0.5, "events_high": 2.0, "typical": (cases[0].id,)}
    figures = tuple(
        ClusterFigure(id=f"cluster-{at}", name=", ".join(each), terms=tuple(each), **said)
        for at, each in enumerate(batched(TEXTS, len(TEXTS) // 4))
    )
    drawn = {
        "source": TEXTS[0],
        "protocol": TEXTS[1],
        "protocol_version": 1,
        "fields": tuple(TEXTS),
        "seed": 0,
        "person": TEXTS[2],
    }
    counted = {"looked_at": 1, "considered": 1, "dimensions": 1, "least": 3, "noise": 0, "position": 1}
    events = {"noise_events": 0.0, "noise_low": 0.0, "noise_high": 0.0}
    found = Clustering(id="clustering-1", query=TEXTS[3], clusters=figures, at=ws.now, **drawn, **counted, **events)
    with ws._store.writing(ws.actor, "cluster.find", ws.now, None):
        ws.clusters.save(stored(found), {each.id: "cluster-0" for each in cases})
    return "cluster-0"


def posted(ws: Workspace, protocol: Path) -> str:
    """Have somebody with a hostile name post a capture; return the job."""
    reader, ws.actor = ws.actor, Actor(name=TEXTS[0])
    job = job_actions.capture_job(ws, str(protocol), since=MONDAY, until=MONDAY + WEEK)
    ws.actor = reader
    return job.id


def discuss(ws: Workspace, case: str) -> None:
    """Say all texts about a case, once as code, which is shown letter by letter, and once as whatever Markdown makes of them.

    All of it is said to whoever looks.
    """
    investigate(ws, case)
    reader, ws.actor = ws.actor, Actor(name=TEXTS[0])
    fenced = [f"@{reader.name}\n~~~\n{each}\n~~~" for each in packed(TEXTS, 15_000)]
    plain = [f"@{reader.name}\n{each}" for each in packed(TEXTS, 2_500)]
    for text in (*plain, *fenced):
        with suppress(InputError):  # more than so many are mentioned
            curate.comment(ws, case, text)
    ws.actor = reader


def label(ws: Workspace) -> Sequence[str]:
    """Have people with hostile names label cases twice, so many by each two that there are figures; return the names."""
    reader, pairs = ws.actor, [(TEXTS[at], TEXTS[at + 1]) for at in range(0, 60, 2) if "\0" not in TEXTS[at] + TEXTS[at + 1]]
    listed = iter(catalog.search(ws, "criterion:first-third", limit=5 * len(pairs)).column("id"))
    for pair in pairs:
        for case in islice(listed, 5):
            for person, say in zip(pair, (labelling.annotate, labelling.verify), strict=True):
                ws.actor = Actor(name=person)
                say(ws, str(case), catalog.show(ws, str(case)).revision, Judgement(verdict=Verdict.NOT_A_FAILURE))
    ws.actor = reader
    return [name for pair in pairs for name in pair]


def decide(ws: Workspace, case: Case) -> None:
    """Have somebody with a hostile name annotate and somebody verify a case, with texts wherever a labelling holds some."""
    rubric = {question.id: question.answers[0].id for question in rubrics.builtin().questions}
    judgement = Judgement(
        verdict=Verdict.FAILURE,
        mode="hostile:mode-1",
        answers=rubric,
        impact=Impact(low=1, high=2, unit=next(text for text in TEXTS if "<" in text and text.isprintable() and len(text) <= 40)),
        rationale=together(text for text in TEXTS if BLANK not in text),
        quotes=tuple(text for text in (case.event.text or "").split(BETWEEN) if text.strip() and len(text) <= 2_000)[:20],
    )
    reader, revision = ws.actor, case.revision
    for name, give in ((TEXTS[0], labelling.annotate), (TEXTS[1], labelling.verify)):
        ws.actor = Actor(name=name)
        revision = give(ws, case.id, revision, judgement).revision
    ws.actor = reader


def investigate(ws: Workspace, case: str) -> None:
    """Write all texts into an investigation, as code and as whatever Markdown makes of them, and cite what may be an address."""
    fenced = [f"~~~\n{each}\n~~~" for each in packed(TEXTS, 15_000)]
    for text in (*fenced, *packed(TEXTS, 4_000)):
        investigations.write_hypothesis(ws, case, text=text)
        investigations.write_experiment(ws, case, executed=text, result=text)
        investigations.write_remediation(ws, case, text=text, result=text, model_version=text[:200].strip())
    investigations.write_up(ws, case, hypothesis=fenced[0], experiments=fenced[-1], results=fenced[0], rationale=fenced[-1])
    addresses = (text for text in TEXTS if text.isprintable() and " " not in text and "@" not in text and len(text) < 2_000)
    for some in batched(list(addresses), 20):
        cited = [Citation(kind=CitationKind.NOTEBOOK, address=each) for each in some]
        investigations.write_experiment(ws, case, executed=f"It cites {len(some)}", citations=cited)


def filings() -> Iterator[Filing]:
    """Yield what a person files: texts in every field, and in one filing all texts as names and values of what went in."""
    titles = list(packed(TEXTS, 300))
    fields = {re.sub(r'["\\\x00-\x1f]', "'", text)[:200]: text for text in TEXTS}
    for number, title in enumerate(titles):
        some = together(TEXTS[number * COUNT // len(titles) : (number + 1) * COUNT // len(titles)])
        all_of_them = number == 0
        yield Filing(
            model=some,
            at=MONDAY,
            title=title,
            note=together(TEXTS) if all_of_them else some,
            model_version=some,
            output=some,
            label=some,
            mode=f"hostile:mode-{number % 10 + 1}",
            inputs=fields if all_of_them else {"given": some},
            context=fields if all_of_them else {"place": some},
            text=together(TEXTS) if all_of_them else some,
            team=f"team-{number % 3}",
        )
