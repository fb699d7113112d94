"""Corpora as they lie on disk: a reader for each release, labels, splits and checks."""
