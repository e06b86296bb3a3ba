"""Make a log to practise on: a model that routes support tickets to a queue, for six weeks of spring 2025.

It is right most of the time, worse in French, and now and then slow or away. Run it in an empty folder; it writes
`log/tickets.jsonl`, what the model said, and `truth/queues.jsonl`, where the ticket ended up, which is known days later.
"""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2025, 3, 3, tzinfo=UTC)
WEEKS = 6
TICKETS = 30_000
QUEUES = ("billing", "delivery", "returns")
WRONG = {"en": 0.03, "de": 0.05, "fr": 0.15}


def main() -> None:
    """Write both files."""
    chance = random.Random(2025)
    moments = sorted(START + timedelta(seconds=round(chance.uniform(0, WEEKS * 7 * 86_400))) for _ in range(TICKETS))
    for folder in ("log", "truth"):
        Path(folder).mkdir(exist_ok=True)
    with Path("log/tickets.jsonl").open("w") as log, Path("truth/queues.jsonl").open("w") as truth:
        for number, at in enumerate(moments, start=1):
            ticket = f"T{number:06}"
            language = chance.choices(list(WRONG), weights=[7, 2, 1])[0]
            right = chance.choice(QUEUES)
            wrong = chance.random() < WRONG[language]
            queue = chance.choice([each for each in QUEUES if each != right]) if wrong else right
            score = round(chance.betavariate(4, 3) if wrong else chance.betavariate(9, 1.5), 3)
            away = chance.random() < 0.002
            said = {
                "ticket": ticket,
                "at": at.isoformat(),
                "version": "1.4",
                "language": language,
                "words": chance.randint(5, 300),
                "queue": None if away else queue,
                "score": None if away else score,
                "took_ms": round(chance.lognormvariate(4, 0.5)),
                "outcome": "timeout" if away else "ok",
                "remark": f"please answer to customer{number}@example.org" if chance.random() < 0.3 else "no remark",
            }
            log.write(json.dumps(said) + "\n")
            if chance.random() < 0.97:
                known = at + timedelta(seconds=round(chance.uniform(2, 96) * 3600))
                truth.write(json.dumps({"ticket": ticket, "queue": right, "decided_at": known.isoformat()}) + "\n")


if __name__ == "__main__":
    main()
