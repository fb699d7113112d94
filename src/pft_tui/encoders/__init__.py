"""Speech encoders of transformers, exact in a batch of any lengths."""
