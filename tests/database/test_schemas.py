"""Coder's login finds Coder's tables, whatever schema they are in."""

from pathlib import Path

from tests.database.jobs import Jobs
from tests.database.server import RealServer

OTHER = {"SEARCH_PATH": "tables", "PGOPTIONS": "-c search_path=tables"}


def test_tables_in_a_schema_of_their_own(server: RealServer, tmp_path: Path) -> None:
    jobs = Jobs(server, tmp_path)
    assert jobs.roles().code == 0
    server.sql("SET ROLE coder; CREATE SCHEMA tables", "coder")
    server.sql("SET ROLE coder; CREATE TABLE tables.schema_migrations ()", "coder")
    done = jobs.preflight()
    assert done.code == 1, "Coder would begin anew in public"
    assert 'Coder would use schema "public"' in done.said
    assert "`pulumi config set --path existing.searchPath tables`" in done.said
    assert jobs.preflight(**OTHER).code == 0
    server.sql("SET ROLE coder; CREATE TABLE schema_migrations ()", "coder")
    assert 'is in "public" and "tables"' in jobs.preflight().said
    assert jobs.preflight(**OTHER).code == 0, "the setting decides between several"


def test_a_schema_that_does_not_exist_is_named(server: RealServer, tmp_path: Path) -> None:
    jobs = Jobs(server, tmp_path)
    assert jobs.roles().code == 0
    done = jobs.preflight(SEARCH_PATH="nope", PGOPTIONS="-c search_path=nope")
    assert "schema: search_path is nope, and no such schema exists" in done.said
