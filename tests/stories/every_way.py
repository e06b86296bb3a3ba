"""Which stories are told from afar and by commands in `make test` too; `make soak` tells all of them in every way.

Each action has one story in which a server and a command do it and answer, and each kind of refusal has one. That a story does
what it is listed for is held against what was performed while it was told (conftest.py).
"""

from __future__ import annotations

STORIES: dict[str, tuple[str, ...]] = {
    "test_agreement.py::test_where_nobody_has_labelled_twice_there_are_no_figures": ("agreement.show",),
    "test_capture.py::test_a_case_is_compared_with_controls_of_its_window_and_stratum": ("case.compare",),
    "test_capture.py::test_a_run_is_read_as_it_stood_at_a_position": ("run.accept", "run.show"),
    "test_capture.py::test_a_run_reproduces_and_says_when_its_source_is_another_or_away": ("reproduce",),
    "test_capture.py::test_events_that_left_the_source_make_a_run_wait_until_somebody_accepts": ("run.diff",),
    "test_capture.py::test_refused_rows_are_counted_and_listed_and_strict_stops_at_them": ("capture", "run.refused"),
    "test_capture.py::test_status_tells_how_captures_stood_at_a_position": ("status",),
    "test_capture.py::test_without_an_interval_everything_due_is_captured_once": ("capture.due",),
    "test_discussion.py::test_a_question_is_asked_answered_and_settled": (
        "case.comment", "inbox.list", "thread.list", "thread.reopen", "thread.resolve", "thread.show",
    ),
    "test_estimate.py::test_a_question_without_an_honest_answer_is_refused_with_advice": (),
    "test_estimate.py::test_an_estimate_as_of_a_position_is_what_it_was_then": ("estimate",),
    "test_evidence.py::test_a_file_is_attached_to_a_case_got_back_and_removed": (
        "attachment.add", "attachment.get", "attachment.list", "attachment.remove",
    ),
    "test_evidence.py::test_every_raw_event_is_readable_after_a_rotation_which_is_journalled": ("catalog.rotate", "catalog.info"),
    "test_evidence.py::test_whoever_may_sees_the_raw_event_and_it_is_recorded_that_they_looked_and_what_for": (
        "audit.search", "evidence.show",
    ),
    "test_filing.py::test_a_revision_changes_what_it_names_and_keeps_what_was": ("case.file", "case.revise", "case.history"),
    "test_filing.py::test_before_filing_one_is_told_which_case_it_would_be_like_and_in_what": ("case.duplicates", "case.search"),
    "test_filing.py::test_cases_are_counted_by_the_fields_that_are_asked_for": ("case.facets",),
    "test_filing.py::test_who_read_an_older_revision_is_told_and_writes_nothing": (),
    "test_investigation.py::test_a_cause_is_supposed_tested_mended_and_written_up": (
        "write-up.write", "experiment.write", "case.investigation", "remediation.write", "hypothesis.write", "citation.list",
    ),
    "test_looking_at_runs.py::test_cells_of_a_run_are_disjoint_and_add_up_to_its_events": ("run.cells",),
    "test_looking_at_runs.py::test_coverage_can_be_read_as_it_was": ("run.coverage",),
    "test_looking_at_runs.py::test_runs_are_listed_page_by_page": ("run.list",),
    "test_looking_at_runs.py::test_the_windows_of_a_run_say_for_which_it_is_in_force": ("run.windows",),
    "test_people.py::test_a_link_is_shown_once_and_listed_as_one_that_works_once": ("token.link",),
    "test_people.py::test_a_person_holds_what_was_granted_until_it_is_taken": ("person.grant", "person.revoke"),
    "test_people.py::test_a_token_is_shown_once_and_revoked_by_its_id": ("token.create", "token.list", "token.revoke"),
    "test_people.py::test_people_and_teams_are_listed_as_they_were": (
        "person.add", "person.disable", "person.list", "team.add", "team.list",
    ),
    "test_people.py::test_who_may_do_what_is_answered_with_the_rule": ("access.check",),
    "test_protocol.py::test_the_catalog_keeps_each_version_and_shows_what_changed": (
        "protocol.diff", "protocol.list", "protocol.show",
    ),
    "test_recoding.py::test_a_mode_is_renamed_after_a_rehearsal": (
        "case.show", "taxonomy.recode", "taxonomy.recodings", "taxonomy.rehearse",
    ),
}  # fmt: skip

# Told in a server whose catalog is on PostgreSQL too: what writes much, what reads much, and what two do at once.
ON_POSTGRESQL = {
    "test_a_capture_files_every_sampled_event_and_a_case_for_each_that_met_a_criterion",
    "test_an_estimate_as_of_a_position_is_what_it_was_then",
    "test_who_read_an_older_revision_is_told_and_writes_nothing",
}
