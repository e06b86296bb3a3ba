"""Ids are made from the canonical form, by whichever way is quickest."""

from __future__ import annotations

import hashlib

from hypothesis import given, settings
from hypothesis import strategies as st

from remiss.records.identity import canonical, case_id, crockford

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@settings(max_examples=50)
@given(TEXTS, TEXTS)
def test_a_case_id_is_sixty_bits_of_the_digest_of_source_and_event(source_name, event_id):
    bits = int.from_bytes(hashlib.sha256(canonical([source_name, event_id])).digest()) >> (256 - 60)
    assert case_id(source_name, event_id).replace("-", "") == crockford(bits, 12)
