"""Cases as points: near one another where they say alike things and where like values went in.

Of the squared distance between two cases every field makes 1 in the mean where they have nothing in common, and the text as
much as all fields together. Character n-grams are hashed, weighted by how rare they are, and reduced to a few dimensions; so are
fields of which there are many. All of it is seeded and in the order of ids, so that the order of cases changes nothing.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from remiss import installing
from remiss.errors import InputError
from remiss.records.event import Scalar

Points = npt.NDArray[np.float64]

SEED = 0
# Of n-grams so many are told apart, and of text and of fields so many dimensions are left.
HASHED, TEXT_DIMENSIONS, FIELD_DIMENSIONS = 2**15, 16, 24
# A number this many standard deviations off is as far as any; of a category so many values are told apart.
FARTHEST, COMMONEST = 3.0, 50
# A field with another value in more of the cases than this names them, and says nothing of what they have in common.
NAMING = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterCase:
    """A case as it is compared: its text, its fields, and with which probability its event was sampled, together with which."""

    id: str
    text: str
    fields: Mapping[str, Scalar]
    probability: float = 1.0
    unit: str | None = None


def is_number(value: Scalar) -> bool:
    """Return whether a value is compared as a number: truths are not."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def compared(cases: Sequence[ClusterCase]) -> tuple[str, ...]:
    """Return the fields that cases are compared by: those that tell some apart, and do not name each."""
    found = []
    for name in sorted({name for case in cases for name in case.fields}):
        values = [case.fields.get(name) for case in cases]
        there = [value for value in values if value is not None]
        distinct = len({*map(str, there)})
        numeric = all(map(is_number, there))
        if len({*map(str, values)}) > 1 and (numeric or distinct <= NAMING * len(there)):
            found.append(name)
    return tuple(found)


def points(cases: Sequence[ClusterCase], names: Sequence[str]) -> Points:
    """Return a point for each case, given the fields that they are compared by."""
    blocks = [block(cases, name) for name in names]
    fields = np.hstack(blocks) if blocks else np.zeros((len(cases), 0))
    if fields.shape[1] > FIELD_DIMENSIONS:
        fields = reduced(csr_matrix(fields - fields.mean(axis=0)), FIELD_DIMENSIONS)
    whole: Points = np.hstack([fields, texts(cases) * math.sqrt(max(1, len(names)))])
    return whole.round(9)


def block(cases: Sequence[ClusterCase], name: str) -> Points:
    """Return the columns of one field: a scaled number, or one for each of its commonest values; missing is one, too."""
    values = [case.fields.get(name) for case in cases]
    missing = np.array([value is None for value in values])
    if all(value is None or is_number(value) for value in values):
        numbers = np.array([0.0 if value is None else float(str(value)) for value in values])
        there = numbers[~missing]
        deviation = float(there.std())
        scaled = np.where(missing, 0.0, (numbers - there.mean()) / (deviation or 1.0)).clip(-FARTHEST, FARTHEST)
        columns = [scaled, missing.astype(float)] if missing.any() else [scaled]
        return np.column_stack(columns) / math.sqrt(2)
    texts_of = [None if value is None else str(value) for value in values]
    counted = sorted(Counter(each for each in texts_of if each is not None).items(), key=lambda one: (-one[1], one[0]))
    places = {value: at for at, (value, _) in enumerate(counted[:COMMONEST])}
    found = np.zeros((len(cases), len(places) + 2))
    for row, value in enumerate(texts_of):
        found[row, len(places) if value is None else places.get(value, len(places) + 1)] = 1
    return found[:, found.any(axis=0)] / math.sqrt(2)


def texts(cases: Sequence[ClusterCase]) -> Points:
    """Return what the texts are in a few dimensions; none where no case has a text."""
    if not any(case.text for case in cases):
        return np.zeros((len(cases), 0))
    made = learning("feature_extraction.text").HashingVectorizer
    hashing = made(analyzer="char_wb", ngram_range=(3, 4), n_features=HASHED, alternate_sign=False)
    counted = hashing.transform([case.text for case in cases]).tocsr()
    rare = np.log((1 + len(cases)) / (1 + np.bincount(counted.indices, minlength=HASHED))) + 1
    counted.data = counted.data * rare[counted.indices]
    return reduced(learning("preprocessing").normalize(counted), TEXT_DIMENSIONS) / math.sqrt(2)


def reduced(columns: csr_matrix, dimensions: int) -> Points:
    """Return rows in fewer dimensions, so that as much of their distances is left as can be."""
    most = min(dimensions, min(columns.shape) - 1)
    return np.asarray(learning("decomposition").TruncatedSVD(most, random_state=SEED).fit_transform(columns), dtype=np.float64)


def learning(module: str) -> Any:
    """Return a module of scikit-learn, which not everybody has installed.

    Raises
    ------
    InputError : it is not installed
    """
    try:
        return import_module(f"sklearn.{module}")
    except ImportError as error:
        raise InputError(
            "clusters need scikit-learn, which is not installed", do=installing.of_package("scikit-learn")
        ) from error
