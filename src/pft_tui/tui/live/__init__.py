"""The parts of screen 1: how far the grid is, what the machine does, which jobs run and what they measure."""
