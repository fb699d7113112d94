"""Trials by facets, one of them in full, and several laid over each other."""
