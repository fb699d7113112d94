"""Audio files decoded once, to 16-bit mono at 16 kHz, and kept where they can be memory-mapped."""
