"""Partitions: columns that stand in the names of folders, as `dt=2026-11-30/part-0.parquet` (the layout of Hive).

Their types are found here, for all formats alike: whole numbers and dates where every folder is spelled like one, else text.
A column that the files have themselves goes before a folder of its name.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from urllib.parse import unquote

from remiss.edges.engines.quoting import literal

# How writers name the folder of rows whose value is null.
NONE = "__HIVE_DEFAULT_PARTITION__"


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """A column of folder names: the engine's type, and SQL that gives its value from `remiss_file`."""

    type: str
    sql: str


def partitions(files: Sequence[str], folder: str, columns: Iterable[str]) -> Mapping[str, Partition]:
    """Return the columns that stand in the names of the folders of some files, in the order of the first one's path.

    Parameters
    ----------
    files : absolute paths
    folder : what the source's address is relative to: the names of folders above it belong to no log
    columns : those that the files have themselves, which are kept
    """
    top = os.path.join(os.path.abspath(folder or "."), "")
    known = {name.lower() for name in columns}
    found: dict[str, set[str]] = {}
    names: dict[str, str] = {}
    # Most files share their folders with others.
    for above in dict.fromkeys(os.path.dirname(file) for file in files):
        for name, value in _named(above, top):
            if name.lower() not in known:
                found.setdefault(names.setdefault(name.lower(), name), set()).add(value)
    return {name: Partition(type=(kind := _type(values)), sql=_sql(name, kind, top)) for name, values in found.items()}


def _named(above: str, top: str) -> Iterable[tuple[str, str]]:
    for part in f"{above}{os.sep}".removeprefix(top).split(os.sep):
        name, equals, value = part.partition("=")
        if equals and name:
            yield name, unquote(value)


def _type(values: set[str]) -> str:
    spelled = values - {NONE, ""}
    if spelled and all(re.fullmatch(r"-?[1-9]\d{0,17}|0", value) for value in spelled):
        return "BIGINT"
    return "DATE" if spelled and all(map(_is_date, spelled)) else "VARCHAR"


def _is_date(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False


def _sql(name: str, kind: str, top: str) -> str:
    # Below the folder of the protocol; of files elsewhere the whole path counts.
    path = f"CASE WHEN starts_with(remiss_file, {literal(top)}) THEN substr(remiss_file, {len(top)}) ELSE remiss_file END"
    value = f"regexp_extract({path}, {literal(f'(?i)/{re.escape(name)}=([^/]*)/')}, 1)"
    return f"TRY_CAST(NULLIF(NULLIF(url_decode({value}), ''), {literal(NONE)}) AS {kind})"
