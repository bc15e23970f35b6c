"""The requirements name what the program imports; the locked files follow from the .in files."""

import ast
import importlib.metadata
import re
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.conftest import ROOT

PROGRAM = [
    *ROOT.glob("*.py"),
    *(
        path
        for name in ("ci", "components", "recovery", "review")
        for path in (ROOT / name).rglob("*.py")
    ),
]
POLICY = [ROOT / "policy" / "__main__.py", *(ROOT / "policy" / "rules").glob("*.py")]
CONSUMER = [*(ROOT / "examples" / "consumer").glob("*.py")]
LOCKED = (
    *("requirements", "requirements-dev"),
    *("policy/requirements", "examples/consumer/requirements"),
)


@pytest.mark.parametrize(
    ("files", "name"),
    [
        (PROGRAM, "requirements"),
        (POLICY, "policy/requirements"),
        (CONSUMER, "examples/consumer/requirements"),
    ],
)
def test_every_import_is_required(files: list[Path], name: str) -> None:
    distributions = importlib.metadata.packages_distributions()
    needed = {
        canonicalize_name(distributions.get(package, [package])[0])
        for path in files
        for package in _third_party_imports(path)
    }
    assert needed <= set(_requested(name)), f"add it to {name}.in"


@pytest.mark.parametrize("name", LOCKED)
def test_locked_requirements_follow_from_the_requested_ones(name: str) -> None:
    requested, locked = _requested(name), _locked(name)
    assert {package: locked.get(package) for package in requested} == requested, "run `make lock`"


@pytest.mark.parametrize("name", LOCKED)
def test_locked_requirements_hold_nothing_that_nobody_asks_for(name: str) -> None:
    asked_directly = {
        package
        for package, block in _blocks(name).items()
        if re.search(
            r"#( via)? +-r (policy/|examples/consumer/)?requirements(-dev)?\.in$",
            block,
            re.MULTILINE,
        )
    }
    assert asked_directly == set(_requested(name)), "run `make lock`"


@pytest.mark.parametrize("name", LOCKED)
def test_every_locked_requirement_has_a_hash(name: str) -> None:
    blocks = _blocks(name)
    assert blocks
    assert not [package for package, block in blocks.items() if "--hash=sha256:" not in block]


@pytest.mark.parametrize("name", LOCKED)
def test_locked_requirements_name_no_package_index(name: str) -> None:
    assert not re.search(r"https?://|^--?[a-z]", _text(f"{name}.txt"), re.MULTILINE)


@pytest.mark.parametrize("name", [name for name in LOCKED if name != "requirements-dev"])
def test_what_is_deployed_is_tested_with_the_same_versions(name: str) -> None:
    assert _locked(name).items() <= _locked("requirements-dev").items()


def _third_party_imports(path: Path) -> set[str]:
    nodes = list(ast.walk(ast.parse(path.read_text())))
    modules = [node.module for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    modules += [name.name for node in nodes if isinstance(node, ast.Import) for name in node.names]
    packages = {module.split(".")[0] for module in modules}
    own = {entry.stem for entry in (*ROOT.iterdir(), *path.parent.iterdir())}
    return packages - sys.stdlib_module_names - own - {"_typeshed"}  # known to type checkers only


def _requested(name: str) -> dict[str, str]:
    """The version of each package in an .in file, and in those that it includes."""
    requested: dict[str, str] = {}
    for line in _text(f"{name}.in").splitlines():
        if included := re.match(r"-r (\S+)\.in$", line):
            requested |= _requested(included[1])
        elif line and not line.startswith("#"):
            requirement = Requirement(line)
            requested[canonicalize_name(requirement.name)] = str(requirement.specifier)
    return requested


def _locked(name: str) -> dict[str, str]:
    """The version of each package in a locked file."""
    return {
        package: str(Requirement(block.split("\\")[0]).specifier)
        for package, block in _blocks(name).items()
    }


def _blocks(name: str) -> dict[str, str]:
    """The lines of each package in a locked file: the version, the hashes, who asks for it."""
    blocks = re.split(r"^(?=[a-z0-9])", _text(f"{name}.txt"), flags=re.MULTILINE)[1:]
    return {canonicalize_name(re.split(r"[\[=]", block)[0]): block for block in blocks}


def _text(name: str) -> str:
    return (ROOT / name).read_text()
