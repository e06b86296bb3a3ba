# The verbs of this chapter, written by `make tidy`.

from remiss.safeguard.model_actions import check_model as check_model
from remiss.safeguard.model_actions import list_models as list_models
from remiss.safeguard.notebook_actions import notebook as notebook
from remiss.safeguard.replay_actions import case_replays as case_replays
from remiss.safeguard.replay_actions import list_replays as list_replays
from remiss.safeguard.replay_actions import replay as replay
from remiss.safeguard.replay_actions import replay_cases as replay_cases
from remiss.safeguard.replay_jobs import replay_job as replay_job
