"""Colours of the pages can be told apart, by people who see fewer of them too: measured from the stylesheet itself."""

from __future__ import annotations

import re
from itertools import combinations
from math import dist

import pytest

from remiss.faces.web.rendering import TEMPLATES

CSS = (TEMPLATES.parent / "static" / "system.css").read_text("utf-8")
Colour = tuple[float, float, float]
IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
# Of linear RGB, for complete dichromacy. Source: Machado, Oliveira and Fernandes, A Physiologically-based Model for Simulation of
# Color Vision Deficiency, IEEE Transactions on Visualization and Computer Graphics 15(6), 2009, severity 1.0.
SEEN_BY = {
    "normal": IDENTITY,
    "deuteranope": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "protanope": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "tritanope": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}
# Source: Björn Ottosson, A perceptual color space for image processing, 2020.
TO_LMS = (
    (0.4122214708, 0.5363325363, 0.0514459929),
    (0.2119034982, 0.6806995451, 0.1073969566),
    (0.0883024619, 0.2817188376, 0.6299787005),
)
TO_LAB = (
    (0.2104542553, 0.7936177850, -0.0040720468),
    (1.9779984951, -2.4285922050, 0.4505937099),
    (0.0259040371, 0.7827717662, -0.8086757660),
)


def times(matrix: tuple[Colour, Colour, Colour], colour: Colour) -> Colour:
    red, green, blue = (sum(a * b for a, b in zip(row, colour, strict=True)) for row in matrix)
    return red, green, blue


def linear(code: str) -> Colour:
    code = "".join(letter * 2 for letter in code) if len(code) == 3 else code
    parts = [int(code[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return red, green, blue


def oklab(colour: Colour, who: str) -> Colour:
    red, green, blue = (min(1.0, max(0.0, part)) for part in times(SEEN_BY[who], colour))
    first, second, third = (part ** (1 / 3) for part in times(TO_LMS, (red, green, blue)))
    return times(TO_LAB, (first, second, third))


def tokens(scheme: str) -> dict[str, str]:
    """Return the colours of a scheme by their names."""
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    found = dict(re.findall(r"--([\w-]+): ?#([0-9a-f]{3,6})\b", light))
    return found if scheme == "light" else found | dict(re.findall(r"--([\w-]+): ?#([0-9a-f]{3,6})\b", dark))


def least(names: list[str], scheme: str, who: str) -> float:
    known = tokens(scheme)
    return min(dist(*(oklab(linear(known[name]), who) for name in two)) for two in combinations(names, 2))


SERIES = ["c1", "c2", "c3", "c4", "c5"]


@pytest.mark.parametrize(
    ("scheme", "who", "bound"),
    [
        *(("light", *each) for each in zip(SEEN_BY, (0.19, 0.14, 0.13, 0.16), strict=True)),
        *(("dark", *each) for each in zip(SEEN_BY, (0.19, 0.10, 0.11, 0.13), strict=True)),
    ],
)
def test_any_two_series_of_a_chart_are_told_apart(scheme, who, bound):
    assert round(least(SERIES, scheme, who), 2) >= bound


@pytest.mark.parametrize(("who", "bound"), [*zip(SEEN_BY, (0.12, 0.12, 0.14, 0.11), strict=True)])
def test_any_two_severities_are_told_apart(who, bound):
    # The fourth has no fill: it is the paper that it stands on.
    assert round(least(["sev1", "sev2", "sev3", "paper"], "light", who), 2) >= bound


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("who", list(SEEN_BY))
def test_neighbouring_shades_of_a_map_are_told_apart(scheme, who):
    assert min(least([f"q{at}", f"q{at + 1}"], scheme, who) for at in range(6)) >= 0.055


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_figure_is_read_on_every_shade_of_a_map(scheme):
    found = tokens(scheme)
    on = {"q0": "ink", "q1": "ink", "q2": "ink", "q3": "on-q3", "q4": "on-q4", "q5": "on-q5", "q6": "on-q5"}
    assert min(contrast(found[shade], found[text]) for shade, text in on.items()) >= 4.5


def contrast(first: str, second: str) -> float:
    """Return the contrast of two colours as WCAG 2 defines it."""
    lights = sorted(0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (linear(first), linear(second)))
    return (lights[1] + 0.05) / (lights[0] + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", SERIES)
def test_a_series_stands_out_from_its_paper(scheme, name):
    found = tokens(scheme)
    assert contrast(found[name], found["paper"]) >= 3
