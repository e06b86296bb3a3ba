"""Survey: what a first pass over the rows tells, which decides what must be asked at all.

Events by window, refused rows by reason, files, how many strata, and whether any id is repeated.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from remiss.capture import questions, requirements
from remiss.capture.plan import REPEATS, Plan
from remiss.capture.ports import Progress
from remiss.capture.preparing import prepared
from remiss.errors import Location, ProtocolError
from remiss.protocol.ports import Session

MOST_STRATA = 1000


# A guess by sketch errs by a few per cent: beyond this it is worth counting exactly before a census of them is begun.
GUESS = 0.8


@dataclass(slots=True)
class Survey:
    """What a first pass over the rows tells: events by window of the plan, refused rows by reason, files.

    `held` counts the events of the run's windows in each file; of rows that repeat an event, each counts for its own file.
    """

    events: dict[int, int]
    refused: dict[str, int]
    held: dict[str, int]
    rows: int
    strata: dict[int, int]
    reasons: set[str]


def surveyed(session: Session, plan: Plan, progress: Progress) -> tuple[Plan, Survey]:
    """Return the plan with what it learned of the rows, and what was seen of them.

    Raises
    ------
    ProtocolError : a field cannot be used as what it is for; more than 1,000 strata in a window
    """
    progress("prepare", 0.0)
    plan = prepared(session, plan)
    progress("survey", 0.05)
    seen = _counted_rows(session, plan)
    plan = replace(plan, reasons=frozenset(seen.reasons))
    _bear_strata(session, plan, seen)
    progress("repeats", 0.1)
    return _without_repeats(session, plan, seen), seen


def _counted_rows(session: Session, plan: Plan) -> Survey:
    seen = Survey(events={}, refused={}, held={}, rows=0, strata={}, reasons=set())
    for row in session.run(questions.survey(plan)).to_pylist():
        number, reason, rows = row["number"], row["reason"], row["rows"]
        if reason is None:
            seen.events[number] = seen.events.get(number, 0) + rows
        else:
            seen.reasons.add(reason)
        if number is not None and number < plan.reach:
            continue
        seen.rows += rows
        if reason is None:
            seen.held[row["file"]] = seen.held.get(row["file"], 0) + rows
            seen.strata[number] = max(seen.strata.get(number, 0), row["strata"])
        else:
            seen.refused[reason] = seen.refused.get(reason, 0) + rows
    return seen


def _bear_strata(session: Session, plan: Plan, seen: Survey) -> None:
    suspects = [number for number, guess in seen.strata.items() if guess > MOST_STRATA * GUESS]
    if not suspects:
        return
    for row in session.run(questions.strata(plan, suspects)).to_pylist():
        if row["strata"] > MOST_STRATA:
            protocol = plan.checked.protocol
            raise ProtocolError(
                f"one window has {row['strata']:,} strata; at most {MOST_STRATA:,} are sampled",
                where=Location(protocol.path, protocol.lines.get("sampling")),
                do=f"stratify by fewer or coarser fields than {', '.join(protocol.sampling.strata)}",
            )


def _without_repeats(session: Session, plan: Plan, seen: Survey) -> Plan:
    events = sum(seen.events.values())
    if not events or session.run(questions.distinct_ids(plan)).to_pylist()[0]["ids"] == events:
        return plan
    session.keep(REPEATS, questions.repeats(plan))
    plan = replace(plan, repeated=True)
    for row in session.run(questions.contradictions(plan)).to_pylist():
        number = row["number"]
        seen.events[number] -= row["refused"] + row["copies"]
        if not seen.events[number]:
            del seen.events[number]
        if number >= plan.reach and row["refused"]:
            seen.held[row["file"]] -= row["refused"]
            seen.refused[requirements.DUPLICATE_ID] = seen.refused.get(requirements.DUPLICATE_ID, 0) + row["refused"]
    return plan
