"""The pages of cases as somebody would serve them by hand: one SQL statement behind a bare ASGI application, and nothing else.

`python -m bench.pages_by_hand DATABASE ADDRESS PORT` serves `/?question=N&at=X&total=1` under the same uvicorn settings as
`remiss serve`: no door, no routing, no validation, no templates.
"""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

from bench import catalog_filing
from bench.catalog_questions import PAGES, Connection, Question, Series
from remiss.catalog.listing import COLUMNS
from remiss.edges.stores.dialect.types import SQLITE

DRIVERS = {SQLITE: catalog_filing.sqlite_by_hand}
HEADERS = [(b"content-type", b"application/json")]
OCCURRED = COLUMNS.index("occurred")


def question(number: int, at: int) -> Question:
    """Return a question by its number; of a series the one at a place."""
    found = PAGES[number]
    return found.questions(at) if isinstance(found, Series) else found


def line(row: tuple[Any, ...]) -> dict[str, Any]:
    """Return a row as the object that a page of cases has."""
    shown = dict(zip(COLUMNS, row, strict=True))
    shown["occurred"] = datetime.fromtimestamp(row[OCCURRED] / 1_000_000, UTC).isoformat()[:-6] + "Z"
    return shown


def answer(connection: Connection, database: str, query: str) -> bytes:
    """Return the rows of a page, and how many match where that is asked for, as JSON."""
    given = dict(parse_qsl(query))
    asked = question(int(given["question"]), int(given["at"]))
    rows = connection.execute(asked.sql[database]).fetchall()
    total = connection.execute(asked.counting[database]).fetchone()[0] if given.get("total") else None
    document = {"items": [line(row) for row in rows], "total": total}
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def application(database: str, address: str) -> Any:
    """Return the application on one catalog; each thread has a connection of its own."""
    mine = threading.local()
    driver = DRIVERS.get(database, catalog_filing.postgresql_by_hand)

    def work(query: str) -> bytes:
        if not hasattr(mine, "connection"):
            mine.connection = driver(address)
        return answer(mine.connection, database, query)

    async def app(scope: Any, receive: Any, send: Any) -> None:
        body = await asyncio.to_thread(work, scope["query_string"].decode())
        headers = [*HEADERS, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


def main(database: str, address: str, port: int) -> None:
    """Serve until stopped."""
    import uvicorn

    from remiss.faces.http.connection import configured
    from remiss.faces.server import listen

    with listen("127.0.0.1", port) as bound:
        uvicorn.Server(configured(application(database, address))).run(sockets=[bound])


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
