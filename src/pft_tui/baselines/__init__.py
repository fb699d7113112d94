"""Methods without an encoder, which anything learned from an encoder has to beat."""
