# The verbs of this chapter, written by `make tidy`.

from remiss.govern.access_actions import check_access as check_access
from remiss.govern.access_actions import create_token as create_token
from remiss.govern.access_actions import invite_person as invite_person
from remiss.govern.access_actions import link_token as link_token
from remiss.govern.access_actions import list_tokens as list_tokens
from remiss.govern.access_actions import revoke_token as revoke_token
from remiss.govern.actions import doctor as doctor
from remiss.govern.actions import rotate as rotate
from remiss.govern.audit_actions import checkpoint as checkpoint
from remiss.govern.audit_actions import prove as prove
from remiss.govern.audit_actions import search_audit as search_audit
from remiss.govern.audit_actions import verify_audit as verify_audit
from remiss.govern.job_actions import cancel as cancel
from remiss.govern.job_actions import list_jobs as list_jobs
from remiss.govern.job_actions import show_job as show_job
from remiss.govern.people_actions import add_person as add_person
from remiss.govern.people_actions import add_team as add_team
from remiss.govern.people_actions import disable as disable
from remiss.govern.people_actions import grant as grant
from remiss.govern.people_actions import list_people as list_people
from remiss.govern.people_actions import list_teams as list_teams
from remiss.govern.people_actions import revoke_person as revoke_person
