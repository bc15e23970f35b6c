"""The command line: `python -m ci --help`."""

import argparse
import sys
from collections.abc import Sequence


def main(arguments: Sequence[str]) -> int:
    """Run the command that the arguments name; returns the exit code."""
    options = _parser().parse_args(arguments)
    # Each command imports what it needs: `stacks` runs before anything is installed.
    if options.command == "stacks":
        from ci import stacks

        return stacks.command()
    if options.command == "kubeconfig":
        from ci import kubeconfig

        return kubeconfig.command(options.stack)
    from ci import drift, pull_request
    from ci.github import GitHubError

    try:
        if options.command == "comment":
            return pull_request.command(options.stack, options.pulumi, options.note, options.more)
        return drift.command(options.stack, options.pulumi, options.more)
    except GitHubError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m ci", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    commands.add_parser("stacks", help="print the stacks that are not samples, as JSON")
    for name, text in (
        ("kubeconfig", "write the kubeconfig of the stack's cluster"),
        ("comment", "preview the stack and write the comment for its pull request"),
        ("drift", "compare the stack with the deployed resources, and keep one issue about it"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("--stack", required=True)
        if name == "kubeconfig":
            continue
        command.add_argument("--pulumi", default="pulumi", help="the command of the Pulumi CLI")
        if name == "comment":
            command.add_argument("--note", default="", help="a line that the comment begins with")
        command.add_argument("more", nargs="*", help="after --: more options of `pulumi preview`")
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
