"""One module for each release that the demo writes: its names, folders and label files."""
