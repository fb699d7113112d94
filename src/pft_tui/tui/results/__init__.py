"""What the Results screen is made of: what is wished for, what was found, and how it is pointed at."""
