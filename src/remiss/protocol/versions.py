"""Versions of protocols that the catalog keeps: parsed once, and told apart.

There is one cache for all chapters, stores and pages: every estimate, status and page asks what the protocol of a run says, and
to read a long document and parse its expressions takes a tenth of a second. The key is the text that the catalog keeps,
taxonomy and rubric attached. The digest would not do: it covers what a version means, and neither who owns it, how it guards
its content nor where its sources lie.

Whether a document says what the catalog keeps under its name and version is checked before anything is captured by it. A
version stands for one meaning, or figures of two would be added up; and for one way of guarding content, or nobody could tell
by which of two rules a stored text was redacted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache

from remiss.errors import Location, ProtocolError
from remiss.protocol.check_result import Finding, first_of, has_errors
from remiss.protocol.group_sizes import as_filed, by_former_defaults, note_on_former
from remiss.protocol.meaning import handling, meaning, parts_that_differ
from remiss.protocol.ports import StoredProtocol
from remiss.protocol.terms import Criterion, Protocol

# Some ten protocols with as many versions each; what lists all versions asks for every one of them in turn.
MOST = 256
# The name under which a text is read once, whatever each caller calls it; no file has it.
_ITSELF = ""


def restore(text: str, path: str) -> Protocol:
    """Return the protocol that the catalog keeps as `text`, with the files attached to it.

    Parameters
    ----------
    path : what findings and later errors call the document

    Raises
    ------
    ProtocolError : this version of remiss refuses what an earlier one took
    """
    protocol, findings = _parsed(text)
    if protocol is None or has_errors(findings):
        named = [replace(each, file=path) if each.file == _ITSELF else each for each in findings]
        raise first_of(sorted(named, key=lambda each: (each.file, each.line)))
    return replace(protocol, path=path)


def salvage(text: str, path: str) -> Protocol | None:
    """Return what can be read of a kept protocol, errors or not; None where that is nothing. For figures, never for a capture."""
    protocol, _ = _parsed(text)
    return None if protocol is None else replace(protocol, path=path)


# Threads may share it. Of those that ask for the first time at once each parses, and all get equal values.
@lru_cache(maxsize=MOST)
def _parsed(text: str) -> tuple[Protocol | None, tuple[Finding, ...]]:
    # The reader of documents takes a tenth of a second to load, and most that is asked of a catalog reads none.
    from remiss.protocol.document import draft

    return draft(text, _ITSELF, _not_attached)


def _not_attached(name: str) -> str:
    raise ProtocolError(f"{name} is not attached", where=Location(_ITSELF), do="load the protocol from its file")


def kept_version(stored: StoredProtocol, path: str) -> Protocol:
    """Return a version as it was filed: by the defaults that its digest covers. Raises like `restore`."""
    return as_filed(restore(stored.text, path), stored.digest)


def check_kept(stored: StoredProtocol | None, document: Protocol) -> Protocol:
    """Return a document as the catalog keeps its version, if it keeps one of that name and number: by the defaults of then.

    Raises
    ------
    ProtocolError : it means something else, or guards content otherwise
    """
    if stored is None:
        return document
    document = as_filed(document, stored.digest)
    if stored.text == document.text:
        return document
    version = f"version {document.version} of {document.name}"
    where = Location(document.path, document.lines.get("version"))
    if stored.digest != document.digest:
        raise ProtocolError(
            f"{version} means something else in this catalog{_differing(stored, document)}",
            where=where,
            do="raise `version`: figures of two meanings must never be added up (see `remiss protocol show`)",
        )
    changed = parts_that_differ(handling(restore(stored.text, document.path)), handling(document))
    if changed:
        raise ProtocolError(
            f"{version} protects its content differently in this catalog: another {', '.join(changed)}",
            where=where,
            do="raise `version`: what is filed is guarded by it; the figures of both versions go on as one",
        )
    return document


def notes_on(newest: StoredProtocol | None, document: Protocol) -> tuple[str, ...]:
    """Return what to say of a document that is captured by: of former defaults, of another seed or unit than the newest has.

    Parameters
    ----------
    newest : the newest version of that name that the catalog keeps
    """
    former = note_on_former(document)
    said = () if former is None else (former,)
    if newest is None or newest.version == document.version:
        return said
    before, now = restore(newest.text, document.path).sampling, document.sampling
    if (before.seed, before.unit) == (now.seed, now.unit):
        return said
    return (
        *said,
        f"the {'unit' if before.seed == now.seed else 'seed'} is another than in version {newest.version}: the samples share no "
        "more than chance gives, and people's work on the former one carries no weight in this",
    )


def _differing(stored: StoredProtocol, document: Protocol) -> str:
    try:
        before = kept_version(stored, document.path)
    except ProtocolError:
        return ""
    # What neither says is no difference.
    ways = [parts_that_differ(meaning(before), meaning(now)) for now in (document, *by_former_defaults(document))]
    changed = min(ways, key=len)
    return f": another {', '.join(changed)}" if changed else ""


def as_written(document: Protocol, words: Callable[[str], str]) -> Protocol:
    """Return a document as a catalog keeps it: its guidelines, which are words of people, with what is personal replaced.

    Parameters
    ----------
    words : what texts that people write pass before they are kept
    """
    if document.guidelines is None or document.guidelines_file is None:
        return document
    from remiss.protocol.document import attach, detach

    kept = words(document.guidelines)
    text, attached = detach(document.text)
    return replace(document, guidelines=kept, text=attach(text, {**attached, document.guidelines_file: kept}))


def lines_of(found: Protocol, criterion: Criterion) -> range:
    """Return the numbers of the lines on which a criterion stands, without comments and blank lines behind it."""
    own = f"criteria.{found.criteria.index(criterion)}"
    others = [line for path, line in found.lines.items() if path != own and not path.startswith(f"{own}.")]
    text = found.text.splitlines()
    end = min((line for line in others if line > criterion.line), default=len(text) + 1)
    while end - 1 > criterion.line and text[end - 2].lstrip()[:1] in {"", "#"}:
        end -= 1
    return range(criterion.line, end)


def superseded(known: Iterable[tuple[str, str]]) -> frozenset[tuple[str, str]]:
    """Return the sources with labels of protocols of which a newer version stands beside them.

    >>> sorted(superseded([("log", "delay@1"), ("log", "delay@2"), ("other", "delay@1")]))
    [('log', 'delay@1')]
    """
    newest: dict[tuple[str, str], int] = {}
    parted = [(source, label, *label.rpartition("@")[::2]) for source, label in known]
    for source, _, name, version in parted:
        newest[source, name] = max(newest.get((source, name), 0), int(version))
    return frozenset((source, label) for source, label, name, version in parted if int(version) < newest[source, name])
