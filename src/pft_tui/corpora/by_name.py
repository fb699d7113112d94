"""Reading a corpus whose file names (or folders) say all there is to know."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from pft_tui.corpora.utterance import Problem, Reading, Utterance
from pft_tui.corpora.walk import list_files, not_recognised


def path_pattern(text: str) -> re.Pattern[str]:
    """A pattern for the end of a path, in any case; `text` starts at a folder's or file's first letter."""
    return re.compile(rf"(?:^|/){text}\.wav$", re.IGNORECASE)


def read_by_name(
    root: Path,
    title: str,
    example: str,
    pattern: re.Pattern[str],
    describe: Callable[[str, re.Match[str]], Utterance | Problem | None],
) -> Reading:
    """Every wav file under `root`, at any depth, that `pattern` finds in its path relative to `root`.

    `describe` makes an utterance of (path, match), or a problem, or None for a part that was not asked
    for. Other wav files are problems. Raises CorpusError where no file matches; `example` tells the user
    what was looked for.
    """
    problems: list[Problem] = []
    utterances: list[Utterance] = []
    recognised = False
    for path in list_files(root, ".wav", problems):
        match = pattern.search(path)
        if match is None:
            problems.append(Problem("malformed", path, f"is not named like {example}"))
            continue
        recognised = True
        described = describe(path, match)
        if isinstance(described, Utterance):
            utterances.append(described)
        elif described is not None:
            problems.append(described)
    if not recognised:
        raise not_recognised(root, title, example)
    return Reading(utterances, problems)
