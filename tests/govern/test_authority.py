"""What the operator of a database may do."""

from remiss.govern.authority import LocalOwner
from remiss.govern.ports import Actor


def test_the_local_owner_may_do_and_see_everything():
    owner, ana = LocalOwner(), Actor(name="ana")
    assert owner.may(ana, "case:annotate")
    assert owner.scope(ana).everything
