"""Synthetic speech in the layouts of the real releases, to see the whole experiment small."""
