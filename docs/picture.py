"""Draw docs/demo.svg: what `pft results` shows of the demo on a terminal of 100 columns.

`make picture` runs it, after `make demo`.
"""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
from pathlib import Path

from rich.console import Console
from rich.text import Text

COLUMNS = 100
TERMINAL = {"FORCE_COLOR": "1", "COLORTERM": "truecolor", "COLUMNS": str(COLUMNS), "LINES": "30"}


def main() -> None:
    """Run the command in the workspace named on the command line and keep its screen as a picture."""
    workspace, picture = sys.argv[1:]
    command = [str(Path(sys.executable).with_name("pft")), "results", "--workspace", workspace]
    shown = subprocess.run(command, env=os.environ | TERMINAL, capture_output=True, text=True, check=True)  # noqa: S603
    console = Console(record=True, width=COLUMNS, file=io.StringIO())
    console.print(Text.from_ansi(shown.stdout))
    # No font is fetched from anywhere: the reader's own will do.
    svg = re.sub(r"@font-face \{.*?\}", "", console.export_svg(title="pft results"), flags=re.DOTALL)
    Path(picture).write_text(svg, encoding="utf-8")


if __name__ == "__main__":
    main()
