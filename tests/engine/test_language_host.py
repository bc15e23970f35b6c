"""The language host runs programs as the published one does."""

import sys
import venv
from pathlib import Path

import pytest

from tests.engine.stack import Stack


def test_exception_is_shown_with_its_location(stack: Stack) -> None:
    stack.program("import nothing_of_this_name")
    words = stack.run("preview").stdout
    assert "ModuleNotFoundError: No module named 'nothing_of_this_name'" in words
    assert "an unhandled error" not in words, "it has been shown already"


def test_run_error_is_one_line(stack: Stack) -> None:
    stack.program('raise pulumi.RunError("size is 0: it must be at least 1")')
    assert "error: size is 0: it must be at least 1\n" in stack.fails("preview")


def test_language_host_on_the_path_is_not_used(stack: Stack, tmp_path: Path) -> None:
    other = tmp_path / "pulumi-language-python"
    other.write_text("#!/bin/sh\nexit 1\n")
    other.chmod(0o755)
    stack.environment["PATH"] = f"{tmp_path}:{stack.environment['PATH']}"
    stack.program("pulumi.export('size', 1)")
    assert "warning" not in stack.up()


def test_program_gets_its_settings_and_virtualenv(stack: Stack) -> None:
    venv.create(stack.folder / "venv", with_pip=False)
    # The virtualenv has no SDK installed; a .pth file adds the tests' one.
    packages = next((stack.folder / "venv" / "lib").glob("python3*/site-packages"))
    (packages / "lent.pth").write_text("\n".join(path for path in sys.path if "packages" in path))
    (stack.folder / "Pulumi.yaml").write_text(
        "name: engine\nruntime: {name: python, options: {virtualenv: venv}}\n"
    )
    stack.run("config", "set", "--secret", "word", "hidden")
    stack.program(
        "import sys\n"
        "assert pulumi.Config().require('word') == 'hidden'\n"
        "pulumi.export('prefix', sys.prefix)\n"
        "pulumi.export('stack', pulumi.get_stack())\n"
        "pulumi.export('root', pulumi.get_root_directory())"
    )
    words = stack.up()
    assert f'prefix: "{stack.folder / "venv"}"' in words
    assert 'stack : "dev"' in words
    assert f'root  : "{stack.folder}"' in words


def test_missing_virtualenv_is_reported(stack: Stack) -> None:
    (stack.folder / "Pulumi.yaml").write_text(
        "name: engine\nruntime: {name: python, options: {virtualenv: none}}\n"
    )
    stack.program("")
    assert "the virtualenv 'none' of Pulumi.yaml does not exist" in stack.fails("preview")


@pytest.mark.parametrize(
    ("runtime", "virtualenv"),
    [("{name: python, options: {virtualenv: none}}", "none"), ("python", "venv")],
)
def test_missing_virtualenv_of_a_policy_pack_is_reported(
    stack: Stack, tmp_path: Path, runtime: str, virtualenv: str
) -> None:
    (tmp_path / "PulumiPolicy.yaml").write_text(f"runtime: {runtime}\n")
    stack.program("")
    said = stack.fails("preview", "--policy-pack", str(tmp_path))
    assert f"the virtualenv '{virtualenv}' of PulumiPolicy.yaml does not exist" in said
    assert f"python3 -m venv {tmp_path / virtualenv}" in said


def test_policy_pack_stops_a_violation(stack: Stack, tmp_path: Path) -> None:
    pack = tmp_path / "pack"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (pack / "venv").symlink_to(sys.prefix)
    (pack / "__main__.py").write_text(
        "from pulumi_policy import *\n"
        "def small(args, report):\n"
        "    if args.props.get('size', 0) > 5: report('things are small')\n"
        "PolicyPack('pack', [ResourceValidationPolicy(name='small', description='small', "
        "enforcement_level=EnforcementLevel.MANDATORY, validate=small)])\n"
    )
    stack.program('Thing("a", size=6)')
    assert "things are small" in stack.run("preview", "--policy-pack", str(pack)).stdout
