"""A corpus as last read, kept as a file, so that all who work on it see the same utterances.

JSON Lines: a header, then one line an utterance, then one line a problem. The header says how many of
each follow and what the digest of the utterances is, so that a damaged file is noticed.
"""

from __future__ import annotations

import json
import os
from dataclasses import fields
from pathlib import Path
from typing import Any

from pft_tui.corpora.load import Corpus, digest_of
from pft_tui.corpora.utterance import Problem, Utterance
from pft_tui.errors import CorpusError

FORMAT = 1


def write_listing(path: Path, corpus: Corpus) -> None:
    """Publish a corpus as the listing `path`: written beside, then renamed, so that no reader sees half."""
    header = {
        "format": FORMAT,
        "name": corpus.name,
        "reader": corpus.reader,
        "root": str(corpus.root),
        "fingerprint": corpus.fingerprint,
        "digest": corpus.digest,
        "labels": corpus.labels,
        "utterances": len(corpus.utterances),
        "problems": len(corpus.problems),
    }
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("w", encoding="utf-8") as file:
            file.write(_line(header))
            file.writelines(map(_record_line, corpus.utterances))
            file.writelines(map(_record_line, corpus.problems))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        beside.unlink(missing_ok=True)


def read_listing(path: Path) -> Corpus:
    """The corpus that a listing holds. Raises CorpusError where it is absent or damaged."""
    try:
        header, *lines = path.read_text(encoding="utf-8").splitlines()
        return _corpus(json.loads(header), lines)
    except FileNotFoundError:
        raise CorpusError(f"there is no listing {path}", hint="run `pft corpora check`") from None
    except OSError as error:
        raise CorpusError(f"the listing {path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, KeyError) as error:
        raise CorpusError(
            f"the listing {path} is damaged: {error}", hint="read the corpus again: `pft corpora check`"
        ) from None


def _corpus(header: dict[str, Any], lines: list[str]) -> Corpus:
    if header["format"] != FORMAT:
        raise ValueError(f"format {header['format']} is not {FORMAT}")
    count = header["utterances"]
    if len(lines) != count + header["problems"]:
        raise ValueError(f"{len(lines)} lines follow the header, not {count} and {header['problems']}")
    corpus = Corpus(
        name=header["name"],
        reader=header["reader"],
        root=Path(header["root"]),
        fingerprint=header["fingerprint"],
        utterances=tuple(Utterance(**json.loads(line)) for line in lines[:count]),
        problems=tuple(Problem(**json.loads(line)) for line in lines[count:]),
        labels=tuple(header["labels"]),
        digest=header["digest"],
    )
    if digest_of(corpus.utterances) != corpus.digest:
        raise ValueError("the utterances do not match the digest")
    return corpus


def _line(values: dict[str, Any]) -> str:
    return json.dumps(values, separators=(",", ":")) + "\n"


def _record_line(record: Utterance | Problem) -> str:
    values = {field.name: getattr(record, field.name) for field in fields(record)}
    return _line({name: value for name, value in values.items() if value is not None})
