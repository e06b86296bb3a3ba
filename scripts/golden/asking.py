"""Recording commands: what each prints in every format, how it ends, and what it asks of the database."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from scripts.golden.databases import Place
from scripts.golden.driving import Answer, formats, run, walk
from scripts.golden.making import Made
from scripts.golden.masking import masked, masked_value
from scripts.golden.questions import READS, REFUSED, WRITES, Question
from scripts.golden.record import Record, body
from scripts.golden.serving import Served
from scripts.golden.statements import Seen

# Who asks through a server what the operator asks of the database itself.
FROM_AFAR = "ada"


def helps(record: Record, folder: Path) -> None:
    """Record the help of every command, and the schema of everything that has one."""
    for path, text in walk(folder):
        record.put(f"all/help/{' '.join(('remiss', *path))}", text.splitlines())
    for name in run(["schema"], folder=folder, environment={}).out.split():
        record.put(f"all/schema/{name}", body(run(["schema", name], folder=folder, environment={}).out))


def reads(record: Record, made: Made, take: Callable[[], Seen]) -> None:
    """Record what commands answer that change nothing, and what commands say that are refused."""
    # What was looked at is in the log of views: whoever reads that comes first.
    for name, *words in sorted(READS, key=lambda question: not question[0].startswith("audit.")):
        for shape in shapes(made, words):
            take()
            _put(record, made, f"command/{name}/{shape}", made.attempt(*_shaped(words, shape)))
            if shape in {"json", "only"}:
                _issued(record, made.place, name, take())
    for name, *words in REFUSED:
        _put(record, made, f"refused/{name}/table", made.attempt(*words))
        if shapes(made, words) != ("only",):
            _put(record, made, f"refused/{name}/json", made.attempt(*words, "--format", "json"))


def from_afar(record: Record, made: Made, there: Served) -> None:
    """Record what the same commands answer to somebody who reaches the catalog through its server."""
    for name, *words in READS:
        shape = "json" if "json" in shapes(made, words) else "only"
        _put(record, made, f"afar/{name}/{shape}", made.as_person(FROM_AFAR, there, *_shaped(words, shape)))


def writes(record: Record, made: Made, take: Callable[[], Seen]) -> None:
    """Record what commands answer that write, and what a case and the catalog are afterwards; each on a copy of its own."""
    for name, *words in WRITES:
        for shape in shapes(made, words):
            copy = made.place.copied(f"{made.place.folder.name}_copy")
            take()
            answer = made.attempt(*_shaped(words, shape), where=copy)
            seen = take()
            value = _value(answer, made, copy.masks, name)
            if shape in {"json", "only"}:
                value["then"] = _value(made.attempt("catalog", "info", "--format", "json", where=copy), made, copy.masks, "")
                _issued(record, copy, name, seen)
            record.put(f"{made.place.database}/written/{name}/{shape}", value)
            copy.removed()


def _issued(record: Record, place: Place, name: str, seen: Seen) -> None:
    """Record what a command asked of the database, as figures, and what it had the engine run, as it is."""
    record.put(f"{place.database}/asked/command {name}", seen.figures)
    if seen.scans:
        scans = [line for scan in seen.scans for line in (*masked(scan, place.masks).splitlines(), "")]
        record.put(f"{place.database}/scan/{name}", scans)


def shapes(made: Made, words: Sequence[str]) -> tuple[str, ...]:
    """Return the formats of a command; `only` when it has but one."""
    said = list(made.translate(words))
    for length in range(len(said), 0, -1):
        path = tuple(said[:length])
        if all(word.replace("-", "").isalpha() and word.islower() for word in path) and (found := formats(path)):
            return found
    return ("only",)


def _shaped(words: Sequence[str], shape: str) -> Question:
    return (*words, *(() if shape == "only" else ("--format", shape)))


def _put(record: Record, made: Made, address: str, answer: Answer) -> None:
    record.put(f"{made.place.database}/{address}", _value(answer, made, made.place.masks, address.partition("/")[2]))


def _value(answer: Answer, made: Made, masks: dict[str, str], name: str) -> dict[str, Any]:
    sealed = name.startswith("audit.")
    out = masked_value(body(answer.out), masks, sealed=sealed)
    return {"status": answer.status, "out": out, "err": masked(answer.err, masks, sealed=sealed).splitlines()}
