"""What a protocol has events called, shown by the faces: in lists, of a case, beside the form; and never as markup."""

from __future__ import annotations

import pytest

from tests.serving import served
from tests.stories.logs import PROTOCOL

WORDS = """\
title: "{inputs.carrier} <b>from</b> {context.airport}: announced {output}, came {label}"
show:
  confidence: {of: late, threshold: 0.3}
  latency_ms: {label: Latency, unit: <i>ms</i>}
  inputs.distance: {label: "<u>Distance</u>", unit: miles}
  context.airport: {label: Airport}
guidelines: guidelines.md
"""
GUIDELINES = "# Read <script>alert(1)</script> first\n\n- *late* is 15 minutes\n"
QUERY = "criterion:missed-delay"


@pytest.fixture
def worded(captured, cli):
    """A captured log whose protocol got words since, by another capture of one week."""
    (captured.folder / "arrival-delay.yaml").write_text(PROTOCOL + WORDS)
    (captured.folder / "guidelines.md").write_text(GUIDELINES)
    done = cli("capture", captured.protocol, "--since", "2013-06-03", "--until", "2013-06-10")
    assert done.status == 0, done.err
    return captured


def test_the_terminal_tells_titles_labels_and_units(worded, cli):
    listed = cli("case", "search", QUERY, "--format", "json").json["items"]
    assert all(each["title"].endswith(": announced on-time, came late") for each in listed)
    case = listed[0]["id"]
    told = cli("case", "show", case).out
    assert listed[0]["title"] in told
    assert (
        "Probability of late" in told
        and "% (late is announced from 30" in told
        and "<u>Distance</u>" in told
        and " miles" in told
    )
    assert "guidelines: Read" in cli("case", "form", case).err
    raw = cli("case", "show", case, "--format", "json").json
    assert "distance" in raw["event"]["inputs"] and raw["show"]["inputs.distance"]["unit"] == "miles"


def test_a_version_that_changes_words_alone_is_said_to_mean_the_same(worded, cli):
    (worded.folder / "arrival-delay.yaml").write_text(PROTOCOL.replace("version: 1", "version: 2") + WORDS.replace("came", "was"))
    assert cli("capture", worded.protocol, "--since", "2013-06-03", "--until", "2013-06-10").status == 0
    answer = cli("protocol", "diff", "arrival-delay", "1", "2")
    assert (answer.status, "nothing of the meaning changed" in answer.err) == (1, True)


def test_what_the_model_did_not_see_is_called_as_people_call_it(captured, cli):
    inputs = 'inputs: {carrier: carrier, distance: distance, gusts: "nullif(distance, distance)"}'
    text = PROTOCOL.replace("inputs: [carrier, distance]", inputs).replace("version: 1", "version: 2")
    (captured.folder / "arrival-delay.yaml").write_text(text + 'show: {inputs.gusts: {label: "<u>Gusts</u>", unit: mph}}\n')
    done = cli("capture", captured.protocol, "--since", "2013-06-03", "--until", "2013-06-10")
    assert done.status == 0, done.err
    with served("remiss.db", {"REMISS_SOURCES": str(captured.folder)}) as there, there.browser() as client:
        [case, *_] = client.get("/api/v1/cases", params={"query": "protocol:arrival-delay@2 criterion:missed-delay"}).json()[
            "items"
        ]
        page = client.get(f"/cases/{case['id']}").text
    assert "1 value was missing: &lt;u&gt;Gusts&lt;/u&gt;." in page


def test_pages_show_them_as_text(worded):
    with served("remiss.db", {"REMISS_SOURCES": str(worded.folder)}) as there, there.browser() as client:
        case = client.get("/api/v1/cases", params={"query": QUERY}).json()["items"][0]
        escaped = case["title"].replace("<", "&lt;").replace(">", "&gt;")
        listed = client.get("/cases", params={"query": QUERY, "facets": "true"}).text
        page = client.get(f"/cases/{case['id']}", params={"controls": "true"}).text
        form = client.get(f"/queue/{case['id']}").text
    assert f'<span class="title">{escaped}</span>' in listed
    assert '<span title="context.airport">Airport</span>' in listed
    assert f"<h1>{escaped}</h1>" in page
    assert f'<span class="title">{escaped}</span>' in form
    for text in (page, form):
        assert "&lt;u&gt;Distance&lt;/u&gt;" in text and "Probability of late" in text
        assert "<u>" not in text and "<i>ms" not in text and "<b>from" not in text
    assert "<details" in form and "<em>late</em> is 15 minutes" in form and "<script>alert" not in form
