"""The service that owns a workspace's store and workers, and the client that talks to it."""
