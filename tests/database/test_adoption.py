"""A database that is there already is used only if Coder's role can change what is in it."""

from pathlib import Path

import pytest

from tests.database.jobs import PASSWORDS, Jobs
from tests.database.server import ADMIN, RealServer
from tests.database.test_roles import VERSIONS, refused

SCHEMA = """
CREATE TYPE kind AS ENUM ('a');
CREATE TABLE schema_migrations (version bigint);
CREATE TABLE users (id bigserial, kind kind);
CREATE VIEW everyone AS SELECT * FROM users;
CREATE FUNCTION one() RETURNS int LANGUAGE sql AS 'SELECT 1';
"""
OWNED = "5 object(s)"
KINDS = "(1 function, 2 tables, 1 type, 1 view)"


def old_database(server: RealServer, owner: str) -> None:
    """A database `coder` whose objects belong to the login that Coder has used."""
    server.sql(f"CREATE ROLE {owner} LOGIN PASSWORD 'o'")
    server.sql(f"CREATE DATABASE coder OWNER {owner}")
    server.sql(SCHEMA, "coder", owner)


def statements(line: str) -> str:
    """The SQL at the end of a refusal."""
    return line[line.index(": ", line.index("in that database, run as")) + 2 :]


@VERSIONS
def test_objects_of_another_role_are_refused_with_statements_that_work_for_the_admin(
    server: RealServer, tmp_path: Path
) -> None:
    server.sql("CREATE ROLE old LOGIN PASSWORD 'o'", user=ADMIN)
    server.sql("CREATE DATABASE coder OWNER old")
    server.sql(SCHEMA, "coder", "old")
    jobs = Jobs(server, tmp_path, adopted_flavour="classic")
    [line] = refused(jobs)
    assert line.startswith(
        f'{OWNED} of database "coder" belong to role "old", not to "coder" {KINDS}, so Coder could '
        f'not change them: in that database, run as "{ADMIN}": CREATE ROLE coder NOLOGIN; '
    )
    assert server.login("old", "o", "coder") == "old", "the old login is not locked out"
    server.sql(statements(line), "coder", ADMIN)
    done = jobs.roles()
    assert done.code == 0, done
    assert jobs.preflight().code == 0
    assert server.login("coder_blue", PASSWORDS["blue"], "coder") == "coder"
    assert server.sql("SELECT pg_has_role('coder_admin', 'old', 'USAGE')") == "f", "given back"
    assert server.login("old", "o", "coder") == "old", "PUBLIC's CONNECT is not revoked"


@VERSIONS
def test_objects_that_the_admin_has_no_right_to_name_who_has(
    server: RealServer, tmp_path: Path
) -> None:
    server.sql("CREATE ROLE old SUPERUSER LOGIN; CREATE DATABASE coder OWNER old")
    server.sql(SCHEMA, "coder", "old")
    jobs = Jobs(server, tmp_path, adopted_flavour="classic")
    [line] = refused(jobs)
    assert "in that database, run as a superuser, or as a role with the rights of" in line
    server.sql(statements(line), "coder")
    assert "belong to role" not in jobs.roles().said


@VERSIONS
def test_objects_of_a_role_with_other_databases_are_listed_one_by_one(
    server: RealServer, tmp_path: Path
) -> None:
    server.sql("CREATE ROLE old LOGIN", user=ADMIN)
    server.sql("CREATE DATABASE coder OWNER old")
    server.sql("CREATE DATABASE others OWNER old")
    server.sql(SCHEMA, "coder", "old")
    jobs = Jobs(server, tmp_path, adopted_flavour="classic")
    before = server.state()
    done = jobs.roles()
    assert done.code == 1
    assert server.state() == before
    assert "the 5 statement(s) ALTER … OWNER TO in the log of this pod" in done.said
    assert "REASSIGN" not in done.said, "it would take the other database as well"
    listed = [line for line in done.printed.splitlines() if line.startswith("ALTER ")]
    assert "ALTER TABLE public.users OWNER TO coder;" in listed
    server.sql("CREATE ROLE coder; COMMENT ON ROLE coder IS 'coder stack=coder/dev database=coder'")
    server.sql("\n".join(listed), "coder")
    server.sql(f"ALTER DATABASE coder OWNER TO coder; GRANT coder TO {ADMIN} WITH ADMIN OPTION")
    done = jobs.roles()
    assert done.code == 0, done
    assert server.sql("SELECT pg_get_userbyid(datdba) FROM pg_database "
                      "WHERE datname = 'others'") == "old"  # fmt: skip


def test_the_preflight_names_objects_of_another_role_with_a_given_login(
    server: RealServer, tmp_path: Path
) -> None:
    old_database(server, "old")
    server.sql("CREATE ROLE bob LOGIN PASSWORD 'b'; GRANT ALL ON DATABASE coder TO bob")
    server.sql("GRANT ALL ON SCHEMA public TO bob", "coder")
    done = Jobs(server, tmp_path, adopted_flavour="classic").preflight("bob", "b")
    assert done.code == 1
    assert (
        f'owner: {OWNED} of database "coder" belong to role "old", not to "bob" {KINDS}, so Coder '
        "could not change them: in that database, run as a superuser, or as a role with the rights "
        'of "old" and "bob": REASSIGN OWNED BY old TO bob'
    ) in done.said


def test_objects_restored_by_another_role_stop_an_update_of_our_database(
    server: RealServer, tmp_path: Path
) -> None:
    jobs = Jobs(server, tmp_path)
    assert jobs.roles().code == 0
    server.sql(SCHEMA, "coder")
    for done in (jobs.roles(), jobs.preflight()):
        assert done.code == 1
        assert 'belong to role "postgres", not to "coder"' in done.said


@VERSIONS
def test_extensions_and_other_schemas_are_not_coders(server: RealServer, tmp_path: Path) -> None:
    jobs = Jobs(server, tmp_path)
    assert jobs.roles().code == 0
    server.sql("CREATE SCHEMA monitoring", "coder")
    server.sql("CREATE FUNCTION monitoring.one() RETURNS int LANGUAGE sql AS 'SELECT 1'", "coder")
    server.sql("CREATE EXTENSION IF NOT EXISTS plpgsql", "coder")
    server.sql(SCHEMA, "coder", "coder_blue")
    assert jobs.roles().code == 0
    assert jobs.preflight().code == 0


@pytest.mark.parametrize("table", ["provisioner_jobs", "environments"])
def test_the_flavour_is_told_from_the_tables(
    table: str, server: RealServer, tmp_path: Path
) -> None:
    there, other = ("v2", "classic") if table == "provisioner_jobs" else ("classic", "v2")
    server.sql("CREATE DATABASE coder")
    server.sql(f"CREATE TABLE schema_migrations (v int); CREATE TABLE {table} (id int)", "coder")
    for adopted in ("", other):
        [line] = refused(Jobs(server, tmp_path, flavour=other, adopted_flavour=adopted))
        assert f'database "coder" contains the data of Coder {there}, and chartVersion is' in line
        assert "existing.flavour" not in line, "the other flavour must not be offered"
    [line] = refused(Jobs(server, tmp_path, flavour=there))
    assert f"`pulumi config set --path existing.flavour {there}`" in line


def test_an_adopted_database_is_marked_and_needs_no_setting_afterwards(
    server: RealServer, tmp_path: Path
) -> None:
    server.sql(f"CREATE ROLE coder; COMMENT ON ROLE coder IS 'coder stack=coder/dev "
               f"database=coder'; GRANT coder TO {ADMIN} WITH ADMIN OPTION")  # fmt: skip
    server.sql("CREATE DATABASE coder OWNER coder")
    server.sql(f"SET ROLE coder; {SCHEMA}", "coder")
    [line] = refused(Jobs(server, tmp_path))
    assert "has 2 table(s) and no comment that names its owner" in line
    assert Jobs(server, tmp_path, adopted_flavour="classic").roles().code == 0
    assert Jobs(server, tmp_path).roles().code == 0


@VERSIONS
def test_a_given_login_that_does_not_own_the_database_keeps_its_mark(
    server: RealServer, tmp_path: Path
) -> None:
    server.sql("CREATE ROLE bob LOGIN PASSWORD 'b'")
    server.sql("CREATE DATABASE coder")
    server.sql("GRANT ALL ON SCHEMA public TO bob", "coder")
    jobs = Jobs(server, tmp_path)
    assert jobs.preflight("bob", "b").code == 0
    server.sql(SCHEMA, "coder", "bob")
    done = jobs.preflight("bob", "b")
    assert done.code == 0, "the first update was green, so the next one must be"
    assert server.sql("SELECT shobj_description(oid, 'pg_database') FROM pg_database "
                      "WHERE datname = 'coder'") == ""  # fmt: skip
    done = Jobs(server, tmp_path, stack="coder/other").preflight("bob", "b")
    assert 'owner: database "coder" belongs to stack coder/dev' in done.said
    cure = "DROP TABLE coder_pulumi_stack"
    assert cure in done.said


def test_a_login_that_owns_the_database_marks_it_in_the_comment(
    server: RealServer, tmp_path: Path
) -> None:
    server.sql("CREATE ROLE bob LOGIN PASSWORD 'b'")
    server.sql("CREATE DATABASE coder OWNER bob")
    assert Jobs(server, tmp_path).preflight("bob", "b").code == 0
    found = server.sql("SELECT shobj_description(oid, 'pg_database') FROM pg_database "
                       "WHERE datname = 'coder'")  # fmt: skip
    assert found == "coder stack=coder/dev flavour=classic"


def test_a_failed_check_records_no_owner(server: RealServer, tmp_path: Path) -> None:
    server.sql("CREATE ROLE bob LOGIN PASSWORD 'b'")
    server.sql("CREATE DATABASE coder")
    server.sql("GRANT ALL ON SCHEMA public TO bob", "coder")
    before = server.state()
    assert Jobs(server, tmp_path).preflight("bob", "b", MINIMUM_VERSION="99").code == 1
    assert server.state() == before
