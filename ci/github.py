"""GitHub's API, through the CLI `gh`, which every runner of GitHub has."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

MAX_LENGTH = 65_000
"""Just below GitHub's limit of 65,536 characters of a comment or an issue."""


class GitHubError(Exception):
    """A request was refused; the message is one line."""


class Repository:
    """The repository whose workflow runs."""

    def __init__(self, name: str) -> None:
        self._name = name

    @classmethod
    def of_workflow(cls) -> "Repository | None":
        """The repository, or None where no token says that something may be written."""
        name = os.environ.get("GITHUB_REPOSITORY", "")
        return cls(name) if name and os.environ.get("GH_TOKEN") else None

    def write_comment(self, pull_request: str, mark: str, text: str) -> None:
        """Write the comment that begins with the mark, over the former one if there is one."""
        issue = f"issues/{pull_request}"
        former = next(self._ours(f"{issue}/comments?per_page=100", mark), None)
        body = {"body": _fitting(f"{mark}\n{text}")}
        if former:
            self._send("PATCH", f"issues/comments/{former['id']}", body)
        else:
            self._send("POST", f"{issue}/comments", body)

    def write_issue(self, mark: str, title: str, text: str) -> None:
        """Open the issue that begins with the mark, or bring it up to date."""
        body = {"title": title, "body": _fitting(f"{mark}\n{text}")}
        if former := self._open_issue(mark):
            self._send("PATCH", f"issues/{former['number']}", body)
        else:
            self._send("POST", "issues", body)

    def close_issue(self, mark: str, text: str) -> None:
        """Close the issue that begins with the mark, if it is open, and say why."""
        if former := self._open_issue(mark):
            self._send("POST", f"issues/{former['number']}/comments", {"body": text})
            body = {"state": "closed", "state_reason": "completed"}
            self._send("PATCH", f"issues/{former['number']}", body)

    def _open_issue(self, mark: str) -> dict[str, Any] | None:
        found = self._ours("issues?state=open&per_page=100", mark)
        return next((each for each in found if "pull_request" not in each), None)

    def _ours(self, path: str, mark: str) -> Iterator[dict[str, Any]]:
        """What a workflow wrote with that mark; a person may have quoted it."""
        answer = self._call(path, "--paginate", "--jq", ".[]")
        for each in map(json.loads, filter(None, answer.split("\n"))):
            if each["user"]["type"] == "Bot" and (each["body"] or "").startswith(mark):
                yield each

    def _send(self, method: str, path: str, body: dict[str, str]) -> None:
        self._call(path, "--method", method, "--input", "-", given=json.dumps(body))

    def _call(self, path: str, *options: str, given: str = "") -> str:
        if not shutil.which("gh"):
            raise GitHubError(
                "`gh` is not on PATH; install the GitHub CLI (https://cli.github.com)"
            )
        arguments = ["gh", "api", f"repos/{self._name}/{path}", *options]
        done = subprocess.run(arguments, input=given, text=True, capture_output=True)
        if done.returncode:
            reason = " ".join(done.stderr.split())
            raise GitHubError(f"`gh api {arguments[2]}` failed: {reason}")
        return done.stdout


def write_summary(text: str) -> None:
    """Add the text to the page of the workflow's run, or print it where no workflow runs."""
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        with Path(summary).open("a") as file:
            file.write(text)
    else:
        print(text, end="")


def run_link() -> str:
    """A link to the workflow's run, in markdown; empty where none runs."""
    values = [os.environ.get(f"GITHUB_{key}") for key in ("SERVER_URL", "REPOSITORY", "RUN_ID")]
    server, name, run = values
    return f"[this run]({server}/{name}/actions/runs/{run})" if all(values) else ""


def _fitting(text: str) -> str:
    if len(text) <= MAX_LENGTH:
        return text
    return f"{text[:MAX_LENGTH]}\n\nThe rest is only in the run's log."
