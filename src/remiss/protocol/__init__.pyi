# The verbs of this chapter, written by `make tidy`.

from remiss.protocol.actions import check as check
from remiss.protocol.actions import diff as diff
from remiss.protocol.actions import list_protocols as list_protocols
from remiss.protocol.actions import show as show
from remiss.protocol.actions import show_taxonomy as show_taxonomy
