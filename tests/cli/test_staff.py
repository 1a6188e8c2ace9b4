"""`portal staff`."""

from __future__ import annotations

import pytest

from tests.cli.support import Commands

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
ADA = ("staff", "create", "--email", "Ada@desk.example", "--name", "Ada", "--role", "admin")
WORDS = "correct horse battery staple"


def test_an_account_is_made_with_a_password_from_standard_input(commands: Commands) -> None:
    said = commands.say(*ADA, "--password-stdin", stdin=f"{WORDS}\n")
    assert said == "ada@desk.example can sign in as admin: https://portal.example/staff/\n"
    assert commands.json("staff", "list") == [
        {"email": "ada@desk.example", "name": "Ada", "role": "admin", "active": True}
    ]


def test_a_person_is_asked_twice_and_the_password_is_not_shown(commands: Commands) -> None:
    said = commands.say(*ADA, stdin=f"{WORDS}\n{WORDS}\n")
    assert WORDS not in said
    assert "ada@desk.example" in commands.say("staff", "list")


def test_a_weak_password_and_a_taken_address_are_refused(commands: Commands) -> None:
    assert commands.run(*ADA, "--password-stdin", stdin="ada\n").exception is not None
    assert "There is no account yet" in commands.say("staff", "list")
    commands.say(*ADA, "--password-stdin", stdin=f"{WORDS}\n")
    assert "already" in str(commands.run(*ADA, "--password-stdin", stdin=f"{WORDS}\n").exception)
