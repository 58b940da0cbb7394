"""The audit can only grow: what is written is neither changed nor removed; who does it all the same is found."""

import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from hub.store.audit import Actor, note
from hub.store.read_audit import AuditProof, verify_audit
from tests.support.databases import Database

AT = datetime(2026, 11, 23, 8, 0, 0, 123456, tzinfo=UTC)


def written(dsn: str, count: int = 5) -> None:
    with psycopg.connect(dsn) as connection:
        for n in range(count):
            who = Actor(name="李娜", remote="192.0.2.7" if n % 2 else None)
            note(connection, who, "test.done", f"thing/{n}", at=AT, detail={"n": n, "é": None, "x": 1e22})


def proof(dsn: str, noted: tuple[int, str] | None = None) -> AuditProof:
    with psycopg.connect(dsn) as connection:
        return verify_audit(connection, noted=noted)


def test_the_database_refuses_to_change_or_remove_what_was_done(database: Database) -> None:
    written(database.dsn)
    with psycopg.connect(database.dsn, autocommit=True) as connection:
        for statement in (
            "UPDATE audit SET actor = 'nobody'",
            "DELETE FROM audit",
            "TRUNCATE audit",
            "UPDATE audit_chain SET hash = ''",
            "DELETE FROM audit_chain WHERE seq = 5",
            "TRUNCATE audit_chain",
        ):
            with pytest.raises(psycopg.errors.RestrictViolation, match="the audit can only grow"):
                connection.execute(statement.encode())
    found = proof(database.dsn)
    assert (found.entries, found.seq, found.problems) == (5, 5, [])


def test_many_at_once_make_one_chain(plain_database: Database) -> None:
    def write() -> None:
        for _ in range(10):
            written(plain_database.dsn, 2)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    found = proof(plain_database.dsn)
    assert (found.entries, found.seq, found.problems) == (80, 80, [])


def test_the_chain_s_lock_is_taken_after_every_other(plain_database: Database) -> None:
    """One writes the audit and then locks a row; another has the row and writes the audit: neither waits for ever."""
    dsn = plain_database.dsn
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE thing (id int PRIMARY KEY); INSERT INTO thing VALUES (1)")
    who = Actor(name="x")
    with psycopg.connect(dsn) as one, psycopg.connect(dsn) as other:
        note(one, who, "test.done", "thing/1", at=AT)
        other.execute("SELECT 1 FROM thing FOR UPDATE")
        note(other, who, "test.done", "thing/1", at=AT)
        waiting = threading.Thread(target=lambda: one.execute("SELECT 1 FROM thing FOR UPDATE"))
        waiting.start()
        other.commit()
        waiting.join(timeout=30)
        assert not waiting.is_alive()
        one.commit()
    assert proof(dsn).problems == []


def test_what_is_rolled_back_was_never_done(plain_database: Database) -> None:
    written(plain_database.dsn, 1)
    with psycopg.connect(plain_database.dsn) as connection:
        note(connection, Actor(name="x"), "test.done", "x", at=AT)
        connection.rollback()
    written(plain_database.dsn, 1)
    found = proof(plain_database.dsn)
    assert (found.entries, found.seq, found.problems) == (2, 2, [])


@pytest.mark.parametrize(
    ("forgery", "found"),
    [
        ("UPDATE audit SET actor = 'somebody else' WHERE target = 'thing/2'", "entry 3 is not what was written"),
        ("UPDATE audit SET detail = '{}' WHERE target = 'thing/0'", "entry 1 is not what was written"),
        ("UPDATE audit SET at = at + interval '1 microsecond' WHERE target = 'thing/4'", "entry 5 is not what"),
        ("UPDATE audit SET remote = '' WHERE target = 'thing/4'", "entry 5 is not what"),
        ("DELETE FROM audit WHERE target = 'thing/1'", "entry 2 is gone"),
        ("DELETE FROM audit_chain WHERE seq = 2", "the entries 2 to 2 are gone from the chain"),
        ("DELETE FROM audit_chain WHERE seq = 5", "entry 5 is recorded as its end"),
        ("UPDATE audit_head SET hash = 'x'", "entry 5 is recorded as its end"),
        (
            "INSERT INTO audit (at, actor, action, target) VALUES (now(), 'x', 'test.done', 'x')",
            "1 entries are in no chain",
        ),
    ],
)
def test_a_forgery_is_found(plain_database: Database, forgery: str, found: str) -> None:
    written(plain_database.dsn)
    with psycopg.connect(plain_database.dsn, autocommit=True) as forger:
        forger.execute("SET session_replication_role = replica")  # as only who commands the database can
        forger.execute(forgery.encode())
    problems = proof(plain_database.dsn).problems
    assert any(found in problem for problem in problems), problems


def test_an_end_that_is_cut_off_cleanly_is_found_by_what_was_noted(plain_database: Database) -> None:
    dsn = plain_database.dsn
    written(dsn)
    before = proof(dsn)
    noted = (before.seq, before.hash)
    written(dsn, 1)
    assert proof(dsn, noted).problems == []
    with psycopg.connect(dsn, autocommit=True) as forger:
        forger.execute("SET session_replication_role = replica")
        forger.execute("DELETE FROM audit WHERE id IN (SELECT audit_id FROM audit_chain WHERE seq > 3)")
        forger.execute("DELETE FROM audit_chain WHERE seq > 3")
        forger.execute("UPDATE audit_head SET (seq, hash) = (SELECT seq, hash FROM audit_chain WHERE seq = 3)")
    assert proof(dsn).problems == []  # by itself it looks whole
    assert "entry 5 is not the one that was noted" in proof(dsn, noted).problems[0]


def test_what_was_written_before_the_chain_was_joins_it(empty_database: Database, tmp_path: Path) -> None:
    from hub.store.migrate import FOLDER, migrate, migrations

    before = [one.name for one in migrations(FOLDER) if one.name < "0006"]
    folder = tmp_path / "migrations"
    folder.mkdir()
    for path in FOLDER.glob("*.sql"):
        if path.stem in before:
            (folder / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    migrate(empty_database.dsn, folder=folder)
    with psycopg.connect(empty_database.dsn) as connection:
        for n in range(3):
            connection.execute(
                "INSERT INTO audit (at, actor, action, target) VALUES (%s, 'Li', 'alert.shelved', %s)", (AT, f"x/{n}")
            )
    migrate(empty_database.dsn)
    written(empty_database.dsn, 1)
    found = proof(empty_database.dsn)
    assert (found.entries, found.seq, found.problems) == (4, 4, [])


def test_the_command_line_verifies_and_exports(plain_database: Database) -> None:
    written(plain_database.dsn)

    def lianqin(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "hub.cli", *arguments],
            env={"LIANQIN_DATABASE_URL": plain_database.dsn, "PATH": ""},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    status, said = lianqin("audit", "verify")
    assert (status, "5 entries: all as written" in said) == (0, True)
    noted = said.split()[-1]
    status, said = lianqin("audit", "export", "--format", "jsonl")
    assert (status, len(said.splitlines()), "audit.exported" in said.splitlines()[-1]) == (0, 6, True)
    assert lianqin("audit", "verify", "--noted", noted)[0] == 0
    status, said = lianqin("audit", "verify", "--noted", "5:abc")
    assert (status, "not the one that was noted" in said) == (1, True)
    assert lianqin("audit", "verify", "--noted", "yesterday")[0] == 2
