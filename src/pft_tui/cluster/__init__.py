"""Workers on the nodes of a Ray cluster: what runs there, and what ties it to the workspace."""
