"""Drift: the deployed resources differ from what a stack asks for."""

from collections.abc import Iterator, Sequence

from ci.github import Repository, run_link, write_summary
from ci.preview import Preview, preview
from review.markdown import code


def command(stack: str, pulumi: str, options: Sequence[str]) -> int:
    """Compare, and keep one issue for each stack.

    The exit code is 1 if the comparison failed, or if no issue says what was found.
    """
    found = preview(stack, pulumi, ("--refresh", "--expect-no-changes", *options))
    text = "\n\n".join(_paragraphs(stack, found))
    write_summary(text)
    repository, mark = Repository.of_workflow(), f"<!-- coder-drift: {stack} -->"
    if not repository:
        return int(not found.clean)
    if found.clean:
        repository.close_issue(mark, text)
    else:
        repository.write_issue(mark, f"Drift check of stack {stack}", text)
    return int(found.failed)


def _paragraphs(stack: str, found: Preview) -> Iterator[str]:
    source = f" Found by {run_link()}." if run_link() else ""
    if found.failed:
        yield (
            f"Stack {code(stack)} could not be compared with the deployed resources, so whether it "
            f"has drifted is not known.{source}"
        )
    elif found.changes:
        yield (
            f"Stack {code(stack)} has drifted: an update would change it, although nobody has "
            f"asked for that now.{source}"
        )
        yield (
            "- Changed by hand? Put it back with "
            f"{code(f'pulumi up --refresh --stack {stack}')}, or keep it: write it into "
            f"{code(f'Pulumi.{stack}.yaml')}.\n"
            "- A change of the main branch that is not deployed yet, or one that waits for the "
            "maintenance window, looks the same."
        )
    else:
        yield f"Stack {code(stack)} has no drift: it is what its settings ask for.{source}\n"
    if found.violates:
        yield (
            f"Stack {code(stack)} violates the policies below: an update would be refused until "
            "they are kept, or relaxed with a reason."
        )
    if not found.clean:
        yield found.text
