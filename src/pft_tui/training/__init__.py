"""Pre-finetuning and few-shot fine-tuning, as a library: audio comes in as arrays, reports go out."""
