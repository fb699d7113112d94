"""Statistics of few-shot trials: intervals, paired comparisons and what each corpus is worth."""
