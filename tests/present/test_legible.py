"""Numbers, times and texts as people read them."""

import math
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.present.legible import NARROW_SPACE, figure, moment, number, one_line, share

FRACTIONS = st.floats(0, 1)
TOTALS = st.floats(0, 1e14) | st.integers(0, 10**14)


def read(text: str) -> float:
    return float(text.replace(",", "").replace("%", "").replace(NARROW_SPACE, "").lstrip("<>"))


@given(value=FRACTIONS)
def test_what_is_neither_none_nor_all_never_reads_so(value):
    text = share(value)
    assert text.startswith("0" + NARROW_SPACE) == (value == 0)
    assert text.startswith("100" + NARROW_SPACE) == (value == 1)
    assert abs(read(text) - value * 100) <= max(0.06, abs(read(text)) * 0.06)


@given(ends=st.lists(FRACTIONS, min_size=3, max_size=3).map(sorted))
def test_a_rate_as_written_lies_in_its_interval_as_written(ends):
    low, value, high = ends
    told, interval = figure(value, low, high, rate=True)
    if low == high:
        assert interval == ""
    else:
        first, second = interval.split(" to ")
        assert read(first) <= read(told) <= read(second)
        assert (read(first) > 0) == (low > 0)
        assert (read(second) < 100) == (high < 1)


@given(ends=st.lists(TOTALS, min_size=3, max_size=3).map(sorted))
def test_a_total_as_written_lies_in_its_interval_as_written(ends):
    low, value, high = ends
    told, interval = figure(value, low, high)
    if interval:
        first, second = interval.split(" to ")
        assert read(first) <= read(told) <= read(second)
        assert (read(first) > 0) == (low > 0)
        assert abs(read(told) - value) <= max(0.5, (high - low) / 19, value * 0.5 if value < 1 else 0)


def test_an_exact_count_is_never_rounded():
    assert figure(10_345) == ("10,345", "")
    assert figure(10_345.0, 10_345.0, 10_345.0) == ("10,345", "")


@pytest.mark.parametrize(
    ("value", "low", "high", "rate", "said"),
    [
        (3, 1, 500, False, "3 (1 to 500)"),
        (12.4, 8.1, 19.3, False, "12 (8 to 19)"),
        (0.004, 0.0001, 0.4, True, "0.4 % (0.01 to 40 %)"),
        (0.99997, 0.99, 1, True, "99.997 % (99.0 to 100 %)"),
        (0.0002, 1e-12, 0.021, True, "0.02 % (<0.01 to 2.1 %)"),
        (0.00002, 1e-12, 0.021, True, "0.002 % (<0.001 to 2.1 %)"),
    ],
)
def test_a_figure_has_the_digits_of_its_interval(value, low, high, rate, said):
    told, interval = figure(value, low, high, rate=rate)
    assert f"{told} ({interval})".replace(NARROW_SPACE, " ") == said


@given(value=st.floats(allow_nan=True, allow_infinity=True) | st.integers(-(2**70), 2**70))
def test_every_number_has_a_short_text(value):
    assert 0 < len(number(value)) < 40
    if math.isfinite(value) and abs(value) < 1e15:
        assert math.isclose(float(number(value).replace(",", "")), value, rel_tol=5e-4, abs_tol=1e-6)


def test_times_are_read_in_utc():
    assert moment(datetime(2013, 6, 3, 1, 0, 0, 999_999, tzinfo=timezone(timedelta(hours=2)))) == "2013-06-02 23:00:00 UTC"
    assert moment(datetime(1, 1, 1, tzinfo=UTC)) == "0001-01-01 00:00:00 UTC"


@given(text=st.text(st.characters(), max_size=50))
def test_a_line_of_text_is_one_line_that_hides_nothing(text):
    line = one_line(text)
    assert all(letter.isprintable() or letter == NARROW_SPACE for letter in line)
    line.encode("utf-8")


@pytest.mark.parametrize(
    ("value", "low", "high", "said"),
    [(400.0, 20.0, 30_000.0, "400 (20 to 30,000)"), (4.0, 0.3, 9_000.0, "4 (0.3 to 9,000)")],
)
def test_a_figure_is_never_written_with_a_power_of_ten(value, low, high, said):
    told, interval = figure(value, low, high)
    assert f"{told} ({interval})" == said


def test_rounding_goes_neither_beyond_what_is_possible_nor_below_what_was_seen():
    assert figure(716.0, 560.0, 716.0, most=716) == ("716", "560 to 716")
    assert figure(14.0, 12.0, 400.0, least=13) == ("13", "10 to 400")
    assert figure(26.0, 24.0, 400.0, least=24) == ("30", "24 to 400")
