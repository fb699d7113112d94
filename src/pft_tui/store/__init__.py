"""The store: the owner's DuckDB, what is read from spools into it, and the snapshot published from it.

`owner.Store` is for the one process that owns the store, `read.query` for everyone else. duckdb is
imported in this package alone.
"""
