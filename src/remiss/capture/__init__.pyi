# The verbs of this chapter, written by `make tidy`.

from remiss.capture.actions import capture as capture
from remiss.capture.actions import due as due
from remiss.capture.actions import plan as plan
from remiss.capture.capture_status import status as status
from remiss.capture.job_actions import capture_job as capture_job
from remiss.capture.job_actions import due_jobs as due_jobs
from remiss.capture.redact_actions import redact_run as redact_run
from remiss.capture.reproduction import reproduce as reproduce
from remiss.capture.run_actions import accept as accept
from remiss.capture.run_actions import cells as cells
from remiss.capture.run_actions import coverage as coverage
from remiss.capture.run_actions import diff as diff
from remiss.capture.run_actions import histograms as histograms
from remiss.capture.run_actions import list_runs as list_runs
from remiss.capture.run_actions import refused as refused
from remiss.capture.run_actions import show as show
from remiss.capture.run_actions import windows as windows
