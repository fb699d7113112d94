"""The grid: how many models and trials, which are paired, and what cannot be asked for."""

from collections import Counter
from itertools import combinations
from pathlib import Path

import pytest

from pft_tui.corpora.load import Corpus, digest_of
from pft_tui.corpora.utterance import SPLITS, Utterance
from pft_tui.errors import USAGE, SpecError
from pft_tui.grid import Grid, corpora_of, expand
from pft_tui.settings import Settings

EMOTIONS = ("angry", "happy", "neutral", "sad", "surprise")


def corpus(
    name: str, speakers: dict[str, str], per_label: int = 4, labels: tuple[str, ...] = EMOTIONS
) -> Corpus:
    utterances = tuple(
        Utterance(f"{speaker}_{label}_{split}_{n}", "x.wav", label, speaker, language, split)
        for speaker, language in speakers.items()
        for label in labels
        for split in SPLITS
        for n in range(per_label)
    )
    return Corpus(name, name, Path(), "f", utterances, (), tuple(sorted(labels)), digest_of(utterances))


CORPORA = {
    "esd": corpus("esd", {"0001": "Mandarin", "0011": "English"}, per_label=32),
    **{name: corpus(name, {"s": "English"}) for name in ("a", "b", "c", "d")},
}


def settings(**grid: object) -> Settings:
    sections = {name: {"root": "/x"} for name in CORPORA}
    return Settings.model_validate(
        {"corpora": sections, "encoder": {"name": "random:tiny"}, "grid": {"shots": [2, 4], **grid}}
    )


def expanded(**grid: object) -> Grid:
    return expand(settings(**grid), CORPORA)


def test_the_papers_grid_has_16_models_and_2100_conditions_each() -> None:
    speakers = {f"{n:04}": "English" for n in range(20)}
    paper = {**CORPORA, "esd": corpus("esd", speakers, per_label=32)}
    grid = expand(settings(shots=[2, 4, 8, 16, 24, 32, 64]), paper)
    assert len(grid.models) == 16
    assert len(grid.trials) == 33_600
    assert len({trial.trial_id for trial in grid.trials}) == 33_600
    assert set(Counter(trial.model_id for trial in grid.trials).values()) == {2100}


def test_the_models_are_the_power_set_of_any_number_of_corpora() -> None:
    for names in (["a"], ["a", "b", "c"], ["a", "b", "c", "d"]):
        sets = [model.names for model in expanded(prefinetune_on=names).models]
        assert sets == [subset for size in range(len(names) + 1) for subset in combinations(names, size)]


def test_any_subset_of_the_power_set_can_be_asked_for_and_only_its_corpora_are_needed() -> None:
    asked = ["base", "b+a", "a"]
    assert [model.corpus_set for model in expanded(subsets=asked).models] == ["base", "a+b", "a"]
    assert corpora_of(settings(subsets=asked)) == ["esd", "a", "b"]


def test_what_is_asked_for_twice_is_there_once():
    once = expanded(subsets=["base", "a"], shots=[2], baselines=["constant"])
    twice = expanded(subsets=["base", "a", "a+a", " base"], shots=[2, 2], baselines=["constant", "constant"])
    assert (twice.models, twice.trials) == (once.models, once.trials)


def test_every_model_has_the_same_trials() -> None:
    grid = expanded()
    cells = {
        model.model_id: {
            (t.speaker, t.language, t.emotion, t.k, t.trial)
            for t in grid.trials
            if t.model_id == model.model_id
        }
        for model in grid.models
    }
    assert len({frozenset(of_model) for of_model in cells.values()}) == 1
    assert len(next(iter(cells.values()))) == 2 * 5 * 2 * 3


def test_ids_do_not_change_when_the_grid_grows_or_a_root_moves() -> None:
    small = expanded(shots=[2], trials=1)
    large = expanded(shots=[2, 4], trials=2)
    assert {trial.trial_id for trial in small.trials} < {trial.trial_id for trial in large.trials}


def test_baselines_run_once_for_each_cell_and_belong_to_no_model() -> None:
    baselines = [trial for trial in expanded(baselines=["constant"]).trials if trial.model_id is None]
    assert len(baselines) == 2 * 5 * 2 * 3
    assert {trial.method for trial in baselines} == {"constant"}


def test_multiclass_trials_are_one_for_all_emotions() -> None:
    multiclass = settings(shots=[5, 12]).model_copy(
        update={"finetune": Settings.model_validate({"finetune": {"task": "multiclass"}}).finetune}
    )
    trials = expand(multiclass, CORPORA).trials
    assert {(trial.emotion, trial.recipe.task) for trial in trials} == {("all", "multiclass")}
    assert {trial.protocol for trial in trials} == {"paper(task=multiclass)"}


@pytest.mark.parametrize(
    ("grid", "said", "remedy"),
    [
        ({"shots": [3]}, "k must be even, got 3", "k/2 positives"),
        (
            {"shots": [66]},
            "needs 33 training utterances angry of speaker 0001 of esd, which has 32",
            "up to 64",
        ),
        ({"downstream": "esdd"}, "grid.downstream: 'esdd' is not among the corpora", "did you mean 'esd'?"),
        ({"prefinetune_on": ["q"]}, "grid.prefinetune_on: 'q' is not among", "known: "),
        ({"prefinetune_on": ["esd"]}, "which is also grid.downstream", "take it out"),
        ({"subsets": ["a+q"]}, "grid.subsets: 'a+q': 'q' is not among", "known: a, b, c, d"),
        (
            {"speakers": ["0012"]},
            "grid.speakers: '0012' is not among the speakers of esd",
            "did you mean '0011'?",
        ),
        ({"emotions": ["angri"]}, "grid.emotions: 'angri'", "did you mean 'angry'?"),
    ],
)
def test_what_cannot_be_asked_for_is_named_with_a_remedy(grid: dict, said: str, remedy: str) -> None:
    with pytest.raises(SpecError) as caught:
        expanded(**grid)
    assert said in caught.value.message
    assert remedy in (caught.value.hint or "")
    assert caught.value.exit_code == USAGE


def test_a_speaker_without_a_positive_example_is_named() -> None:
    half = corpus("esd", {"0001": "English"}, labels=("angry", "sad"))
    other = corpus("esd", {"0002": "English"}, labels=("sad",))
    both = half.utterances + other.utterances
    mixed = Corpus("esd", "esd", Path(), "f", both, (), ("angry", "sad"), digest_of(both))
    with pytest.raises(SpecError, match="speaker 0002 of esd has no training utterance labelled angry"):
        expand(settings(), {**CORPORA, "esd": mixed})
