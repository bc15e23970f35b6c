"""Checks the project's rules for code."""

import ast
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest

from components.clouds import CLOUDS
from tests.conftest import ROOT

COMPONENTS = sorted((ROOT / "components").rglob("*.py"))
SCRIPTS = sorted([*(ROOT / "components").rglob("*.sh"), *(ROOT / "examples").glob("*/*.sh")])
RECOVERY = sorted((ROOT / "recovery").rglob("*.py"))
REVIEW = sorted((ROOT / "review").rglob("*.py"))
CI = sorted((ROOT / "ci").rglob("*.py"))
POLICY = [ROOT / "policy" / "__main__.py", *sorted((ROOT / "policy" / "rules").glob("*.py"))]
EXAMPLES = sorted((ROOT / "examples").glob("*/*.py"))
MAIN = [
    ROOT / f"{name}.py"
    for name in ("__main__", "outputs", "settings", "chart_reader", "server_reader", "reader")
]
PROGRAM = [*MAIN, *COMPONENTS, *RECOVERY, *REVIEW, *CI, *POLICY, *EXAMPLES]


def each_file(paths: list[Path]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("path", paths, ids=[str(p.relative_to(ROOT)) for p in paths])


@each_file([*PROGRAM, *SCRIPTS])
def test_files_have_at_most_150_lines(path: Path) -> None:
    assert len(path.read_text().splitlines()) <= 150


def test_pyright_checks_every_file_of_the_program() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text())
    included = [ROOT / name for name in settings["tool"]["pyright"]["include"]]
    assert [path for path in PROGRAM if not {path, *path.parents} & set(included)] == []


def test_main_is_short_and_has_no_branches() -> None:
    text = (ROOT / "__main__.py").read_text()
    assert len(text.splitlines()) < 40
    branches = (ast.If, ast.For, ast.While, ast.IfExp, ast.comprehension, ast.FunctionDef)
    assert not [node for node in ast.walk(ast.parse(text)) if isinstance(node, branches)]


@each_file(PROGRAM)
def test_functions_have_at_most_60_lines(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno
            assert node.end_lineno - node.lineno < 60, f"{node.name}: split it by subject"


@each_file(COMPONENTS)
def test_components_do_not_postpone_annotations(path: Path) -> None:
    assert "from __future__ import annotations" not in path.read_text()


@each_file([*PROGRAM, *SCRIPTS])
def test_program_does_not_mention_the_sandbox(path: Path) -> None:
    assert not re.search(r"sandbox|simulat|stand-in|mock", path.read_text(), re.IGNORECASE)


@each_file(COMPONENTS)
def test_components_read_no_config_and_no_other_stack(path: Path) -> None:
    words = {"Config", "StackReference", "get_stack", "get_project"}
    used = {
        node.attr if isinstance(node, ast.Attribute) else node.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute | ast.Name)
    }
    assert not used & words


def test_one_module_of_each_project_exports_its_outputs() -> None:
    exporting = [path for path in PROGRAM if "pulumi.export(" in path.read_text()]
    assert exporting == [ROOT / "outputs.py", ROOT / "examples" / "consumer" / "__main__.py"]


@each_file(COMPONENTS)
def test_clouds_do_not_import_each_other(path: Path) -> None:
    own = path.parent.name
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and path.parent.name in CLOUDS:
            others = set(CLOUDS) - {own}
            assert not others & set((node.module or "").split("."))


@each_file([p for p in COMPONENTS if p.parent.name not in CLOUDS and p.name != "clouds.py"])
def test_neutral_modules_import_no_cloud_and_no_cloud_sdk(path: Path) -> None:
    for module in _imported(path):
        assert not re.match(rf"components\.({'|'.join(CLOUDS)})(\.|$)", module)
        assert not re.match(r"pulumi_(?!kubernetes|random)|boto|google|azure", module)


@each_file(COMPONENTS)
def test_args_classes_are_frozen_and_keyword_only(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ClassDef) and node.name.endswith("Args"):
            [decorator] = node.decorator_list
            assert ast.unparse(decorator) == "dataclasses.dataclass(frozen=True, kw_only=True)"


@each_file(COMPONENTS)
def test_component_constructors_end_with_register_outputs(path: Path) -> None:
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


@each_file(PROGRAM)
def test_options_are_not_merged_into_children(path: Path) -> None:
    assert "ResourceOptions.merge" not in path.read_text()


@each_file(PROGRAM)
def test_program_repeats_no_default_of_a_setting(path: Path) -> None:
    used = re.findall(r"\bconfig\.(get\w*)\(|Config\(\)\.(get\w*)\(", path.read_text())
    assert not used, "settings are required; their defaults are Pulumi.yaml's"


@each_file(SCRIPTS)
@pytest.mark.parametrize("shell", ["sh", "bash"])
def test_script_syntax(path: Path, shell: str) -> None:
    program = shutil.which(shell)
    assert program, f"{shell} is not installed"
    subprocess.run([program, "-n", str(path)], check=True, capture_output=True)


@each_file(SCRIPTS)
def test_scripts_contain_nothing_that_kubernetes_expands(path: Path) -> None:
    # In a container's command, it replaces $$ by $, and $(NAME) by an environment variable.
    assert not re.search(r"\$\$|\$\([A-Z_]+\)", path.read_text())


@each_file(SCRIPTS)
def test_scripts_begin_with_a_comment(path: Path) -> None:
    assert path.read_text().startswith("# ")


@each_file(SCRIPTS)
def test_scripts_put_no_password_into_arguments_or_output(path: Path) -> None:
    for line in path.read_text().splitlines():
        code = line.split(" # ")[0].strip()
        if code.startswith("#") or "PASSWORD=$(cat /login/password)" in code:
            continue
        assert not re.search(r"\$\{?PGPASSWORD|\becho\b.*\$\(cat /login/", code), line
        assert not re.search(r"PASSWORD '|set -x", code), line


def _imported(path: Path) -> set[str]:
    """The modules that the file imports; each imported name counts as a module too."""
    modules: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            modules |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return modules
