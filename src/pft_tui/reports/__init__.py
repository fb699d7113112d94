"""The tables and figures of the paper, in the terminal and in the formats that other programs read."""
