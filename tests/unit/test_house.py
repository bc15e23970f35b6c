"""The rules of the house, as far as a machine can tell."""

import ast
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from components.clouds import CLOUDS
from tests.conftest import ROOT

COMPONENTS = sorted((ROOT / "components").rglob("*.py"))
SCRIPTS = sorted((ROOT / "components").rglob("*.sh"))
RECOVERY = sorted((ROOT / "recovery").rglob("*.py"))
MAIN = [ROOT / f"{name}.py" for name in ("__main__", "settings", "reader")]
PROGRAM = [*MAIN, *COMPONENTS, *RECOVERY]


def of(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=[str(p.relative_to(ROOT)) for p in paths])


@of([*PROGRAM, *SCRIPTS])
def test_a_file_is_short_enough_to_read_at_once(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 150


def test_the_program_is_one_sentence() -> None:
    text = (ROOT / "__main__.py").read_text()
    assert len(text.splitlines()) < 40
    branches = (ast.If, ast.For, ast.While, ast.IfExp, ast.comprehension, ast.FunctionDef)
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, branches)]


@of(PROGRAM)
def test_functions_have_at_most_60_lines(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno
            assert node.end_lineno - node.lineno < 60, f"{node.name}: split it by noun"


@of(COMPONENTS)
def test_a_component_s_types_can_be_analysed(path: Path) -> None:
    assert "from __future__ import annotations" not in path.read_text()


@of([*PROGRAM, *SCRIPTS])
def test_the_program_knows_nothing_of_where_it_is_tried_out(path: Path) -> None:
    assert not re.search(r"sandbox|simulat|stand-in|mock", path.read_text(), re.IGNORECASE)


@of(COMPONENTS)
def test_a_component_reads_no_config_and_no_other_stack(path: Path) -> None:
    words = {"Config", "StackReference", "get_stack", "get_project"}
    used = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute | ast.Name)
    }
    assert not used & words


def test_only_main_exports() -> None:
    assert [p.name for p in PROGRAM if "pulumi.export(" in p.read_text()] == ["__main__.py"]


@of(COMPONENTS)
def test_no_cloud_knows_another(path: Path) -> None:
    own = path.parent.name
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and path.parent.name in CLOUDS:
            others = set(CLOUDS) - {own}
            assert not others & set((node.module or "").split("."))


@of([p for p in COMPONENTS if p.parent.name not in CLOUDS and p.name != "clouds.py"])
def test_only_a_clouds_folder_imports_its_sdk_and_its_modules(path: Path) -> None:
    for module in _imported(path):
        assert not re.match(rf"components\.({'|'.join(CLOUDS)})(\.|$)", module)
        assert not re.match(r"pulumi_(?!kubernetes|random)|boto|google|azure", module)


@of(COMPONENTS)
def test_every_args_is_frozen_and_by_keyword(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef) and node.name.endswith("Args"):
            [decorator] = node.decorator_list
            assert ast.unparse(decorator) == "dataclasses.dataclass(frozen=True, kw_only=True)"


@of(COMPONENTS)
def test_register_outputs_is_the_last_word_of_a_component(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ClassDef):
            continue
        if "pulumi.ComponentResource" in map(ast.unparse, node.bases):
            [init] = [
                item
                for item in node.body
                if isinstance(item, ast.FunctionDef) and item.name == "__init__"
            ]
            assert [arg.arg for arg in init.args.args] == ["self", "name", "args", "opts"]
            assert ast.unparse(init.body[-1]).startswith("self.register_outputs(")


@of(PROGRAM)
def test_no_caller_s_options_are_merged_into_children(path: Path) -> None:
    assert "ResourceOptions.merge" not in path.read_text()


@of(PROGRAM)
def test_no_default_of_a_setting_stands_a_second_time(path: Path) -> None:
    used = re.findall(r"\bconfig\.(get\w*)\(|Config\(\)\.(get\w*)\(", path.read_text())
    assert not used, "settings are required; their defaults are Pulumi.yaml's"


@of(SCRIPTS)
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_a_script_is_one(path: Path, shell: str) -> None:
    program = shutil.which(shell)
    assert program, f"{shell} is not installed"
    subprocess.run([program, "-n", str(path)], check=True, capture_output=True)


@of(SCRIPTS)
def test_kubernetes_finds_nothing_to_expand_in_a_script(path: Path) -> None:
    # In a container's command it makes $$ one $, and replaces $(NAME) of an environment variable.
    assert not re.search(r"\$\$|\$\([A-Z_]+\)", path.read_text())


@of(SCRIPTS)
def test_a_script_says_first_what_it_is_for(path: Path) -> None:
    assert path.read_text().startswith("# ")


@of(SCRIPTS)
def test_no_script_puts_a_password_into_arguments_or_words(path: Path) -> None:
    for line in path.read_text().splitlines():
        code = line.split(" # ")[0].strip()
        if code.startswith("#") or "PASSWORD=$(cat /login/password)" in code:
            continue
        assert not re.search(r"\$\{?PGPASSWORD|\becho\b.*\$\(cat /login/", code), line
        assert not re.search(r"PASSWORD '|set -x", code), line


def _imported(path: Path) -> set[str]:
    """The modules that the file imports, and each name that it imports from one as a module."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return modules
