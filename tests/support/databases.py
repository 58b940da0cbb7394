"""Fresh databases for tests: a server in, a clone of a migrated template out, in some 30 ms."""

import secrets
from dataclasses import dataclass

import psycopg
from psycopg import sql

from tests.support.postgres_servers import PostgresServer


@dataclass(frozen=True, slots=True)
class Database:
    """A database of a test's own: its address, its server's edition, and the server for whoever must stop it."""

    dsn: str
    edition: str
    server: PostgresServer


class Databases:
    """Makes databases on one server; the template is migrated once."""

    def __init__(self, server: PostgresServer) -> None:
        self._server = server
        self._template: Database | None = None

    def empty(self) -> Database:
        """Return a new database with nothing in it (TimescaleDB's extension can be had, but is not made)."""
        return self._create("template0")

    def migrated(self) -> Database:
        """Return a new database with the hub's schema."""
        if self._template is None:
            from hub.store.migrate import migrate  # late: tests of a broker need no schema

            template = self.empty()
            migrate(template.dsn)
            self._template = template
        return self._create(_name_in(self._template.dsn))

    def close(self) -> None:
        """Remove the template: the server may be somebody's own."""
        if self._template is not None:
            self.drop(self._template)
            self._template = None

    def drop(self, database: Database) -> None:
        """Remove `database`, whoever is still connected to it."""
        self._server.start()
        with psycopg.connect(self._server.dsn("postgres"), autocommit=True) as connection:
            name = sql.Identifier(_name_in(database.dsn))
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))

    def _create(self, template: str) -> Database:
        self._server.start()  # a test of faults may have left it stopped
        name = f"test_{secrets.token_hex(6)}"
        with psycopg.connect(self._server.dsn("postgres"), autocommit=True) as connection:
            statement = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
            connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template)))
        return Database(self._server.dsn(name), self._server.edition, self._server)


def _name_in(dsn: str) -> str:
    return str(psycopg.conninfo.conninfo_to_dict(dsn)["dbname"])
