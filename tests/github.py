"""A stand-in for `gh api`: issues, their comments, and a record of every call."""

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

_PROGRAM = f"""#!{sys.executable}
import json, os, re, sys
from pathlib import Path

words = sys.argv[1:]
assert words.pop(0) == "api", "only `gh api` is known"
if not os.environ.get("GH_TOKEN"):
    sys.exit("gh: To use GitHub CLI in a GitHub Actions workflow, set GH_TOKEN")
file = Path(os.environ["GITHUB_STAND_IN"])
data = json.loads(file.read_text())
reads = "--paginate" in words
[path] = [word for word in words if word.startswith("repos/owner/coder/")]
path = path.removeprefix("repos/owner/coder/").partition("?")[0]
body = {{}} if reads else json.loads(sys.stdin.read())
data["calls"].append([*words, body])
bot = {{"user": {{"type": "Bot"}}}}

def known(items, number):
    found = [item for item in items if str(item.get("number", item.get("id"))) == number]
    if not found:
        sys.exit("gh: Not Found (HTTP 404)")
    return found[0]

if reads:
    assert words[words.index("--jq") + 1] == ".[]"
    if path == "issues":
        found = [issue for issue in data["issues"] if issue["state"] == "open"]
    else:
        number = re.fullmatch(r"issues/(\\d+)/comments", path)[1]
        found = [each for each in data["comments"] if each["of"] == number]
    for each in found:
        print(json.dumps(each, ensure_ascii=False))
elif words[words.index("--method") + 1] == "POST":
    assert words[-2:] == ["--input", "-"]
    if path == "issues":
        number = len(data["issues"]) + 1
        data["issues"].append({{"number": number, "state": "open", **bot, **body}})
    else:
        number = re.fullmatch(r"issues/(\\d+)/comments", path)[1]
        data["comments"].append({{"id": len(data["comments"]) + 1, "of": number, **bot, **body}})
else:
    assert words[words.index("--method") + 1] == "PATCH"
    kind, _, number = path.rpartition("/")
    known(data["comments" if kind == "issues/comments" else "issues"], number).update(body)
file.write_text(json.dumps(data))
"""


class GitHub:
    """The repository owner/coder, and what a workflow's environment says of it."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._file = folder / "github.json"
        self._file.write_text(json.dumps({"issues": [], "comments": [], "calls": []}))
        self.summary = folder / "summary.md"
        self.folder = folder
        self.program("gh", _PROGRAM)

    def program(self, name: str, text: str) -> None:
        """Put a program on the workflow's PATH."""
        path = self.folder / name
        path.write_text(text)
        path.chmod(path.stat().st_mode | stat.S_IXUSR)

    def environment(self, path: str = os.environ["PATH"]) -> dict[str, str]:
        """What the runner sets, with a token."""
        return {
            "PATH": f"{self.folder}{os.pathsep}{path}",
            "GH_TOKEN": "token",
            "GITHUB_REPOSITORY": "owner/coder",
            "GITHUB_RUN_ID": "42",
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_STAND_IN": str(self._file),
            "GITHUB_STEP_SUMMARY": str(self.summary),
        }

    @property
    def issues(self) -> list[dict[str, Any]]:
        return self._data()["issues"]

    @property
    def comments(self) -> list[dict[str, Any]]:
        return self._data()["comments"]

    @property
    def calls(self) -> list[list[Any]]:
        return self._data()["calls"]

    def add(self, kind: str, **values: Any) -> None:
        """Something that is there already."""
        data = self._data()
        data[kind].append(values)
        self._file.write_text(json.dumps(data))

    def _data(self) -> dict[str, Any]:
        return json.loads(self._file.read_text())
