# The verbs of this chapter, written by `make tidy`.

from remiss.safeguard.model_actions import check_model as check_model
from remiss.safeguard.model_actions import list_models as list_models
from remiss.safeguard.replay_actions import replay as replay
