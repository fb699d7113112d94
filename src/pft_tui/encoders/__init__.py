"""Speech encoders of transformers, exact in a batch of any lengths."""

import os

# oneDNN prepares its kernels for each shape of their input and keeps 1,024 of them: some twenty shapes of an
# encoder in training. Utterances have many lengths, so that most of a CPU's time would go into preparing the
# same kernels again. One takes about 20 kB. This is read when the first kernel is prepared.
os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16384")
