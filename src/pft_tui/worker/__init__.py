"""A worker process: holds one slot, loads torch once, takes orders, reports by events."""
