"""A notebook for cases: what a model got and what the log has of each, and code that asks it again and shows the difference.

All that comes from cases lies in one cell, as JSON in base64: letters of an alphabet that ends no text and begins no code. Code
and prose are the same in every notebook, so nothing that a case says can become either.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Annotated, Any

from remiss.action import action
from remiss.errors import InputError
from remiss.parameters import Help, Range
from remiss.records.case import Case
from remiss.records.identity import format_time
from remiss.records.model import row_of
from remiss.records.replay import CaseNotebook
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.safeguard.model_actions import REPLAY, AskedModel
from remiss.safeguard.ports import ReplayWorkspace
from remiss.safeguard.replay_jobs import found_by

MOST_CASES = 500
# What could be an id is one; all else is a query.
COULD_BE_AN_ID = re.compile(r"[0-9a-tv-z-]{6,14}", re.ASCII | re.IGNORECASE)
Asked = Annotated[str, Help("The id of a case, or a query in the filter language.")]

TITLE = """# Cases on a model again

The next cell holds what to ask and where: fill in a purpose if the model gets raw events. Then come the cases as the catalog had
them when this notebook was written. The last cells ask the model about each and set its answer beside the log's. That needs the
catalog, and the right to replay its cases; what comes of it is kept there.
"""
PARAMETERS = """CATALOG = None  # the catalog's path or address; None is REMISS_CATALOG, or ./remiss.db
MODEL = None  # another model than the one below, as NAME@VERSION
PURPOSE = None  # what raw events are needed for, where the model gets them
"""
DATA = """import base64
import json

DATA = json.loads(base64.b64decode("{data}"))
print(len(DATA["cases"]), "cases of", DATA["total"], "for", MODEL or DATA["model"])
"""
CASES = """from remiss.records.rows import Rows


def text(value):
    return value if value is None or isinstance(value, (str, int, float)) else json.dumps(value, ensure_ascii=False)


names = sorted({name for case in DATA["cases"] for name in case["inputs"]})
logged = [
    (case["case"], case["model"], case["model_version"], text(case["output"]), case["confidence"])
    + tuple(text(case["inputs"].get(name)) for name in names)
    for case in DATA["cases"]
]
columns = ("case", "model", "version", "output", "confidence", *("inputs." + name for name in names))
Rows("notebook", columns, tuple(logged), 0)
"""
REPLAYS = """import remiss
from remiss import safeguard

replays = []
with remiss.open(CATALOG) as catalog:
    for case in DATA["cases"]:
        replays.append(safeguard.replay(catalog, case["case"], model=MODEL or DATA["model"], purpose=PURPOSE))
"""
DIFFERENCE = """def line(found):
    answer, trouble = found.answer, found.answer and found.answer.trouble
    return (
        found.case,
        found.grade and found.grade.value,
        text(found.logged.output),
        None if answer is None else text(answer.output),
        found.logged.confidence,
        answer and answer.confidence,
        answer and answer.latency_ms,
        ", ".join(cause.value for cause in found.causes),
        trouble and trouble.message,
    )


columns = ("case", "grade", "logged", "answered", "confidence logged", "confidence", "latency, ms", "causes", "trouble")
Rows("notebook", columns, tuple(map(line, replays)), 0)
"""


def _taken(ws: ReplayWorkspace, _: Mapping[str, Any], found: CaseNotebook) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.LIST, position=found.position, ids=found.cases, count=len(found.cases)),)


@action("case.notebook", permission=REPLAY, http="GET /cases/notebook", reads=True, snapshot=False, views=_taken)
def notebook(
    ws: ReplayWorkspace,
    query: Asked,
    *,
    model: AskedModel,
    limit: Annotated[int, Range(1, MOST_CASES), Help("How many cases at most.")] = 100,
) -> CaseNotebook:
    """Write a notebook that replays a case, or what QUERY finds.

    It asks MODEL about the case, or about the newest that match, and shows the difference.

    It holds the inputs and logged answers of the cases, redacted as in the catalog. When it is run it opens the catalog, replays
    each case and sets both answers side by side.

    Example: remiss case notebook 'status:verified' --model arrival-delay@2 --out late.ipynb

    Raises
    ------
    NotFound, Ambiguous : no such case, no such model, or several; QueryError : the query cannot be understood
    InputError : no case matches
    """
    specification = ws.models.find(model)
    with ws.reading():
        position = ws.position()
        if COULD_BE_AN_ID.fullmatch(query):
            cases, total = [ws.cases.get(query, None)], 1
        else:
            total, ids = found_by(ws, query)
            cases = [ws.cases.get(each, None) for each in islice(ids, limit)]
        for team in sorted({each.team for each in cases}):
            ws.allow(REPLAY, team)
    if not cases:
        raise InputError("no case matches the query", do="try it with: remiss case search", field="query")
    named = str(specification) if specification.version else model
    data = {"model": named, "total": total, "cases": [_told(each) for each in cases]}
    return CaseNotebook(content=content_of(data), cases=tuple(each.id for each in cases), total=total, position=position)


def _told(case: Case) -> dict[str, object]:
    event = case.event
    output = format_time(event.output) if isinstance(event.output, datetime) else event.output
    return {
        "case": case.id,
        "model": event.model,
        "model_version": event.model_version,
        "output": output,
        "confidence": event.confidence,
        "inputs": row_of(event.inputs),
    }


_as_json = partial(json.dumps, sort_keys=True, allow_nan=False)


def content_of(data: Mapping[str, object]) -> str:
    r"""Return a notebook (format 4.5) with data in it.

    >>> '"); import os' in content_of({"cases": ['"); import os']})
    False
    """
    packed = base64.b64encode(_as_json(data).encode()).decode()
    cells = [
        _cell("about", TITLE, "markdown"),
        _cell("parameters", PARAMETERS, tags=["parameters"]),
        _cell("data", DATA.replace("{data}", packed)),
        *(_cell(name, code) for name, code in (("cases", CASES), ("replays", REPLAYS), ("difference", DIFFERENCE))),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    whole = {"cells": cells, "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(whole, indent=1) + "\n"


def _cell(name: str, source: str, kind: str = "code", tags: Sequence[str] = ()) -> dict[str, object]:
    metadata = {"tags": [*tags]} if tags else {}
    run: dict[str, object] = {"execution_count": None, "outputs": []} if kind == "code" else {}
    return {"cell_type": kind, "id": name, "metadata": metadata, "source": source.rstrip("\n").splitlines(keepends=True), **run}
