"""What an experiment will take: what it lacks, what that costs on this machine, and how long it lasts."""
