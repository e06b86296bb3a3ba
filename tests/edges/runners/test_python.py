"""Models of Python in processes of their own: whatever one does, every row is answered or says what happened."""

from __future__ import annotations

import ast
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from threading import Thread, Timer

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remiss.edges.runners.process import CHILD, Launch, clean
from remiss.edges.runners.python import PythonRunner
from remiss.errors import ModelError
from remiss.records.model import ModelLimits, ModelSpecification
from tests.tables import each

HERE = Path(__file__).parent
LIMITS = ModelLimits(seconds=0.3, memory_bytes=1 << 30, output_bytes=1000, batch_size=8)


def running(
    call: str = "predict",
    *,
    module: str = "misbehaving",
    seed: int = 0,
    folder: Path = HERE,
    environment=os.environ,
    named=(),
    **limits,
) -> PythonRunner:
    within = replace(LIMITS, **limits)
    model = ModelSpecification(name="m", version="1", runner="python", target=f"{module}:{call}", limits=within)
    launch = Launch(
        module=module,
        callable=call,
        folder=str(folder),
        environment=clean(environment, named, seed),
        limits=within,
        seed=seed,
    )
    return PythonRunner(model, launch)


@pytest.fixture(scope="module")
def runner():
    with running() as found:
        yield found


def amid(todo: str, runner: PythonRunner):
    """Ask a row that does harm amid others, and return its trouble; the others have their answers."""
    rows = [{"x": at} for at in range(11)]
    rows[4] = {"do": todo}
    answers = list(runner.answers(rows))
    assert [each.output for each in answers if each.trouble is None] == [at for at in range(11) if at != 4]
    return answers[4].trouble


@each(
    "todo, kind, says",
    [
        ("hang", "timeout", "it took longer than 0.3 s"),
        ("die", "died", "it ended with status 3"),
        ("crash", "died", "it died of SIGSEGV"),
        ("fail", "raised", "ValueError: no such carrier (misbehaving.py:"),
        ("leave", "raised", "SystemExit: I quit"),
        ("too few", "count", "it returned 0 answers to 1 rows"),
        ("too many", "count", "it returned more answers to 1 rows"),
        ("without end", "count", "it returned more answers to 1 rows"),
        ("no list", "count", "it returned str, not a list"),
        ("nothing", "count", "it returned NoneType, not a list"),
        ("nan", "not-a-number", "an answer that is not a finite number"),
        ("infinite", "not-a-number", "an answer that is not a finite number"),
        ("object", "type", "an answer that JSON cannot hold: object"),
        ("bytes", "type", "an answer that JSON cannot hold: bytes"),
        ("set", "type", "an answer that JSON cannot hold: set"),
        ("surrogate", "type", "an answer with half a surrogate pair"),
        ("itself", "type", "an answer that contains itself"),
        ("deep", "type", "nested too deeply"),
        ("large number", "type", "an answer that JSON cannot hold: Exceeds the limit"),
        ("much", "too-large", "an answer of 100,002 bytes, and the most is 1,000"),
        ("unsure", "type", "its confidence is str, not a number"),
        ("protocol", "type", "what it answers is no JSON"),
    ],
)
def test_a_row_that_does_harm_is_found_and_says_what_happened_and_the_others_are_answered(runner, todo, kind, says):
    trouble = amid(todo, runner)
    assert (trouble.kind.value, says in trouble.message) == (kind, True), trouble


def test_a_model_that_allocates_without_end_is_refused_more_memory():
    with running(seconds=1.5, memory_bytes=600 << 20) as runner:
        trouble = amid("allocate", runner)
    assert trouble.kind.value == "memory"


def test_a_model_that_prints_a_gigabyte_is_read_to_its_end_and_only_that_is_kept():
    with running(seconds=10, batch_size=1) as runner:
        [answer] = runner.answers([{"do": "shout"}])
    assert answer.trouble.kind.value == "died"
    assert answer.trouble.printed.endswith("that was a gigabyte")
    assert len(answer.trouble.printed) == 4096


def test_a_batch_of_rows_that_all_hang_ends_within_the_bound_and_each_says_what_happened():
    seconds, rows = 0.15, [{"do": "hang"}] * 4
    with running(seconds=seconds, batch_size=4) as runner:
        begun = time.monotonic()
        answers = list(runner.answers(rows))
        took = time.monotonic() - begun
    # 3 (1 + log2 4) times, and one try and one start more.
    assert took < 9 * seconds + seconds + 1
    assert {each.trouble.kind.value for each in answers} <= {"timeout", "not-asked"}
    assert answers[0].trouble.kind.value == "timeout"


def test_after_a_row_that_killed_it_a_model_runs_in_another_process():
    with running() as runner:
        [before, _, after] = runner.answers([{"do": "process"}, {"do": "die"}, {"do": "process"}])
    assert before.output != after.output


def test_a_model_that_does_not_start_any_more_is_not_started_for_every_batch(tmp_path):
    (tmp_path / "misbehaving.py").write_text("import os\ndef predict(rows): os._exit(1)\n")
    with running(folder=tmp_path, batch_size=1) as runner:
        (tmp_path / "misbehaving.py").unlink()
        answers = list(runner.answers([{"x": 1}] * 6))
    assert [each.trouble.kind.value for each in answers] == ["died", "start", "start", "start", "not-asked", "not-asked"]


@each(
    "todo, says",
    [("import nowhere", "No module named 'nowhere'"), ("x = 1", "no attribute 'predict'"), ("predict = 1", "not callable")],
)
def test_a_model_that_does_not_start_says_why(tmp_path, todo, says):
    (tmp_path / "misbehaving.py").write_text(f"{todo}\n")
    with pytest.raises(ModelError, match=says):
        running(folder=tmp_path)


def test_a_model_that_takes_too_long_to_load_does_not_start(tmp_path):
    (tmp_path / "misbehaving.py").write_text("import time\ntime.sleep(60)\n")
    with pytest.raises(ModelError, match="it took longer than"):
        running(folder=tmp_path, start_seconds=0.3)


def test_an_interpreter_that_is_none_is_said():
    model = ModelSpecification(name="m", version="1", runner="python", target="m:f")
    launch = Launch(module="m", callable="f", folder="/", interpreter="/nowhere/python", environment={}, limits=LIMITS)
    with pytest.raises(ModelError, match="/nowhere/python cannot be run: No such file"):
        PythonRunner(model, launch)


def test_answers_of_numpy_are_numbers_and_its_generator_is_seeded():
    with running("array", module="arrays", seconds=20) as runner:
        assert [each.output for each in runner.answers([{"x": 1}, {"x": 2}])] == [1.0, 2.0]
    with running("numbers", module="arrays", seconds=20, seed=3) as runner:
        first, again = (list(runner.answers([{"x": 1}, {"x": 2}])) for _ in range(2))
    assert (first[0].output, first[0].confidence) == (1, 0.5)
    assert first[1].output == again[1].output


def test_a_batch_is_answered_alike_whenever_it_is_asked_with_one_seed_and_otherwise_with_another(runner):
    rows = [{"do": "chance"}] * 3
    first, again = ([each.output for each in runner.answers(rows)] for _ in range(2))
    with running(seed=1) as other:
        assert first == again != [each.output for each in other.answers(rows)]


def test_confidence_and_a_share_of_the_time_come_with_an_answer(runner):
    [answer] = runner.answers([{"x": "late", "do": "sure"}])
    assert (answer.output, answer.confidence, answer.trouble) == ("late", 0.75, None)
    assert 0 < answer.latency_ms < 300


def test_a_row_that_json_cannot_hold_is_not_asked_and_says_so(runner):
    answers = list(runner.answers([{"x": 1}, {"x": float("nan")}, {"x": object()}, {"x": "\ud800"}, {"x": 2}]))
    assert [each.trouble and each.trouble.kind.value for each in answers] == [None, "row", "row", "row", None]


def test_a_model_gets_no_setting_and_no_secret_and_nothing_to_read():
    given = {**os.environ, "REMISS_TOKEN": "t", "AWS_SECRET_ACCESS_KEY": "k", "MODEL_REGION": "eu"}
    with running(environment=given, named=["MODEL_REGION", "REMISS_TOKEN"], output_bytes=20_000) as runner:
        environment, path, standard = runner.answers([{"do": "environment"}, {"do": "path"}, {"do": "standard"}])
    assert environment.output["MODEL_REGION"] == "eu"
    assert not {"REMISS_TOKEN", "AWS_SECRET_ACCESS_KEY"} & environment.output.keys()
    assert path.output[:2] == [str(HERE)] * 2
    assert not [each for each in path.output[1:] if each.endswith("edges/runners") and each != str(HERE)]
    assert standard.output == ""


def test_where_a_model_runs_is_known(runner):
    found = runner.environment()
    assert found.python == ".".join(map(str, sys.version_info[:3]))
    assert found.packages["pytest"] == pytest.__version__


def test_a_model_runs_under_an_interpreter_of_its_own(tmp_path):
    other = tmp_path / "python"
    other.write_text(f'#!/bin/sh\nOTHER=1 exec {sys.executable} -I -S "$@"\n')
    other.chmod(0o755)
    (tmp_path / "here.py").write_text(
        "import os, sys\ndef predict(rows): return [[os.environ['OTHER'], any('site-packages' in each for each in sys.path)]]\n"
    )
    model = ModelSpecification(name="m", version="1", runner="python", target="here:predict", limits=LIMITS)
    environment = clean(os.environ, (), 0)
    launch = Launch(
        module="here", callable="predict", folder=str(tmp_path), interpreter=str(other), environment=environment, limits=LIMITS
    )
    with PythonRunner(model, launch) as runner:
        assert [each.output for each in runner.answers([{}])] == [["1", False]]


def test_several_processes_answer_in_order():
    with running(concurrency=2, batch_size=2) as runner:
        rows = [{"x": at, "do": "fail"} if at % 5 == 3 else {"x": at} for at in range(23)]
        assert [each.output for each in runner.answers(iter(rows))] == [None if at % 5 == 3 else at for at in range(23)]
        processes = {each.output for each in runner.answers([{"do": "process"}] * 12)}
    assert len(processes) == 2


def test_the_process_runs_under_any_python_from_3_8():
    ast.parse(CHILD.read_text("utf-8"), feature_version=(3, 8))


def test_a_runner_that_is_closed_while_it_is_asked_ends_at_once_and_every_row_says_so():
    with running(concurrency=2, batch_size=1, seconds=60) as runner:
        Timer(0.4, runner.close).start()
        begun = time.monotonic()
        answers = list(runner.answers([{"do": "hang"}] * 8))
        assert time.monotonic() - begun < 5
    assert len(answers) == 8
    assert {each_.trouble.kind.value for each_ in answers} <= {"died", "start", "not-asked"}


def test_whoever_closes_a_runner_at_once_with_another_does_not_wait_for_ever():
    for _ in range(3):
        runner = running(concurrency=2, batch_size=1, seconds=60)
        asking = Thread(target=lambda asked: list(asked.answers([{"do": "hang"}] * 2)), args=(runner,), daemon=True)
        asking.start()
        time.sleep(0.2)
        closing = [Thread(target=runner.close, daemon=True) for _ in range(4)]
        for each_ in closing:
            each_.start()
        for each_ in (*closing, asking):
            each_.join(10)
        assert not any(each_.is_alive() for each_ in (*closing, asking))


def gone(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return True
    return state == "Z"


def all_gone(processes: list[int]) -> bool:
    end = time.monotonic() + 5
    while not all(map(gone, processes)) and time.monotonic() < end:
        time.sleep(0.01)
    return all(map(gone, processes))


def test_a_runner_that_is_closed_leaves_no_process_also_none_that_the_model_started(tmp_path):
    noted = tmp_path / "pids"
    with running("parent", batch_size=1) as runner:
        [answer] = runner.answers([{"x": str(noted)}])
    assert answer.trouble.kind.value == "timeout"
    assert all_gone([int(each) for each in noted.read_text().split()])


KILLED = """
import os, sys
from tests.edges.runners.test_python import running
running("parent", seconds=60).answers([{"x": sys.argv[1]}]).__next__()
"""


def test_no_process_is_left_when_remiss_is_killed(tmp_path):
    noted = tmp_path / "pids"
    remiss = subprocess.Popen([sys.executable, "-c", KILLED, str(noted)])
    end = time.monotonic() + 20
    while not (noted.exists() and len(noted.read_text().split()) == 3) and time.monotonic() < end:
        time.sleep(0.01)
    processes = [int(each) for each in noted.read_text().split()]
    assert not any(map(gone, processes))
    remiss.send_signal(signal.SIGKILL)
    remiss.wait()
    assert all_gone(processes)


@pytest.fixture(scope="module")
def sizes():
    runners = [running(batch_size=size, seconds=5) for size in (1, 2, 3, 7, 50)]
    runners.append(running(batch_size=2, seconds=5, concurrency=2))
    yield runners
    for each_ in runners:
        each_.close()


ROWS = st.fixed_dictionaries(
    {"x": st.none() | st.integers() | st.text(max_size=5) | st.floats() | st.lists(st.booleans(), max_size=2)},
    optional={"do": st.sampled_from(["fail", "nan", "much", "object", "sure", "leave"])},
)


@settings(deadline=None, max_examples=40)
@given(rows=st.lists(ROWS, max_size=20))
def test_rows_are_answered_alike_and_in_order_however_they_are_split(sizes, rows):
    first, *others = [[replace(each_, latency_ms=None) for each_ in runner.answers(rows)] for runner in sizes]
    assert len(first) == len(rows)
    assert all(found == first for found in others)
