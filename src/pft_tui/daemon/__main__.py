"""`python -m pft_tui.daemon WORKSPACE [--set SECTION.KEY=VALUE]...`: the daemon of one workspace."""

from __future__ import annotations

import argparse
import logging
import sys
from pathlib import Path

from pft_tui.daemon.serve import serve
from pft_tui.errors import PftError
from pft_tui.paths import find_workspace


def main() -> int:
    """Serve the workspace until told to end. Errors are a line on stderr, which is the daemon's log."""
    parser = argparse.ArgumentParser(prog="python -m pft_tui.daemon")
    parser.add_argument("workspace", type=Path)
    parser.add_argument("--set", dest="flags", metavar="SECTION.KEY=VALUE", action="append", default=[])
    asked = parser.parse_args()
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    try:
        serve(find_workspace(asked.workspace, explicit=True), asked.flags)
    except PftError as error:
        logging.error("%s", error)  # noqa: TRY400 - words for the user, no traceback
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
