"""How a record's catalog comes to be: by commands, as the operator and as people with tokens of their own.

What is done is a story of two models: two captures, people in two teams, labelling off the queue, disputes and how they end,
talk, an investigation, files, a link, cases filed by hand. It is the same each time, for who says what follows from the ids.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from scripts.golden import inputs
from scripts.golden.databases import Place
from scripts.golden.driving import Answer, run
from scripts.golden.fixing import put_key
from scripts.golden.renames import Rename, translation
from scripts.golden.serving import Served, served

CASE = re.compile(r"\b[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{4}-[0-9a-hjkmnp-tv-z]{4}\b")
RUN = re.compile(r"\brun-[0-9a-z]{8,}\b")
THREAD = re.compile(r"\bthread-[0-9a-z]{12}\b")
ATTACHMENT = re.compile(r"\battachment-[0-9a-z]{12}\b")
TOKEN_TEXT = re.compile(r"\bremiss_[0-9a-z]{12}_[0-9A-Za-z_-]+")
# Who is there: their roles as ROLE, TEAM, CLEARANCE. Zoe is of another team and sees little; Nil was granted nothing.
PEOPLE: dict[str, tuple[tuple[str, str, str], ...]] = {
    "nil": (),
    "ray": (("reader", "arrivals", "internal"),),
    "zoe": (("curator", "boarding", "public"),),
    "stella": (("steward", "arrivals", "internal"), ("steward", "default", "internal")),
    "ana": (("annotator", "arrivals", "internal"), ("annotator", "default", "internal")),
    "bo": (("verifier", "arrivals", "internal"), ("verifier", "default", "internal")),
    "chen": (("curator", "arrivals", "restricted"), ("curator", "default", "restricted")),
    "ada": (("admin", "*", "secret"),),
}
RUBRIC = {
    "harm": ("none", "annoyance", "loss"),
    "reach": ("one", "few", "slice"),
    "detection": ("at-once", "late", "never"),
    "recovery": ("itself", "effort"),
}
MODES = ("remiss:model/weak-slice", "remiss:model/error", "remiss:system/latency", "remiss:data/label-noise")
ANNOTATIONS, VERIFICATIONS, ADJUDICATIONS = 44, 26, 3


@dataclass
class Made:
    """A catalog and the names of what is in it, by which it is asked."""

    place: Place
    renames: Sequence[Rename] = ()
    names: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)

    def translate(self, words: Sequence[str]) -> Sequence[str]:
        """Return the words of a command as the tree under test has them."""
        return translation(self.renames)(words)

    def do(self, *words: str, where: Place | None = None) -> Answer:
        """Run a command as the operator; names in braces are put in.

        Raises
        ------
        RuntimeError : it ended otherwise than well
        """
        answer = self.attempt(*words, where=where)
        if answer.status not in {0, 1, 3} or not (answer.out or answer.err):
            raise RuntimeError(f"remiss {' '.join(words)}: {answer.status}\n{answer.out}{answer.err}")
        return answer

    def attempt(self, *words: str, where: Place | None = None) -> Answer:
        """Run a command as the operator, however it ends."""
        there = where or self.place
        return run(self.translate(self.filled(words)), folder=there.folder, environment=there.environment)

    def as_person(self, name: str, there: Served, *words: str) -> Answer:
        """Run a command as somebody who reaches the catalog through its server."""
        environment = {"REMISS_CATALOG": there.url, "REMISS_TOKEN": self.tokens[name]}
        return run(self.translate(self.filled(words)), folder=self.place.folder, environment=environment)

    def filled(self, words: Sequence[str]) -> list[str]:
        return [re.sub(r"\{([a-z_]+)\}", lambda found: self.names[found[1]], word) for word in words]


def make(place: Place, renames: Sequence[Rename]) -> Made:
    """Make the catalog of a place and return it with the names of what is in it."""
    made = Made(place, renames)
    inputs.write(place.folder)
    put_key(place.folder / "keys")
    made.do("init")
    for name, about in (("arrivals", "Arrival delays"), ("boarding", "Gates and doors")):
        made.do("team", "add", name, "--about", about)
    for name, grants in PEOPLE.items():
        made.do("person", "add", name, "--about", f"{name.title()} of the record")
        for role, team, clearance in grants:
            made.do("person", "grant", name, role, "--team", team, "--clearance", clearance)
        made.tokens[name] = _found(TOKEN_TEXT, made.do("token", "create", name, "--about", "laptop"))
    made.names["run"] = _found(RUN, made.do("capture", inputs.FLIGHTS, "--format", "json"))
    made.names["other_run"] = _found(RUN, made.do("capture", inputs.PREDICTIONS, "--format", "json"))
    _file(made)
    with served(place) as there:
        _label(made, there)
        _talk(made, there)
        _investigate(made, there)
    made.names["held"] = _found(CASE, made.do("queue", "next", "--kind", "annotation"))
    made.do("attachment", "add", "{case}", inputs.ATTACHED, "--name", "board.txt")
    made.names["attachment"] = _found(ATTACHMENT, made.do("attachment", "list", "{case}", "--format", "json"))
    made.do("evidence", "show", "{case}", "--purpose", "to see what the record sees")
    return made


def _file(made: Made) -> None:
    """File cases by hand: for each team and grade one, and two that are like one another."""
    filed = (
        ("filed", "default", "internal", "Board showed the wrong terminal"),
        ("twin", "default", "internal", "The board showed the wrong terminal again"),
        ("far", "boarding", "public", "The door was closed too early"),
        ("guarded", "arrivals", "restricted", "A passenger was named on the board"),
        ("secret", "arrivals", "secret", "A crew was named on the board"),
    )
    for name, team, sensitivity, title in filed:
        answer = made.do(
            "case", "file", "--model", "arrival-delay", "--at", "2013-06-05T06:00Z", "--title", title, "--model-version", "1",
            "--output", "on-time", "--label", "late", "--mode", "remiss:system/outage", "--severity", "3",
            "--note", f"{name}: ask ana@example.com", "--text", "Terminal B, not A", "--input", "gate=12", "--input", "rows:=7",
            "--context", "airport=EWR", "--team", team, "--sensitivity", sensitivity,
        )  # fmt: skip
        made.names[name] = _found(CASE, answer)
    made.do("case", "link", "{twin}", "{filed}", "--revision", "1")


def _label(made: Made, there: Served) -> None:
    """Label off the queue: Ana says what a case is, Bo and Chen say so again, and Ada settles some of what is disputed."""
    seen: list[str] = []
    for _ in range(ANNOTATIONS):
        taken = _taken(made, there, "ana", "annotation")
        if taken is None:
            break
        seen.append(taken[0])
        _judge(made, there, "ana", "annotate", *taken)
    decided: list[str] = []
    for at in range(VERIFICATIONS):
        who = ("bo", "chen")[at % 2]
        taken = _taken(made, there, who, "verification")
        if taken is None:
            continue
        decided.append(taken[0])
        _judge(made, there, who, "verify", *taken)
    for _ in range(ADJUDICATIONS):
        taken = _taken(made, there, "chen", "adjudication") or _taken(made, there, "bo", "adjudication")
        if taken is None:
            break
        made.names["settled"] = taken[0]
        for who in ("chen", "bo"):
            _judge(made, there, who, "adjudicate", *taken)
    waiting = _taken(made, there, "ana", "annotation")
    made.names |= {"case": decided[0], "decided": decided[1], "annotated": [case for case in seen if case not in decided][-1]}
    made.names["reserved"] = waiting[0] if waiting else decided[2]
    found = made.do("case", "search", "status:candidate", "--limit", "50", "--format", "json").out
    taken_already = set(made.names.values())
    fresh = [case for case in dict.fromkeys(CASE.findall(found)) if case not in taken_already]
    made.names |= {"fresh": fresh[0], "free": fresh[1], "token": made.tokens["ray"].split("_")[1]}
    disputed = made.do("case", "search", "status:disputed", "--limit", "50", "--format", "json").out
    made.names["disputed"] = min(CASE.findall(disputed))


def _taken(made: Made, there: Served, who: str, kind: str) -> tuple[str, str] | None:
    """Have somebody take a task; return its case and revision, or None where there is nothing."""
    answer = made.as_person(who, there, "queue", "next", "--kind", kind, "--format", "json")
    case = CASE.search(answer.out)
    revision = re.search(r'"revision": (\d+)', answer.out)
    return None if case is None or revision is None else (case[0], revision[1])


def _judge(made: Made, there: Served, who: str, verb: str, case: str, revision: str) -> Answer:
    """Have somebody say what a case is; two who look at the same say the same most of the time."""
    own = inputs.number(case, who) < 250
    draw = inputs.number(case, who if own else "everybody")
    words = ["case", verb, case, "--revision", revision, "--rationale", f"As {who} sees it, it is number {draw}."]
    if draw < 200:
        return made.as_person(who, there, *words, "--verdict", "not-a-failure")
    if draw < 240:
        return made.as_person(who, there, *words, "--verdict", "wrong-label")
    words += [
        "--verdict",
        "failure",
        "--mode",
        MODES[draw % len(MODES)],
        "--impact",
        f"{draw % 9 + 1} to {draw % 50 + 10} minutes",
    ]
    for question, answers in RUBRIC.items():
        words += ["--answer", f"{question}={answers[inputs.number(question, draw) % len(answers)]}"]
    return made.as_person(who, there, *words, *(["--reproduced", "yes"] if verb == "verify" else []))


def _talk(made: Made, there: Served) -> None:
    """Say something on a case, answer, and settle one of two threads."""
    first = made.as_person("ana", there, "case", "comment", "{case}", "Is this the *feed* again, @bo?", "--format", "json")
    made.names["thread"] = _found(THREAD, first)
    made.as_person("bo", there, "case", "comment", "{case}", "It is, see `F00001`.", "--thread", "{thread}")
    second = made.as_person("chen", there, "case", "comment", "{case}", "Who owns the feed, @ana?", "--format", "json")
    made.names["settled_thread"] = _found(THREAD, second)
    made.as_person("chen", there, "thread", "resolve", "{settled_thread}")


def _investigate(made: Made, there: Served) -> None:
    """Suppose a cause, test it, mend it, and write it up."""
    steps: tuple[tuple[str, ...], ...] = (
        ("hypothesis", "--text", "The feed is late; ask ana@example.com"),
        ("hypothesis", "--text", "The gate was changed"),
        ("experiment", "--executed", "Trained without the feed", "--hypothesis", "1", "--citation",
         "mlflow-run=https://mlflow.example.org/#/experiments/1/runs/4f7q", "--citation", "pull-request=REM-17"),
        ("experiment", "--number", "1", "--revision", "1", "--result", "As good as with it", "--conclusion", "supports"),
        ("hypothesis", "--number", "1", "--revision", "1", "--stands", "supported"),
        ("remediation", "--text", "Wait for the feed", "--model-version", "42", "--outcome", "worked",
         "--citation", "pull-request=REM-17"),
        ("write-up", "--hypothesis", "The feed", "--experiments", "One without it", "--results", "As good",
         "--rationale", "It is late on Mondays"),
    )  # fmt: skip
    for verb, *options in steps:
        answer = made.as_person("ana", there, verb, "write", "{case}", *options)
        if answer.status:
            raise RuntimeError(f"{verb}: {answer.err}")


def _found(pattern: re.Pattern[str], answer: Answer) -> str:
    found = pattern.search(answer.out) or pattern.search(answer.err)
    if found is None:
        raise RuntimeError(f"nothing like {pattern.pattern} in {answer}")
    return found[0]


def to_json(made: Made) -> dict[str, Any]:
    """Return the names as the record keeps them."""
    return json.loads(json.dumps(made.names, sort_keys=True))  # type: ignore[no-any-return]
