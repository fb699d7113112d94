"""The files of an audio cache: what they are called and how samples lie in them."""

AUDIO_FILE = "audio.i16"
INDEX_FILE = "index.jsonl"
BYTES_PER_SAMPLE = 2
