"""Runs commands as a person would, on a database that has every table."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from click.testing import CliRunner, Result

from portal.cli import portal
from portal.cli.context import CliContext
from portal.errors import PortalError
from portal.settings import Settings
from portal.usecases.deps import Deps


@dataclass(frozen=True)
class Commands:
    """`run` gives the result; `say` its output, after checking that it went well; `refuse` the message of a refusal."""

    deps: Deps
    settings: Settings

    def run(self, *args: object, stdin: str | None = None) -> Result:
        context = CliContext(lambda: self.settings, lambda: self.deps)
        return CliRunner().invoke(portal, [str(a) for a in args], obj=context, input=stdin)

    def say(self, *args: object, stdin: str | None = None) -> str:
        result = self.run(*args, stdin=stdin)
        if result.exception is not None:
            raise result.exception
        return result.output

    def json(self, *args: object) -> Any:
        return json.loads(self.say(*args, "--json"))

    def refuse(self, *args: object) -> str:
        error = self.run(*args).exception
        assert isinstance(error, PortalError), error
        return str(error)
