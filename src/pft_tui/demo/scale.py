"""How large the demo corpora are."""

from __future__ import annotations

from dataclasses import asdict, dataclass

from pft_tui.errors import UsageError


@dataclass(frozen=True, slots=True)
class Scale:
    """Utterances of each corpus, and their length in seconds.

    The defaults let two CPU cores go through the whole experiment in minutes. Raises UsageError for a
    corpus that would lack some of its labels or exceed the release's numbering, or for a length that
    cannot be made.
    """

    iemocap: int = 360
    msp_improv: int = 360
    msp_podcast: int = 400
    mandarin_speakers: int = 12
    mandarin_texts: int = 6
    """For each speaker and emotion; the first half go to the folder of phrases, the others to utterances."""
    esd_train: int = 16
    """For each speaker and emotion, as are the next two."""
    esd_evaluation: int = 2
    esd_test: int = 7
    shortest: float = 0.7
    longest: float = 1.0

    def __post_init__(self) -> None:
        smallest = {"iemocap": 30, "msp_improv": 30, "msp_podcast": 40, "mandarin_texts": 2}
        largest = {"mandarin_speakers": 68, "esd_train": 300, "esd_evaluation": 20, "esd_test": 30}
        for name, value in asdict(self).items():
            low, high = smallest.get(name, 1), largest.get(name, 10_000)
            if isinstance(value, int) and not low <= value <= high:
                raise UsageError(f"{name} = {value} is out of range", hint=f"choose {low} to {high}")
        if not 0.3 <= self.shortest <= self.longest <= 20.0:
            raise UsageError(
                f"utterances of {self.shortest} to {self.longest} seconds cannot be made",
                hint="choose 0.3 <= shortest <= longest <= 20",
            )
