"""A gate's decision as others read it: Markdown for a pull request, JUnit for a build server, annotations for GitHub."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from remiss.records.gate import SHOWN_EVIDENCE, GateChecklist, GateCondition, GateDecision, GateVerdict

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
    return WORDS[decision.verdict] + (f" with {_waivers(count)}" if count else "")


def markdown(decision: GateDecision, link: str | None = None) -> str:
    """Return a decision as Markdown.

    Parameters
    ----------
    link : where the catalog is served, for links to cases
    """
    lines = [
        f"## {SIGNS[decision.verdict]} {verdict_words(decision)}: {markdown_text(str(decision.model))}",
        "",
        *_regressed(decision, link),
        f"Against {markdown_text(str(decision.baseline))}, gate {markdown_text(decision.gate)}, "
        + ", ".join(
            f"suite {markdown_text(each.name)} of {each.events:,} events ({each.sealed:,} sealed, {each.synthetic:,} synthetic)"
            for each in decision.suites
        )
        + ".",
        "",
    ]
    if decision.worst and decision.verdict is not GateVerdict.PASS:
        lines += ["Look first at " + ", ".join(case_link(case, link) for case in decision.worst[:MOST_CASES]) + ".", ""]
    lines += ["| | condition | result | cases |", "| --- | --- | --- | --- |"]
    for each in decision.conditions:
        waived = "" if each.waived is None else f" (waived {markdown_text(each.waived)})"
        cases = ", ".join(case_link(case, link) for case in each.evidence[:3])
        cases = f"{cases} ({shown})" if cases and (shown := each.shown(3)) else cases
        cases = cases if each.verdict is not GateVerdict.PASS else ""
        verdict = f"{SIGNS[each.verdict]} {WORDS[each.verdict]}"
        lines.append(f"| {verdict} | {markdown_text(each.name)}{waived} | {markdown_text(each.says)} | {cases} |")
    notes = [f"- {markdown_text(each.name)}: {markdown_text(note)}" for each in decision.conditions for note in each.notes]
    if notes:
        lines += ["", "<details><summary>Notes</summary>", "", *notes, "", "</details>"]
    model = decision.model.digest or "known by its name only"
    lines += ["", f"Decision `{decision.id}`; model {markdown_text(model)}; policy `{decision.policy_digest}`.", ""]
    return "\n".join(lines)


def checklist(found: GateChecklist) -> str:
    """Return the checklist of a release as a Markdown list of tasks: ticked by facts, or left to whom it names."""
    with_them = f" with {_waivers(found.waivers)}" if found.waivers else ""
    lines = [
        f"# Release of {markdown_text(found.model)}",
        "",
        f"Gate {markdown_text(found.gate)}: {WORDS[found.verdict]}{with_them}.",
        "",
    ]
    for each in found.lines:
        who = "" if each.who is None else f" To be ticked by {markdown_text(each.who)}."
        evidence = ", ".join(f"`{one}`" for one in each.evidence[:MOST_CASES])
        evidence += f" ({shown})" if (shown := each.shown(MOST_CASES)) else ""
        said = f"- [{'x' if each.checked else ' '}] **{markdown_text(each.what)}.** {markdown_text(each.says)}.{who}"
        lines.append(said + (f" {evidence}" if evidence else ""))
    return "\n".join((*lines, ""))


def _waivers(count: int) -> str:
    return f"{count} waiver{'s' if count > 1 else ''}"


def regressed_words(decision: GateDecision) -> str:
    """Return how many resolved cases are back, of a version that broke any."""
    count = len(decision.regressed)
    return f"{count:,} resolved case{'s' if count > 1 else ''} regressed"


def _regressed(decision: GateDecision, link: str | None) -> list[str]:
    if not decision.regressed:
        return []
    more = f" ({MOST_CASES} of {len(decision.regressed):,} shown)" if len(decision.regressed) > MOST_CASES else ""
    named = ", ".join(case_link(case, link) for case in decision.regressed[:MOST_CASES]) + more
    return [f"**{regressed_words(decision)}**: {named}.", ""]


def markdown_text(text: str) -> str:
    """Return text of which Markdown takes nothing for its own."""
    marked = _MARKED.sub(r"\\\1", " ".join(text.split()))
    # Behind a space without width nobody is mentioned.
    return marked.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("@", "@\u200b")


def case_link(case: str, link: str | None) -> str:
    """Return the id of a case, as a link where it is known where the catalog is served."""
    return f"`{case}`" if link is None else f"[{case}]({link.rstrip('/')}/cases/{case})"


def junit(decision: GateDecision) -> str:
    """Return a decision as JUnit has it: a test for each condition; inconclusive ones are errors, waived ones are skipped."""
    counted = [each for each in decision.conditions if each.waived is None]
    suite = Element(
        "testsuite",
        name=xml_text(f"gate {decision.gate}: {decision.model} against {decision.baseline}"),
        tests=str(len(decision.conditions)),
        failures=str(sum(each.verdict is GateVerdict.FAIL for each in counted)),
        errors=str(sum(each.verdict is GateVerdict.INCONCLUSIVE for each in counted)),
        skipped=str(len(decision.conditions) - len(counted)),
    )
    synthetic = str(sum(each.synthetic for each in decision.suites))
    SubElement(SubElement(suite, "properties"), "property", name="synthetic", value=synthetic)
    for each in decision.conditions:
        test = SubElement(suite, "testcase", classname=xml_text(f"gate.{decision.gate}"), name=xml_text(each.name))
        if each.waived is not None:
            SubElement(test, "skipped", message=xml_text(f"{WORDS[each.verdict]}, waived {each.waived}"))
        elif each.verdict is not GateVerdict.PASS:
            kind = "failure" if each.verdict is GateVerdict.FAIL else "error"
            SubElement(test, kind, message=xml_text(each.says), type=each.verdict.value).text = xml_text(_evidence(each))
        SubElement(test, "system-out").text = xml_text("\n".join((each.says, *each.notes)))
    return xml_document(suite)


def xml_document(suite: Element) -> str:
    """Return a suite of tests as a document of JUnit."""
    whole = Element("testsuites")
    whole.append(suite)
    indent(whole)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(whole, "unicode") + "\n"


def _evidence(condition: GateCondition) -> str:
    shown = condition.shown(SHOWN_EVIDENCE)
    return "\n".join((f"cases{f', {shown}' * bool(shown)}:", *condition.evidence[:SHOWN_EVIDENCE])) if condition.evidence else ""


def xml_text(text: str) -> str:
    """Return text without what XML cannot hold."""
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)


def github(decision: GateDecision) -> str:
    """Return a decision as annotations of GitHub Actions, a line for each condition that does not pass, and one for the whole."""
    whole = f"{verdict_words(decision)}: {decision.model} against {decision.baseline}"
    lines = [annotation(LEVELS[decision.verdict], f"gate {decision.gate}", whole)]
    if decision.regressed:
        named = f"{regressed_words(decision)}: {', '.join(decision.regressed[:MOST_CASES])}"
        lines.append(annotation("error", "regressed", named))
    for each in decision.conditions:
        if each.verdict is not GateVerdict.PASS:
            level = "notice" if each.waived is not None else LEVELS[each.verdict]
            waived = "" if each.waived is None else f" (waived {each.waived})"
            lines.append(annotation(level, each.name, each.says + waived))
    events, synthetic = (sum(getattr(each, name) for each in decision.suites) for name in ("events", "synthetic"))
    return "".join((*lines, annotation("notice", "synthetic", f"{synthetic:,} of {events:,} events")))


def annotation(level: str, title: str, text: str) -> str:
    """Return an annotation of GitHub Actions, a line."""
    return f"::{level} title={_property(title)}::{_data(text)}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
