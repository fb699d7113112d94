"""Units of what people read and set."""

GIB = 1 << 30
"""Bytes in a GiB."""
