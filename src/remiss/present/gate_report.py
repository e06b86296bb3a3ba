"""A gate's decision as others read it: Markdown for a pull request, JUnit for a build server, annotations for GitHub."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from remiss.records.gate import GateCondition, GateDecision, GateVerdict

WORDS = {GateVerdict.PASS: "PASS", GateVerdict.FAIL: "FAIL", GateVerdict.INCONCLUSIVE: "INCONCLUSIVE"}
SIGNS = {GateVerdict.PASS: "✅", GateVerdict.FAIL: "❌", GateVerdict.INCONCLUSIVE: "❔"}
LEVELS = {GateVerdict.PASS: "notice", GateVerdict.FAIL: "error", GateVerdict.INCONCLUSIVE: "warning"}
MOST_CASES = 10
# What Markdown, or HTML within it, would take for its own.
_MARKED = re.compile(r"([\\`*_{}\[\]()#+!|~-])")
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def verdict_words(decision: GateDecision) -> str:
    """Return the verdict as it is said, with waivers where there are any."""
    count = decision.waivers
    return WORDS[decision.verdict] + (f" with {count} waiver{'s' if count > 1 else ''}" if count else "")


def markdown(decision: GateDecision, link: str | None = None) -> str:
    """Return a decision as Markdown.

    Parameters
    ----------
    link : where the catalog is served, for links to cases
    """
    lines = [
        f"## {SIGNS[decision.verdict]} {verdict_words(decision)}: {_plain(str(decision.model))}",
        "",
        f"Against {_plain(str(decision.baseline))}, gate {_plain(decision.gate)}, "
        + ", ".join(f"suite {_plain(each.name)} of {each.events:,} events ({each.sealed:,} sealed)" for each in decision.suites)
        + ".",
        "",
    ]
    if decision.worst and decision.verdict is not GateVerdict.PASS:
        lines += ["Look first at " + ", ".join(_case(case, link) for case in decision.worst[:MOST_CASES]) + ".", ""]
    lines += ["| | condition | result | cases |", "| --- | --- | --- | --- |"]
    for each in decision.conditions:
        waived = "" if each.waived is None else f" (waived {_plain(each.waived)})"
        cases = ", ".join(_case(case, link) for case in each.evidence[:3]) if each.verdict is not GateVerdict.PASS else ""
        verdict = f"{SIGNS[each.verdict]} {WORDS[each.verdict]}"
        lines.append(f"| {verdict} | {_plain(each.name)}{waived} | {_plain(each.says)} | {cases} |")
    notes = [f"- {_plain(each.name)}: {_plain(note)}" for each in decision.conditions for note in each.notes]
    if notes:
        lines += ["", "<details><summary>Notes</summary>", "", *notes, "", "</details>"]
    model = decision.model.digest or "known by its name only"
    lines += ["", f"Decision `{decision.id}`; model {_plain(model)}; policy `{decision.policy_digest}`.", ""]
    return "\n".join(lines)


def _plain(text: str) -> str:
    marked = _MARKED.sub(r"\\\1", " ".join(text.split()))
    # Behind a space without width nobody is mentioned.
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "@\u200b")


def _case(case: str, link: str | None) -> str:
    return f"`{case}`" if link is None else f"[{case}]({link.rstrip('/')}/cases/{case})"


def junit(decision: GateDecision) -> str:
    """Return a decision as JUnit has it: a test for each condition; inconclusive ones are errors, waived ones are skipped."""
    counted = [each for each in decision.conditions if each.waived is None]
    suite = Element(
        "testsuite",
        name=_xml(f"gate {decision.gate}: {decision.model} against {decision.baseline}"),
        tests=str(len(decision.conditions)),
        failures=str(sum(each.verdict is GateVerdict.FAIL for each in counted)),
        errors=str(sum(each.verdict is GateVerdict.INCONCLUSIVE for each in counted)),
        skipped=str(len(decision.conditions) - len(counted)),
    )
    for each in decision.conditions:
        test = SubElement(suite, "testcase", classname=_xml(f"gate.{decision.gate}"), name=_xml(each.name))
        if each.waived is not None:
            SubElement(test, "skipped", message=_xml(f"{WORDS[each.verdict]}, waived {each.waived}"))
        elif each.verdict is not GateVerdict.PASS:
            kind = "failure" if each.verdict is GateVerdict.FAIL else "error"
            SubElement(test, kind, message=_xml(each.says), type=each.verdict.value).text = _xml(_evidence(each))
        SubElement(test, "system-out").text = _xml("\n".join((each.says, *each.notes)))
    whole = Element("testsuites")
    whole.append(suite)
    indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(whole, "unicode") + "\n"


def _evidence(condition: GateCondition) -> str:
    return "\n".join(("cases:", *condition.evidence)) if condition.evidence else ""


def _xml(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def github(decision: GateDecision) -> str:
    """Return a decision as annotations of GitHub Actions, a line for each condition that does not pass, and one for the whole."""
    whole = f"{verdict_words(decision)}: {decision.model} against {decision.baseline}"
    lines = [f"::{LEVELS[decision.verdict]} title={_property(f'gate {decision.gate}')}::{_data(whole)}"]
    for each in decision.conditions:
        if each.verdict is not GateVerdict.PASS:
            level = "notice" if each.waived is not None else LEVELS[each.verdict]
            waived = "" if each.waived is None else f" (waived {each.waived})"
            lines.append(f"::{level} title={_property(each.name)}::{_data(each.says + waived)}")
    return "\n".join(lines) + "\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
