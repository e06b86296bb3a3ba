"""Databases on the tests' own server of PostgreSQL: made as copies of a template, and dropped after the test."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg


def administering(server: str) -> psycopg.Connection[tuple[object, ...]]:
    """Return a connection of the server's owner, outside any transaction."""
    return psycopg.connect(f"{server}/postgres", autocommit=True)


@cache
def owner(server: str) -> psycopg.Connection[tuple[object, ...]]:
    """Return the connection by which this process makes databases and drops them, which stays open while its tests run."""
    return administering(server)


def copy_database(server: str, template: str, name: str) -> None:
    """Make a database as a copy of another, file by file: page by page through the log, as is usual, takes twice as long."""
    owner(server).execute(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")


def drop_database(server: str, name: str) -> None:
    """Drop a database, whoever is still connected to it."""
    owner(server).execute(f"DROP DATABASE {name} WITH (FORCE)")


@contextmanager
def database_on(server: str, template: str) -> Iterator[str]:
    """A database of its own on the server; gives its address."""
    name = f"test_{uuid.uuid4().hex}"
    copy_database(server, template, name)
    try:
        yield f"{server}/{name}"
    finally:
        drop_database(server, name)
