"""Numbers as people read them in passing."""

from __future__ import annotations

from collections.abc import Mapping

FEW, MINUTE, HOUR, DAY = 10, 60, 3600, 86400


def duration(seconds: float) -> str:
    """A time span in its two largest units: `4.2 s`, `42 s`, `3 min 20 s`, `5 h 12 min`, `2 d 7 h`."""
    if seconds < FEW:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    if whole < DAY:
        return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
    return f"{whole // DAY} d {whole % DAY // HOUR} h"


def score(value: float | None) -> str:
    """A score between 0 and 1, empty where there is none."""
    return "" if value is None else f"{value:.4f}"


def job_words(job: Mapping[str, object]) -> str:
    """What a job is, in few words: model, speaker, emotion, k and draw, as far as it has them."""
    words = [str(job[key]) for key in ("model", "speaker", "emotion") if job[key]]
    words += [f"k={job['k']}", f"#{job['trial']}"] if job["k"] is not None else []
    return " ".join(words) or str(job["kind"])
