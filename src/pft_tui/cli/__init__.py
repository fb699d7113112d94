"""The command line: thin commands, one file each, that import what is heavy only when they run."""
