"""The parts of screen 2: which jobs are meant, the pages of them that are here, and what is done to them."""
