# The verbs of this chapter, written by `make tidy`.

from remiss.safeguard.checklist_actions import gate_checklist as gate_checklist
from remiss.safeguard.gate_actions import attest_gate as attest_gate
from remiss.safeguard.gate_actions import decide as decide
from remiss.safeguard.gate_actions import list_gates as list_gates
from remiss.safeguard.gate_actions import show_gate as show_gate
from remiss.safeguard.model_actions import check_model as check_model
from remiss.safeguard.model_actions import list_models as list_models
from remiss.safeguard.notebook_actions import notebook as notebook
from remiss.safeguard.replay_actions import case_replays as case_replays
from remiss.safeguard.replay_actions import list_replays as list_replays
from remiss.safeguard.replay_actions import replay as replay
from remiss.safeguard.replay_actions import replay_cases as replay_cases
from remiss.safeguard.replay_jobs import replay_job as replay_job
from remiss.safeguard.result_actions import compare as compare
from remiss.safeguard.result_actions import list_result_rows as list_result_rows
from remiss.safeguard.result_actions import list_results as list_results
from remiss.safeguard.result_actions import run as run
from remiss.safeguard.result_actions import show_result as show_result
from remiss.safeguard.suite_actions import build_suite as build_suite
from remiss.safeguard.suite_actions import list_suite_rows as list_suite_rows
from remiss.safeguard.suite_actions import list_suites as list_suites
from remiss.safeguard.suite_actions import show_suite as show_suite
from remiss.safeguard.waiver_actions import approve_waiver as approve_waiver
from remiss.safeguard.waiver_actions import list_waivers as list_waivers
from remiss.safeguard.waiver_actions import request_waiver as request_waiver
