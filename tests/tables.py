"""One test for a table: the test of a row is called with each row, and its failure names every row that is not as it should be.

As thousands of parametrised tests such tables cost more to collect than to run.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterable
from typing import Any

import pytest

Test = Callable[..., None]


def each(names: str, rows: Iterable[Any], *, ids: Callable[[Any], str] = str) -> Callable[[Test], Test]:
    """Have a test of one row run over all rows, with the same fixtures for each.

    Parameters
    ----------
    names : the test's parameters that a row gives, by commas; one takes the whole row
    rows : at least one
    ids : what a row is called in a failure
    """
    parameters, table = [name.strip() for name in names.split(",")], list(rows)

    def decorate(test: Test) -> Test:
        @functools.wraps(test)
        def whole(**fixtures: Any) -> None:
            assert table, "a table without rows checks nothing"
            faults = []
            for row in table:
                given = zip(parameters, (row,) if len(parameters) == 1 else row, strict=True)
                try:
                    test(**fixtures, **dict(given))
                except (Exception, pytest.fail.Exception) as fault:  # noqa: BLE001  all of them are raised below
                    fault.add_note(f"for {names} = {ids(row)}")
                    faults.append(fault)
            if faults:
                raise BaseExceptionGroup(f"{len(faults)} of {len(table)} rows", faults)

        signature = inspect.signature(test)
        asked = [parameter for name, parameter in signature.parameters.items() if name not in parameters]
        whole.__signature__ = signature.replace(parameters=asked)  # type: ignore[attr-defined]
        return whole

    return decorate
