"""Learning curves that one can look into: zoom, smoothing, a cursor, and a million points as fast as ten."""
