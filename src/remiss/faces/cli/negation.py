"""Commands whose QUERY may begin with `-`, as a query that begins with what is not wanted does."""

from __future__ import annotations

import click


class QueryCommand(click.Command):
    """A command with one argument, a query: `remiss case search -status:verified` means what it says."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move what begins with a single `-` and is no option behind `--`, where click reads it as the argument."""
        options = [each for each in self.get_params(ctx) if isinstance(each, click.Option)]
        names = {name for each in options for name in each.opts}
        valued = {name for each in options if not each.is_flag for name in each.opts}
        end = args.index("--") if "--" in args else len(args)
        others: list[str] = []
        queries: list[str] = []
        for at, word in enumerate(args[:end]):
            negated = len(word) > 1 and word[0] == "-" != word[1] and word not in names
            is_value = at > 0 and args[at - 1] in valued and not (at > 1 and args[at - 2] in valued)
            (queries if negated and not is_value else others).append(word)
        return super().parse_args(ctx, [*others, "--", *queries, *args[end + 1 :]])
