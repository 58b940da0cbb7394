"""`lianqin user` and `session-ticket`: the first administrator is made where nobody can sign in yet."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hub.cli.app import app
from hub.cli.failure import CommandError
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.people import sign_in


class Shell:
    """The command line over one database."""

    def __init__(self, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("LIANQIN_DATABASE_URL", database.dsn)
        self._runner = CliRunner()

    def run(self, *arguments: str, given: str = "") -> Result:
        return self._runner.invoke(app, list(arguments), input=given)

    def said(self, *arguments: str, given: str = "") -> str:
        done = self.run(*arguments, given=given)
        assert done.exit_code == 0, (done.output, done.exception)
        return done.stdout

    def refused(self, *arguments: str, given: str = "") -> str:
        done = self.run(*arguments, given=given)
        assert isinstance(done.exception, CommandError), (done.output, done.exception)
        return str(done.exception)


@pytest.fixture
def shell(plain_database: Database, monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(plain_database, monkeypatch)


def test_the_first_administrator_is_made_and_signs_in(shell: Shell, plain_database: Database, tmp_path: Path) -> None:
    assert "there is nobody yet" in shell.said("user", "list")
    made = json.loads(shell.said("user", "create", "boss", "--role", "admin", "--display-name", "主任", "--json"))
    with serving(plain_database.dsn, tmp_path) as api:
        assert sign_in(api.client(None), "boss", made["password"]).json()["must_change_password"] is True
        first = json.loads(shell.said("user", "reset-password", "Boss", "--json"))["password"]
        assert sign_in(api.client(None), "boss", made["password"]).status_code == 401
        assert sign_in(api.client(None), "boss", first).status_code == 200
        shell.said("user", "passwd", "boss", "--stdin", given="green apples fall at night\n")
        answer = sign_in(api.client(None), "boss", "green apples fall at night")
        assert answer.json()["must_change_password"] is False
        ticket_opens(api, shell)


def ticket_opens(api: Api, shell: Shell) -> None:
    ticket = shell.said("session-ticket", "--user", "boss").strip()
    answer = api.client(None).post("/api/v1/session/ticket", json={"ticket": ticket})
    assert (answer.json()["name"], answer.json()["how"]) == ("boss", "ticket")


def test_people_are_changed_disabled_and_listed(shell: Shell) -> None:
    shell.said("user", "create", "li.na", "--role", "operator", "--stdin", given="blue kettle sings at dawn\n")
    assert shell.said("user", "change", "li.na", "--role", "department", "--department", "d1", "--districts", "E,W")
    (user,) = [json.loads(line) for line in shell.said("user", "list", "--json").splitlines()]
    assert (user["role"], user["department"], user["districts"]) == ("department", "d1", ["E", "W"])
    assert "department of d1" in shell.said("user", "list")
    assert "nothing to change" in shell.said("user", "change", "li.na")
    shell.said("user", "change", "li.na", "--whole-city")
    assert "whole city" in shell.said("user", "list")
    assert "disabled li.na" in shell.said("user", "disable", "li.na")
    assert "was disabled before" in shell.said("user", "disable", "li.na")
    assert "li.na is disabled" in shell.refused("session-ticket", "--user", "li.na")
    assert "enabled li.na" in shell.said("user", "enable", "li.na")
    assert "at once" in shell.said("user", "unlock", "li.na")
    entries = [json.loads(line) for line in shell.said("audit", "export", "--format", "jsonl").splitlines()]
    assert [entry["action"] for entry in entries][:2] == ["user.created", "user.changed"]
    assert {entry["actor"] for entry in entries} == {"command line"}


def test_what_cannot_be_is_one_line_that_helps(shell: Shell) -> None:
    assert "needs a department" in shell.refused("user", "create", "x", "--role", "department")
    assert "choose one of" in shell.refused("user", "create", "x", "--role", "king")
    assert "cannot be a name" in shell.refused("user", "create", "x y", "--role", "admin")
    assert "guessed first" in shell.refused("user", "create", "x", "--role", "admin", "--stdin", given="password1234\n")
    assert "shows everybody" in shell.refused("user", "disable", "nobody")
    shell.said("user", "create", "x", "--role", "admin")
    assert "already" in shell.refused("user", "create", "X", "--role", "operator")
    assert "no terminal" in shell.refused("user", "passwd", "x")
    assert "either" in shell.refused("user", "change", "x", "--districts", "E", "--whole-city")
