"""The command line: `python -m recovery --help`."""

import argparse
import sys
from collections.abc import Sequence

from components.clouds import CLOUDS
from recovery.commands import RecoveryError, run
from recovery.recover import recover
from recovery.stack import Stack
from recovery.terminal import Terminal


def main(arguments: Sequence[str]) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    terminal = Terminal(yes=options.yes, dry_run=options.dry_run)
    import_ids = {key: id for cloud in CLOUDS.values() for key, id in cloud.IMPORT_IDS.items()}
    try:
        return recover(Stack(options.stack, run, options.config_file), run, import_ids, terminal)
    except RecoveryError as error:
        print(f"error: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("interrupted; run it again to go on", file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m recovery",
        description="Repair what a killed `pulumi up` or `pulumi destroy` left behind: the "
        "lock, a pending Helm release, and resources that exist but are not in the state. Run it "
        "in the project's folder, with the environment that `pulumi up` has there.",
    )
    parser.add_argument("-s", "--stack", required=True, help="the stack's name")
    parser.add_argument("-y", "--yes", action="store_true", help="answer every question with yes")
    parser.add_argument("--dry-run", action="store_true", help="only show what would be done")
    parser.add_argument(
        "--config-file", default="", help="a settings file other than Pulumi.<stack>.yaml"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
