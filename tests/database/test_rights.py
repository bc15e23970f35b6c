"""The attributes, memberships and rights that the roles Job leaves, read from the catalogue."""

from pathlib import Path

import pytest

from tests.database.jobs import PASSWORDS, Jobs
from tests.database.server import SUPERUSER, RealServer

VERSIONS = pytest.mark.parametrize("server", ["12", "15", "16", "17"], indirect=True)
ATTRIBUTES = """
SELECT rolname, rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolreplication, rolbypassrls,
  rolinherit, rolconnlimit, coalesce(rolvaliduntil, 'infinity') = 'infinity',
  rolpassword ~ '^SCRAM'
FROM pg_authid WHERE rolname LIKE 'coder%' ORDER BY 1
"""
MEMBERSHIPS = """
SELECT roleid::regrole, member::regrole, admin_option{options} FROM pg_auth_members
WHERE roleid::regrole::text LIKE 'coder%' OR member::regrole::text LIKE 'coder%'
ORDER BY roleid::regrole::text, member::regrole::text, admin_option
"""
OPTIONS = ", inherit_option, set_option"
DATABASE_RIGHTS = """
SELECT CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
  string_agg(privilege_type, ' ' ORDER BY privilege_type)
FROM pg_database, aclexplode(coalesce(datacl, acldefault('d', datdba)))
WHERE datname = 'coder' GROUP BY 1 ORDER BY 1
"""
SCHEMA_RIGHTS = """
SELECT nspname, CASE grantee WHEN 0 THEN 'PUBLIC' ELSE grantee::regrole::text END,
  string_agg(privilege_type, ' ' ORDER BY privilege_type)
FROM pg_namespace, aclexplode(coalesce(nspacl, acldefault('n', nspowner)))
WHERE nspname !~ '^pg_' AND nspname <> 'information_schema' GROUP BY 1, 2 ORDER BY 1, 2
"""


def attributes(admin: str) -> str:
    roles = {
        "coder": "f|f|f|f|f|f|t|-1|t|",
        "coder_admin": admin,
        "coder_blue": "t|f|f|f|f|f|t|-1|t|t",
        "coder_green": "t|f|f|f|f|f|t|-1|t|t",
    }
    return "\n".join(f"{name}|{values}" for name, values in roles.items())


@VERSIONS
def test_the_rights_of_all_roles_and_public(server: RealServer, tmp_path: Path) -> None:
    done = Jobs(server, tmp_path).roles()
    assert done.code == 0, done
    assert server.sql(ATTRIBUTES) == attributes("t|f|t|t|f|f|t|-1|t|t")
    assert server.sql(DATABASE_RIGHTS) == "coder|CONNECT CREATE TEMPORARY\ncoder_admin|CONNECT"
    assert (
        server.sql("SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = 'coder'")
        == "coder"
    )
    schema = server.sql(SCHEMA_RIGHTS, "coder")
    if int(server.major) >= 15:
        assert schema == "public|PUBLIC|USAGE\npublic|pg_database_owner|CREATE USAGE"
    else:
        assert schema == "public|PUBLIC|CREATE USAGE\npublic|postgres|CREATE USAGE"
    if int(server.major) >= 16:
        assert server.sql(MEMBERSHIPS.format(options=OPTIONS)).splitlines() == [
            "coder|coder_admin|f|f|t",
            "coder|coder_admin|t|f|f",
            "coder|coder_blue|f|t|t",
            "coder|coder_green|f|t|t",
            "coder_blue|coder_admin|t|f|f",
            "coder_green|coder_admin|t|f|f",
        ]
    else:
        assert server.sql(MEMBERSHIPS.format(options="")).splitlines() == [
            "coder|coder_admin|t",
            "coder|coder_blue|f",
            "coder|coder_green|f",
            "coder_blue|coder_admin|t",
            "coder_green|coder_admin|t",
        ]


@VERSIONS
def test_both_logins_act_as_the_owner_and_nobody_else_connects(
    server: RealServer, tmp_path: Path
) -> None:
    server.sql("CREATE ROLE bystander LOGIN PASSWORD 'b'")
    assert Jobs(server, tmp_path).roles().code == 0
    for colour, password in PASSWORDS.items():
        assert server.login(f"coder_{colour}", password, "coder") == "coder"
    assert "permission denied for database" in server.login("bystander", "b", "coder")


def test_an_admin_that_is_a_superuser_leaves_the_same_rights(
    server: RealServer, tmp_path: Path
) -> None:
    server.sql(f"ALTER ROLE {SUPERUSER} PASSWORD 's'")
    assert Jobs(server, tmp_path, admin=(SUPERUSER, "s")).roles().code == 0
    assert server.sql(ATTRIBUTES) == attributes("t|f|t|t|f|f|t|-1|t|t")
    assert server.sql(DATABASE_RIGHTS) == "coder|CONNECT CREATE TEMPORARY\npostgres|CONNECT"


@VERSIONS
def test_a_second_run_changes_only_the_passwords(server: RealServer, tmp_path: Path) -> None:
    jobs = Jobs(server, tmp_path)
    assert jobs.roles().code == 0
    rights = [server.sql(query) for query in (ATTRIBUTES, DATABASE_RIGHTS, SCHEMA_RIGHTS)]
    before = server.sql("SELECT pg_auth_members FROM pg_auth_members ORDER BY 1")
    done = jobs.roles()
    assert done.code == 0, done
    assert rights == [server.sql(query) for query in (ATTRIBUTES, DATABASE_RIGHTS, SCHEMA_RIGHTS)]
    assert server.sql("SELECT pg_auth_members FROM pg_auth_members ORDER BY 1") == before


@VERSIONS
def test_changed_attributes_are_set_again(server: RealServer, tmp_path: Path) -> None:
    jobs = Jobs(server, tmp_path)
    assert jobs.roles().code == 0
    server.sql("""
        ALTER ROLE coder LOGIN CREATEROLE CREATEDB PASSWORD 'x';
        ALTER ROLE coder_blue NOLOGIN NOINHERIT CREATEDB VALID UNTIL '2001-01-01';
        ALTER ROLE coder_green CREATEROLE;
        ALTER ROLE coder_green RESET role
    """)
    done = jobs.roles()
    assert done.code == 0, done
    assert server.sql(ATTRIBUTES) == attributes("t|f|t|t|f|f|t|-1|t|t")
    assert server.login("coder_green", PASSWORDS["green"], "coder") == "coder"


def test_what_public_may_do_is_decided_when_the_database_is_made(
    server: RealServer, tmp_path: Path
) -> None:
    jobs = Jobs(server, tmp_path)
    assert jobs.roles().code == 0
    server.sql("GRANT CONNECT ON DATABASE coder TO PUBLIC")
    assert jobs.roles().code == 0
    assert "PUBLIC|CONNECT" in server.sql(DATABASE_RIGHTS), "monitoring roles still connect"


def test_a_database_whose_creation_was_interrupted_is_closed_to_public(
    server: RealServer, tmp_path: Path
) -> None:
    jobs = Jobs(server, tmp_path)
    assert jobs.roles().code == 0
    server.sql("DROP DATABASE coder")
    server.sql("CREATE DATABASE coder OWNER coder TEMPLATE template0 CONNECTION LIMIT 0")
    done = jobs.roles()
    assert done.code == 0, done
    assert server.sql(DATABASE_RIGHTS) == "coder|CONNECT CREATE TEMPORARY\ncoder_admin|CONNECT"
    assert server.login("coder_blue", PASSWORDS["blue"], "coder") == "coder"


def test_a_database_that_an_administrator_closed_stays_closed(
    server: RealServer, tmp_path: Path
) -> None:
    jobs = Jobs(server, tmp_path)
    assert jobs.roles().code == 0
    server.sql("ALTER DATABASE coder CONNECTION LIMIT 0")
    assert "too many connections for database" in jobs.roles().said
    assert server.sql("SELECT datconnlimit FROM pg_database WHERE datname = 'coder'") == "0"
