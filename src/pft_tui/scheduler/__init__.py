"""What runs next and where: a pure plan, and the loop that carries it out."""
