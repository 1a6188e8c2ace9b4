"""Groups whose commands are imported when they are called, so that small ones start at once."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

import click

# A command's name: (module, attribute, one line of help)
Commands = Mapping[str, tuple[str, str, str]]


class LazyGroup(click.Group):
    """Has `later` beside the commands that were added to it."""

    later: Commands = {}

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), *self.later]

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in self.later:
            return super().get_command(ctx, name)
        module, attribute, _ = self.later[name]
        command: click.Command = getattr(importlib.import_module(module), attribute)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        rows = [(name, command.get_short_help_str()) for name, command in self.commands.items()]
        rows += [(name, line) for name, (_, _, line) in self.later.items()]
        with formatter.section("Commands"):
            formatter.write_dl(rows)
