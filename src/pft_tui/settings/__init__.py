"""`pft.toml`, checked once into frozen models."""

from pft_tui.settings.load import load_settings
from pft_tui.settings.model import CorpusSettings, Settings

__all__ = ["CorpusSettings", "Settings", "load_settings"]
