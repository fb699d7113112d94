"""The parts of screen 5: questions that are kept, the tables that can be asked, and answers as rows."""
