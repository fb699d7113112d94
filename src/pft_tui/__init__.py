"""A terminal experiment manager for pre-finetuning and few-shot fine-tuning of speech models."""

__version__ = "0.1.0"
