"""Files as the paper's released code writes them, with scores that are easy to compute again."""

import csv
from itertools import combinations, product

NAMES = {
    "iemocap_emotion": "iemocap",
    "mandarin_aff": "mandarin_as",
    "msp_improv": "msp_improv",
    "msp_podcast": "msp_podcast",
}
HEADER = ["corpora", "speaker", "language", "emotion", "k", "trial", "accuracy", "macro_f1", "weighted_f1"]
SPEAKERS = {"0001": "Mandarin", "0002": "Mandarin", "0011": "English", "0012": "English"}


def sets_of_corpora():
    """The 16 sets as the released code names them, in an order of its own."""
    return ["-".join(reversed(chosen)) or "base" for n in range(5) for chosen in combinations(NAMES, n)]


def macro_f1(corpora, speaker, emotion, k, trial):
    """A macro F1 that differs in every cell."""
    members = [] if corpora == "base" else corpora.split("-")
    worth = sum(0.01 * (1 + list(NAMES).index(name)) for name in members)
    return round(0.3 + worth + int(speaker) / 200 + len(emotion) / 100 + k / 400 + trial / 1000, 6)


def released_rows(speakers=tuple(SPEAKERS), emotions=("Angry", "Surprise"), shots=(2, 8, 64), trials=3):
    """The rows of a grid, as text."""
    for corpora, *cell in product(sets_of_corpora(), speakers, emotions, shots, range(trials)):
        speaker, emotion, k, trial = cell
        f1 = macro_f1(corpora, *cell)
        language = SPEAKERS.get(speaker, "English")
        yield [corpora, speaker, language, emotion, *map(str, (k, trial, f1 + 0.1, f1, f1 + 0.05))]


def write_csv(path, rows, header=HEADER):
    """Write the file; the rows as a list."""
    rows = list(rows)
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([header, *rows])
    return rows
