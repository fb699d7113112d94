"""Finding files under a corpus root by listing folders; no file is opened or looked at one by one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from posixpath import basename, join, splitext

from pft_tui.corpora.utterance import Problem
from pft_tui.errors import CorpusError


def is_visible(name: str) -> bool:
    """Whether a file or folder belongs to a release: neither hidden nor AppleDouble (`._a.wav`)."""
    return not name.startswith(".") and name != "__MACOSX"


def list_files(root: Path, suffix: str, problems: list[Problem], under: str = "") -> list[str]:
    """The visible files under `root`/`under` whose names end in `suffix` in any case.

    Paths are relative to `root`, with forward slashes, sorted. A folder that cannot be listed and a name
    that is not UTF-8, which nothing could store, are added to `problems`; a folder that links lead to twice
    is listed once, so that loops end.
    """
    found: list[str] = []
    seen: set[tuple[int, int]] = set()
    folders = [under]
    while folders:
        folder = folders.pop()
        try:
            identity = (root / folder).stat()
            if (identity.st_dev, identity.st_ino) in seen:
                continue
            seen.add((identity.st_dev, identity.st_ino))
            entries = list(_visible_entries(root / folder))
        except OSError as error:
            problems.append(Problem("unreadable", folder, f"the folder cannot be listed: {error.strerror}"))
            continue
        for entry in entries:
            path = join(folder, entry.name)
            is_file = entry.name.lower().endswith(suffix) and entry.is_file()
            if not is_file and not entry.is_dir():
                continue
            if not _is_utf8(entry.name):
                shown = os.fsencode(path).decode(errors="replace")
                problems.append(Problem("unreadable", shown, "its name is not UTF-8: rename it"))
            elif is_file:
                found.append(path)
            else:
                folders.append(path)
    return sorted(found)


def find_folders(root: Path, depth: int) -> Iterator[str]:
    """`root` itself ("") and the visible folders under it, the shallowest first, relative to `root`."""
    level = [""]
    for _ in range(depth + 1):
        yield from level
        level = [join(folder, name) for folder in level for name in _subfolders(root / folder)]


def find_file(root: Path, names: Sequence[str], depth: int) -> str | None:
    """The shallowest file with one of `names`, the first of them first, relative to `root`."""
    for folder in find_folders(root, depth):
        for name in names:
            if (root / folder / name).is_file():
                return join(folder, name)
    return None


def file_names(folder: Path) -> list[str]:
    """The names in UTF-8 of the visible files in a folder, sorted; none where there is no such folder."""
    try:
        return sorted(
            entry.name for entry in _visible_entries(folder) if _is_utf8(entry.name) and entry.is_file()
        )
    except OSError:
        return []


def not_recognised(root: Path, title: str, example: str) -> CorpusError:
    """The error for a root under which nothing looks like the release."""
    return CorpusError(
        f"nothing under {root} looks like {title}", hint=f"root should be the folder that holds {example}"
    )


class AudioIndex:
    """The audio files of a corpus by their stems, and which of them a label has claimed."""

    def __init__(self, paths: list[str]) -> None:
        self._paths: dict[str, str] = {}
        self._claimed: set[str] = set()
        self._copies: list[tuple[str, str]] = []
        for path in paths:
            stem = splitext(basename(path))[0]
            first = self._paths.setdefault(stem, path)
            if first is not path:
                self._copies.append((path, first))

    def claim(self, stem: str) -> str | None:
        """The path of the file called `stem`, which now has a label; None where there is no such file."""
        self._claimed.add(stem)
        return self._paths.get(stem)

    def unclaimed(self) -> list[str]:
        """The paths of the files that no label has claimed."""
        return [path for stem, path in self._paths.items() if stem not in self._claimed]

    def copies(self) -> list[Problem]:
        """A problem for each further file with the name of another."""
        return [Problem("duplicate", path, f"has the name of {first}") for path, first in self._copies]


def _is_utf8(name: str) -> bool:
    """Whether a name of the file system's is text; other bytes stand in it as lone surrogates."""
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _visible_entries(folder: Path) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        yield from (entry for entry in entries if is_visible(entry.name))


def _subfolders(folder: Path) -> list[str]:
    try:
        return sorted(entry.name for entry in _visible_entries(folder) if entry.is_dir())
    except OSError:
        return []
