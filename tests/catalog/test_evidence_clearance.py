"""How guarded raw evidence is."""

from dataclasses import replace

import pytest

from remiss.catalog.evidence_actions import checked_purpose, raw_sensitivity
from remiss.errors import InputError
from remiss.protocol.versions import restore
from remiss.records.case import Sensitivity
from tests.stories.logs import PROTOCOL

DOCUMENT = restore(PROTOCOL, "p.yaml")


def test_where_something_is_redacted_the_raw_event_is_restricted():
    assert raw_sensitivity(DOCUMENT, Sensitivity.INTERNAL) is Sensitivity.RESTRICTED


def test_where_nothing_is_redacted_it_is_as_guarded_as_the_case():
    plain = restore(PROTOCOL.replace("redaction: [email, phone]", "redaction: none"), "p.yaml")
    assert raw_sensitivity(plain, Sensitivity.INTERNAL) is Sensitivity.INTERNAL


def test_it_is_as_guarded_as_the_most_guarded_field_though_that_never_reaches_the_catalog():
    secret = replace(DOCUMENT, sensitivity={"inputs.carrier": Sensitivity.SECRET})
    assert raw_sensitivity(secret, Sensitivity.INTERNAL) is Sensitivity.SECRET


def test_it_is_never_less_guarded_than_its_case():
    assert raw_sensitivity(DOCUMENT, Sensitivity.SECRET) is Sensitivity.SECRET


def test_a_purpose_is_a_sentence():
    assert checked_purpose("  to see \n") == "to see"
    for purpose in ("", " ", "x" * 301, "\0", "to \x1b[2Jsee", "\udcff"):
        with pytest.raises(InputError):
            checked_purpose(purpose)


def test_where_a_protocol_says_nothing_of_redaction_the_raw_event_is_restricted():
    silent = restore(PROTOCOL.replace("redaction: [email, phone]\n", ""), "p.yaml")
    assert raw_sensitivity(silent, Sensitivity.INTERNAL) is Sensitivity.RESTRICTED
