"""Worked examples as they were printed: the labels, the figures, and where both are found."""

from __future__ import annotations

from remiss.curate.agreement import FieldLabels

# Krippendorff, Computing Krippendorff's alpha-reliability, 2011. Section A: two observers, ten units, two values.
MEG = "0100000010"
OWEN = "1110010000"
BINARY_ALPHA = 0.095
# Section B: two observers, twelve units, five values.
BEN = "aabbdcccedda"
GERRY = "babbbccceddd"
NOMINAL_ALPHA = 0.692
# Sections C to E: four observers, twelve units, five values, and some units that some did not see.
FOUR_OBSERVERS = ("123321412...", "1233224125.3", ".3332342251.", "12332441251.")
FOUR_NOMINAL, FOUR_ORDINAL, FOUR_INTERVAL = 0.743, 0.815, 0.849

# Gwet, British Journal of Mathematical and Statistical Psychology 61 (2008) 29-48: 125 subjects by what two raters said, in the
# example in which nearly all are positive.
HIGH_AGREEMENT = {"++": 118, "+-": 5, "-+": 2, "--": 0}
HIGH_AC1 = 0.9408

# The same four observers as Gwet prints them with his package irrCAC (vignettes "overview" and "weighting", 2019): shares that
# agree, agreement by chance, coefficient.
IRRCAC_AC1 = (0.8181818, 0.1903212, 0.77544)
IRRCAC_QUADRATIC = 0.914


def columns(*observers: str) -> list[FieldLabels]:
    """Return what observers said, each in a line of characters with `.` for nothing, as labels of units."""
    return [
        FieldLabels(case=str(at), labels=tuple(label for label in said if label != "."))
        for at, said in enumerate(zip(*observers, strict=True))
    ]


def table(counts: dict[str, int]) -> list[FieldLabels]:
    """Return the units that a table of what two said counts."""
    said = [labels for labels, count in counts.items() for _ in range(count)]
    return [FieldLabels(case=str(at), labels=tuple(labels)) for at, labels in enumerate(said)]
