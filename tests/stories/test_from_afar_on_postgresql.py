"""The core stories once more, told to a server whose catalog is on PostgreSQL: as a team has it."""

from __future__ import annotations

import pytest

from tests.stories.test_capture import (
    log,
    test_a_capture_files_every_sampled_event_and_a_case_for_each_that_met_a_criterion,
    test_a_case_is_compared_with_controls_of_its_window_and_stratum,
    test_a_case_shows_what_happened_and_how_it_was_sampled,
    test_a_run_reproduces_and_says_when_its_source_is_another_or_away,
    test_another_meaning_under_the_same_version_is_refused,
    test_events_that_left_the_source_make_a_run_wait_until_somebody_accepts,
    test_refused_rows_are_counted_and_listed_and_strict_stops_at_them,
    test_status_tells_how_captures_stood_at_a_position,
    test_the_same_capture_again_finds_the_same_and_changes_nothing,
    test_without_an_interval_everything_due_is_captured_once,
)
from tests.stories.test_estimate import (
    captured,
    test_a_rate_is_among_judged_events_and_says_so_in_words,
    test_an_estimate_as_of_a_position_is_what_it_was_then,
    test_by_a_field_that_was_no_stratum_the_sample_answers_with_intervals,
    test_two_protocols_are_never_added_up,
)
from tests.stories.test_filing import (
    test_a_filed_case_is_found_by_what_its_inputs_are,
    test_a_filed_case_says_all_that_was_filed_redacted,
    test_a_revision_changes_what_it_names_and_keeps_what_was,
    test_who_read_an_older_revision_is_told_and_writes_nothing,
)
from tests.stories.test_looking_at_runs import (
    test_cells_of_a_run_are_disjoint_and_add_up_to_its_events,
    test_coverage_adds_up_the_windows_in_force,
    test_runs_are_listed_page_by_page,
    test_the_windows_of_a_run_say_for_which_it_is_in_force,
)
from tests.stories.test_people import (
    ana,
    test_people_and_teams_are_listed_as_they_were,
    test_who_may_do_what_is_answered_with_the_rule,
)


@pytest.fixture(params=["http on postgresql"])
def database(request):
    """This way alone; the other modules tell the rest."""
    return request.param
