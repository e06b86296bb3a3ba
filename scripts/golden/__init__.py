"""The golden record: the proof that a large step changed nothing that anybody can see, or only what it meant to.

    python -m scripts.golden record DIR                   # what the tree on PYTHONPATH answers to everything
    python -m scripts.golden compare OLD NEW --renames FILE --grouped --figures
    python -m scripts.golden upgrade OLD                  # the catalogs that OLD keeps, opened by this tree

Make a record before the first step and keep it outside the checkout; it is some 30 MB and takes minutes. Afterwards record again,
by the same scripts or by those of the new tree, and compare. Each difference is a line with its address, such as

    sqlite/command/case.show/json.out.title: "..." -> "..."

and each is either removed, or explained in `changes/golden.md`:

    - `*/command/case.show/*.title`: Titles are cut at a word.

What is called otherwise now is said once, in a file of renames (`renames.py`), not at every line. The status is 1 while a line is
left that nobody has explained. To run the scripts of one tree on another: `PYTHONPATH=OTHER/src:. python -m scripts.golden ...`,
with `record --renames FILE` where commands, routes or keys of requests are called otherwise there.

Recorded, on SQLite and on PostgreSQL, of a catalog that is made the same each time (`making.py`): help of all commands and all
schemas; every command in each of its formats, those that write each on a copy of its own, and what commands refuse
(`questions.py`); the same commands through a server; the OpenAPI document; status, headers and body of every route and page for
eight people and a stranger, with each parameter, right and wrong, and forms (`requests.py`); every statement that the engine runs
for a capture. What the database is asked may change: how many statements there are is shown with `--figures`. How the database
would find their rows is compared (`plans.py`): of each statement that both trees issue for a question, and of new ones by whether
a table is read in a way that it was not before. The order of keys in JSON is no difference, and neither is what follows from
words alone, such as how wide a column is (`shaping.py`): a word that changes must not hide a number beside it.

Everything is asked from outside: by commands, by HTTP, by drivers. So that it is the same twice, the clock stands still, ids that
are drawn are counted instead, the catalog has a given key (`fixing.py`), and ports, folders and seals are masked (`masking.py`).

The catalogs are kept beside the record with all that belongs to them. `upgrade` opens copies of them with the tree on PYTHONPATH:
every leaf of both logs must be as it was, the checkpoints that the former tree signed must verify, and its runs must reproduce.
"""
