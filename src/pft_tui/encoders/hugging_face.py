"""Dealings with transformers, which has no types of its own and likes to talk."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeAlias

from transformers.utils import logging

HfModel: TypeAlias = Any
"""A model of transformers, or a module of one."""
HfConfig: TypeAlias = Any
"""What a `config.json` says."""
HfExtractor: TypeAlias = Any
"""What a `preprocessor_config.json` says: the feature extractor."""


@contextmanager
def quiet() -> Iterator[None]:
    """No progress bars, and no list of the heads that a checkpoint has beside its encoder."""
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
