# The verbs of this chapter, written by `make tidy`.

from remiss.curate.agreement_actions import show_agreement as show_agreement
from remiss.curate.discussion_actions import comment as comment
from remiss.curate.discussion_actions import list_inbox as list_inbox
from remiss.curate.discussion_actions import list_threads as list_threads
from remiss.curate.discussion_actions import reopen_thread as reopen_thread
from remiss.curate.discussion_actions import resolve_thread as resolve_thread
from remiss.curate.discussion_actions import show_thread as show_thread
from remiss.curate.investigation_actions import investigation as investigation
from remiss.curate.investigation_actions import list_citations as list_citations
from remiss.curate.investigation_actions import write_experiment as write_experiment
from remiss.curate.investigation_actions import write_hypothesis as write_hypothesis
from remiss.curate.investigation_actions import write_remediation as write_remediation
from remiss.curate.investigation_actions import write_up as write_up
from remiss.curate.labelling_actions import adjudicate as adjudicate
from remiss.curate.labelling_actions import annotate as annotate
from remiss.curate.labelling_actions import form as form
from remiss.curate.labelling_actions import reopen as reopen
from remiss.curate.labelling_actions import verify as verify
from remiss.curate.linking_actions import link as link
from remiss.curate.linking_actions import unlink as unlink
from remiss.curate.queue_actions import list_queue as list_queue
from remiss.curate.queue_actions import release as release
from remiss.curate.queue_actions import take as take
from remiss.curate.recoding_actions import recode as recode
from remiss.curate.recoding_actions import recodings as recodings
from remiss.curate.recoding_actions import rehearse as rehearse
