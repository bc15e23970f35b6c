"""Drift: what there is in the cloud and the cluster differs from what a stack asks for."""

from collections.abc import Sequence

from ci.github import Repository, run_link, write_summary
from ci.preview import Preview, preview
from review.markdown import code


def command(stack: str, pulumi: str, options: Sequence[str]) -> int:
    """Compare, and keep one issue for each stack.

    The exit code is 1 if the comparison failed, or if drift was found and no issue says so.
    """
    found = preview(stack, pulumi, ("--refresh", "--expect-no-changes", *options))
    text = _text(stack, found)
    write_summary(text)
    repository, mark = Repository.of_workflow(), f"<!-- coder-drift: {stack} -->"
    if not repository:
        return int(found.failed or found.changes)
    if found.failed or found.changes:
        repository.write_issue(mark, f"Drift check of stack {stack}", text)
    else:
        repository.close_issue(mark, text)
    return int(found.failed)


def _text(stack: str, found: Preview) -> str:
    source = f" Found by {run_link()}." if run_link() else ""
    if found.failed:
        return (
            f"Stack {code(stack)} could not be compared with what there is, so whether it has "
            f"drifted is not known.{source}\n\n{found.text}"
        )
    if found.changes:
        return (
            f"Stack {code(stack)} has drifted: an update would make the changes below, although "
            f"nobody has asked for them now.{source}\n\n"
            "- Changed by hand? Put it back with "
            f"{code(f'pulumi up --refresh --stack {stack}')}, or keep it: write it into "
            f"{code(f'Pulumi.{stack}.yaml')}.\n"
            "- A change of the main branch that is not deployed yet, or one that waits for the "
            f"maintenance window, looks the same.\n\n{found.text}"
        )
    return f"Stack {code(stack)} has no drift: it is what its settings ask for.{source}\n"
