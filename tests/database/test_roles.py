"""Roles that exist already are used only if they are this stack's."""

from pathlib import Path

import pytest

from tests.database.jobs import PASSWORDS, Jobs
from tests.database.server import ADMIN, ADMIN_PASSWORD, SUPERUSER, RealServer

VERSIONS = pytest.mark.parametrize("server", ["12", "16", "17"], indirect=True)
MARK = "coder stack=coder/dev database=coder"


def refused(jobs: Jobs) -> list[str]:
    """The lines of a refusal, which must have changed nothing."""
    before = jobs.server.state()
    done = jobs.roles()
    assert done.code == 1, done
    assert jobs.server.state() == before, "a refused Job must not change anything"
    return [line.strip() for line in done.said.splitlines()]


def comment(server: RealServer, role: str) -> str:
    return server.sql(f"SELECT shobj_description('{role}'::regrole, 'pg_authid')")


@VERSIONS
def test_a_stack_whose_owner_role_is_anothers_login_is_refused(
    server: RealServer, tmp_path: Path
) -> None:
    assert Jobs(server, tmp_path).roles().code == 0
    [line] = refused(Jobs(server, tmp_path, stack="coder/other", database="coder_blue"))
    assert line == (
        'role "coder_blue" exists and is not this stack\'s (LOGIN, member of coder; its comment '
        "says coder stack=coder/dev database=coder): set existing.database to another name, "
        "because the roles are named after it; or, if nothing uses the role, run DROP ROLE "
        "coder_blue; or, to let this stack change its attributes and password, run COMMENT ON ROLE "
        "coder_blue IS 'coder stack=coder/other database=coder_blue'"
    )


def test_two_stacks_on_one_server_do_not_reach_each_other(
    server: RealServer, tmp_path: Path
) -> None:
    assert Jobs(server, tmp_path).roles().code == 0
    other = Jobs(server, tmp_path, stack="coder/other", database="coder2")
    assert other.roles().code == 0
    for login, database in (("coder_blue", "coder2"), ("coder2_blue", "coder")):
        assert "permission denied for database" in server.login(login, PASSWORDS["blue"], database)
        assert server.login(login, PASSWORDS["blue"], login.partition("_")[0]) != ""
    reach = server.sql("SELECT pg_has_role('coder_blue', 'coder2', 'MEMBER'), "
                       "pg_has_role('coder2_blue', 'coder', 'MEMBER')")  # fmt: skip
    assert reach == "f|f"


@VERSIONS
def test_a_role_of_another_application_is_refused(server: RealServer, tmp_path: Path) -> None:
    server.sql("CREATE ROLE app_rw; CREATE ROLE coder_green LOGIN PASSWORD 'theirs' IN ROLE app_rw")
    [line] = refused(Jobs(server, tmp_path))
    assert line.startswith(
        'role "coder_green" exists and is not this stack\'s (LOGIN, member of app_rw): '
    )
    assert "DROP ROLE coder_green" in line
    assert server.login("coder_green", "theirs") == "coder_green", "the application still connects"


@VERSIONS
def test_the_superuser_of_coders_documentation_is_refused_until_a_person_marks_it(
    server: RealServer, tmp_path: Path
) -> None:
    server.sql("CREATE ROLE coder LOGIN SUPERUSER PASSWORD 'theirs'")
    server.sql("CREATE DATABASE coder OWNER coder")
    [line] = refused(Jobs(server, tmp_path))
    assert 'role "coder" exists and is not this stack\'s (LOGIN SUPERUSER)' in line
    cure = line[line.index("COMMENT ON ROLE") :]
    server.sql(cure)
    [line] = refused(Jobs(server, tmp_path))
    assert line == (
        f'role "coder" has more rights than "{ADMIN}" can take away (LOGIN SUPERUSER): run as a '
        "superuser ALTER ROLE coder NOSUPERUSER NOREPLICATION NOBYPASSRLS"
    )
    server.sql(f"ALTER ROLE {SUPERUSER} PASSWORD 's'")
    done = Jobs(server, tmp_path, admin=(SUPERUSER, "s")).roles()
    assert done.code == 0, done
    assert server.sql("SELECT rolsuper, rolcanlogin FROM pg_roles WHERE rolname = 'coder'") == "f|f"
    assert "failed" in server.login("coder", "theirs") or "not permitted" in server.login(
        "coder", "theirs"
    )
    assert server.sql("SELECT rolpassword FROM pg_authid WHERE rolname = 'coder'") == ""


@VERSIONS
def test_roles_of_earlier_versions_are_ours_where_the_database_is(
    server: RealServer, tmp_path: Path
) -> None:
    jobs = Jobs(server, tmp_path)
    assert jobs.roles().code == 0
    for role in ("coder", "coder_blue", "coder_green"):
        server.sql(f"COMMENT ON ROLE {role} IS NULL")
    done = jobs.roles()
    assert done.code == 0, done
    for role in ("coder", "coder_blue", "coder_green"):
        assert comment(server, role) == MARK


def test_unmarked_roles_are_refused_where_the_database_has_no_mark(
    server: RealServer, tmp_path: Path
) -> None:
    server.sql("CREATE ROLE coder; CREATE ROLE coder_blue LOGIN; CREATE ROLE coder_green LOGIN")
    server.sql("CREATE DATABASE coder OWNER coder")
    assert len(refused(Jobs(server, tmp_path))) == 3
    assert len(refused(Jobs(server, tmp_path, created_server=True))) == 3


def test_rights_that_a_role_was_given_are_named(server: RealServer, tmp_path: Path) -> None:
    jobs = Jobs(server, tmp_path)
    assert jobs.roles().code == 0
    server.sql("GRANT pg_read_all_settings, pg_monitor TO coder; GRANT pg_monitor TO coder_green")
    lines = refused(jobs)
    assert lines == [
        'role "coder" is a member of pg_monitor, pg_read_all_settings, whose rights Coder would '
        "have: run REVOKE pg_monitor, pg_read_all_settings FROM coder",
        'role "coder_green" is a member of pg_monitor, whose rights Coder would have: run REVOKE '
        "pg_monitor FROM coder_green",
    ]
    for line in lines:
        server.sql(line[line.index("REVOKE") :])
    assert jobs.roles().code == 0


def test_roles_of_another_stack_are_refused_though_the_database_is_gone(
    server: RealServer, tmp_path: Path
) -> None:
    assert Jobs(server, tmp_path, stack="coder/other").roles().code == 0
    server.sql("ALTER DATABASE coder RENAME TO coder_old")
    lines = refused(Jobs(server, tmp_path))
    assert [line.partition(" exists")[0] for line in lines] == [
        'role "coder"',
        'role "coder_blue"',
        'role "coder_green"',
    ]


def test_roles_of_a_snapshot_are_taken_over(server: RealServer, tmp_path: Path) -> None:
    assert Jobs(server, tmp_path, stack="coder/other").roles().code == 0
    done = Jobs(server, tmp_path, created_server=True).roles()
    assert done.code == 0, done
    assert comment(server, "coder_blue") == MARK


def test_a_database_is_taken_over_with_the_statement_of_the_refusal(
    server: RealServer, tmp_path: Path
) -> None:
    assert Jobs(server, tmp_path, stack="coder/other").roles().code == 0
    server.sql("COMMENT ON DATABASE coder IS 'Ask Bob [coder stack=coder/other flavour=classic]'")
    jobs = Jobs(server, tmp_path)
    [line] = refused(jobs)
    assert 'database "coder" belongs to stack coder/other, and this stack is coder/dev' in line
    server.sql(line[line.index("COMMENT ON DATABASE") :])
    assert jobs.roles().code == 0
    found = server.sql("SELECT shobj_description(oid, 'pg_database') FROM pg_database "
                       "WHERE datname = 'coder'")  # fmt: skip
    assert found == "Ask Bob [coder stack=coder/dev flavour=classic]"
    assert comment(server, "coder") == MARK


def test_comments_of_a_person_are_kept(server: RealServer, tmp_path: Path) -> None:
    jobs = Jobs(server, tmp_path)
    assert jobs.roles().code == 0
    server.sql("COMMENT ON DATABASE coder IS 'Production: ask Bob'")
    server.sql(f"COMMENT ON ROLE coder_blue IS 'Rotated. {MARK}'")
    for _ in range(2):
        assert jobs.roles().code == 0
    assert comment(server, "coder_blue") == f"Rotated. {MARK}"
    found = server.sql("SELECT shobj_description(oid, 'pg_database') FROM pg_database "
                       "WHERE datname = 'coder'")  # fmt: skip
    assert found == "Production: ask Bob [coder stack=coder/dev flavour=classic]"


def test_the_admin_cannot_be_one_of_the_roles(server: RealServer, tmp_path: Path) -> None:
    server.sql(f"ALTER ROLE {ADMIN} RENAME TO coder_green")
    server.sql(f"ALTER ROLE coder_green PASSWORD '{ADMIN_PASSWORD}'")
    [line] = refused(Jobs(server, tmp_path, admin=("coder_green", ADMIN_PASSWORD)))
    assert 'role "coder_green" exists and is not this stack\'s' in line
