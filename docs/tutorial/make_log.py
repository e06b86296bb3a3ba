"""Make a log to practise on: a model that routes support tickets to a queue, for six weeks of spring 2025.

It is right most of the time, worse in French, and now and then slow or away. Run it in an empty folder; it writes
`log/tickets.csv`, what the model said, and `truth/queues.csv`, where the ticket ended up, which is known days later.
"""

from __future__ import annotations

import csv
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
    with Path("log/tickets.csv").open("w", newline="") as log, Path("truth/queues.csv").open("w", newline="") as truth:
        said, ended = csv.writer(log), csv.writer(truth)
        said.writerow(["ticket", "at", "version", "language", "words", "queue", "score", "took_ms", "outcome", "remark"])
        ended.writerow(["ticket", "queue", "decided_at"])
        for number, at in enumerate(moments, start=1):
            ticket = f"T{number:06}"
            language = chance.choices(list(WRONG), weights=[7, 2, 1])[0]
            right = chance.choice(QUEUES)
            wrong = chance.random() < WRONG[language]
            queue = chance.choice([each for each in QUEUES if each != right]) if wrong else right
            score = round(chance.betavariate(4, 3) if wrong else chance.betavariate(9, 1.5), 3)
            away = chance.random() < 0.002
            remark = f"please answer to customer{number}@example.org" if chance.random() < 0.3 else "no remark"
            said.writerow(
                [
                    ticket,
                    at.isoformat(),
                    "1.4",
                    language,
                    chance.randint(5, 300),
                    "" if away else queue,
                    "" if away else score,
                    round(chance.lognormvariate(4, 0.5)),
                    "timeout" if away else "ok",
                    remark,
                ]
            )
            if chance.random() < 0.97:
                ended.writerow([ticket, right, (at + timedelta(hours=chance.uniform(2, 96))).isoformat(timespec="seconds")])


if __name__ == "__main__":
    main()
