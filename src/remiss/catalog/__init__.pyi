# The verbs of this chapter, written by `make tidy`.

from remiss.catalog.actions import compare as compare
from remiss.catalog.actions import facets as facets
from remiss.catalog.actions import file as file
from remiss.catalog.actions import history as history
from remiss.catalog.actions import info as info
from remiss.catalog.actions import revise as revise
from remiss.catalog.actions import search as search
from remiss.catalog.actions import show as show
from remiss.catalog.attachment_actions import add_attachment as add_attachment
from remiss.catalog.attachment_actions import erase_attachment as erase_attachment
from remiss.catalog.attachment_actions import get_attachment as get_attachment
from remiss.catalog.attachment_actions import list_attachments as list_attachments
from remiss.catalog.attachment_actions import remove_attachment as remove_attachment
from remiss.catalog.attachment_actions import restore_attachment as restore_attachment
from remiss.catalog.evidence_actions import show_evidence as show_evidence
from remiss.catalog.similar_actions import duplicates as duplicates
from remiss.catalog.similar_actions import similar as similar
from remiss.catalog.view_actions import list_views as list_views
from remiss.catalog.view_actions import remove_view as remove_view
from remiss.catalog.view_actions import rename_view as rename_view
from remiss.catalog.view_actions import save_view as save_view
