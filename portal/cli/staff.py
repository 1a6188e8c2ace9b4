"""`portal staff`: accounts of the support team."""

from __future__ import annotations

import json
import sys

import click

from portal.cli.context import CliContext
from portal.usecases.staff.accounts import create_staff, list_staff


@click.group()
def staff() -> None:
    """Staff accounts."""


@staff.command("create")
@click.option("--email", required=True)
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(["agent", "admin"]), default="agent", show_default=True)
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking for it.")
@click.pass_obj
def create(context: CliContext, email: str, name: str, role: str, password_stdin: bool) -> None:
    """Make an account. The password is never an option: it would stand in the shell's history."""
    deps = context.deps()
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    user = create_staff(deps, email, name, role, password)
    click.echo(f"{user.email} can sign in as {user.role}: {context.settings().base_url}/staff/")


@staff.command("list")
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def list_command(context: CliContext, as_json: bool) -> None:
    """All accounts."""
    users = list_staff(context.deps())
    if as_json:
        rows = [{"email": u.email, "name": u.name, "role": u.role, "active": u.active} for u in users]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=2))
        return
    for user in users:
        click.echo(f"{user.email:<32} {user.role:<6} {user.name}{'' if user.active else '  (switched off)'}")
    if not users:
        click.echo("There is no account yet; `portal staff create` makes one.")
