"""What an event is called: by the template of its protocol, in lists and of one case; what people wrote comes first."""

import pytest

from remiss import capture, catalog, curate, protocol
from remiss.errors import NotFound
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

TITLE = 'title: "{inputs.carrier} from {context.airport}: announced {output}, came {label}"\n'
SHOW = """\
show:
  inputs.distance: {label: Distance, unit: miles}
  confidence: {label: Probability of late, of: late, threshold: 0.3}
"""
SINCE, UNTIL = MONDAY, MONDAY + WEEK


@pytest.fixture
def log(tmp_path):
    """A log whose protocol says what people call its events."""
    return small_log(tmp_path / "log", weeks=1).write(PROTOCOL + TITLE + SHOW)


def missed(ws, **asked):
    return catalog.search(ws, "criterion:missed-delay", **asked)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_lists_and_cases_are_called_by_the_template_of_their_protocol(ws, log, already_captured):
    already_captured(log, 0, 1)
    [line, *_] = missed(ws)
    case = catalog.show(ws, line["id"])
    called = f"{case.event.inputs['carrier']} from {case.event.context['airport']}: announced on-time, came late"
    assert (line["title"], case.title, case.title_by) == (called, called, "protocol")
    assert (case.show["inputs.distance"].unit, case.show["confidence"].threshold) == ("miles", 0.3)
    assert {each["title"] for each in missed(ws, as_of=case.position)} == {each["title"] for each in missed(ws)}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_people_wrote_comes_before_the_template(ws, log, already_captured):
    already_captured(log, 0, 1)
    [line, *_] = missed(ws)
    revised = catalog.revise(ws, line["id"], 1, title="The connection to Ohio")
    assert (revised.title, revised.title_by) == ("The connection to Ohio", "people")
    assert [each["title"] for each in missed(ws) if each["id"] == line["id"]] == ["The connection to Ohio"]
    cleared = catalog.revise(ws, line["id"], 2, clear=["title"])
    assert (cleared.title, cleared.title_by) == (line["title"], "protocol")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_capture_by_other_words_takes_the_newest_and_keeps_the_digest(ws, log, already_captured):
    already_captured(log, 0, 1)
    before = protocol.show(ws, "arrival-delay")
    log.write(PROTOCOL + TITLE.replace("announced", "we said"))
    capture.capture(ws, log.protocol, since=SINCE, until=UNTIL)
    after = protocol.show(ws, "arrival-delay")
    assert (after.digest, after.version) == (before.digest, before.version)
    assert "we said" in after.text and "we said" not in before.text
    assert protocol.show(ws, "arrival-delay", as_of=before.position).text == before.text
    assert all("we said on-time" in each["title"] for each in missed(ws))
    log.write(PROTOCOL)
    capture.capture(ws, log.protocol, since=SINCE, until=UNTIL)
    assert {each["title"] for each in missed(ws)} == {None}
    with pytest.raises(NotFound):
        protocol.show(ws, "arrival-delay", as_of=0)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_people_who_label_read_title_words_and_guidelines_and_nothing_personal_of_them(ws, log, tmp_path):
    log.write(PROTOCOL + TITLE + SHOW + "guidelines: guide.md\n")
    (log.folder / "guide.md").write_text("# Read first\n\nAsk ana@example.com when in *doubt*.\n")
    capture.capture(ws, log.protocol)
    [line, *_] = missed(ws)
    form = curate.form(ws, line["id"])
    assert (form.title, form.show["inputs.distance"].label) == (line["title"], "Distance")
    assert form.guidelines.startswith("# Read first\n\nAsk [email:") and "when in *doubt*" in form.guidelines
    assert "ana@" not in protocol.show(ws, "arrival-delay").text
    taken = curate.take(ws).task
    assert taken.form.title is not None
    assert [each.title for each in curate.list_queue(ws).in_hand] == [taken.form.title]
