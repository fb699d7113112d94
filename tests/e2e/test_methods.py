"""Encoders, baselines and the multi-class task through `pft run`; every number again from its spec alone.

The recomputation shares with the run only the library that trains: it reads the audio files itself, and
each trial runs alone, from a freshly loaded encoder, in another process than the one that stored it.
"""

import json
import math
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import soundfile
import torch
from small_workspaces import Pft, make_workspace

from pft_tui.baselines.compare2016 import Compare2016Baseline
from pft_tui.baselines.constant import ConstantBaseline
from pft_tui.encoders.load import load_encoder
from pft_tui.protocols import label, recipe
from pft_tui.settings import Settings
from pft_tui.specs import CorpusRef, TrialSpec
from pft_tui.training.data import Labelled, SpeakerData, Split, TaskData
from pft_tui.training.finetune import FewShotTrainer
from pft_tui.training.prefinetune import prefinetune
from pft_tui.training.trial import TrialRunner

SPEAKER, EMOTIONS, SHOTS = "0011", ("angry", "happy"), (2, 4)
CELLS = len(EMOTIONS) * len(SHOTS)
METHODS = {"finetune": 2 * CELLS, "constant": CELLS, "compare2016": CELLS}
LEARNED = ("iemocap", "msp_podcast")  # both at 16 kHz, so that a file holds the very samples to train on
FLAGS = (f"grid.prefinetune_on={list(LEARNED)}", f"grid.subsets=['base', '{'+'.join(LEARNED)}']")


def run_grid(folder: Path, pft: Pft, *settings: str) -> Path:
    flags = [
        part for setting in (*FLAGS, f"grid.speakers=['{SPEAKER}']", *settings) for part in ("--set", setting)
    ]
    run = pft(folder, "run", *flags)
    assert run.returncode == 0, run.stderr
    return folder


def ask(folder: Path, sql: str) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(folder / "pft.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def compared(tmp_path_factory: pytest.TempPathFactory, corpora: dict[str, Path], pft: Pft) -> Path:
    """A finished workspace with an encoder as it is, pre-finetuned, and both baselines."""
    folder = make_workspace(tmp_path_factory.mktemp("compared"), corpora)
    return run_grid(
        folder,
        pft,
        f"grid.emotions={list(EMOTIONS)}",
        f"grid.shots={list(SHOTS)}",
        "grid.baselines=['constant', 'compare2016']",
    )


@pytest.fixture(scope="module")
def multiclass(tmp_path_factory: pytest.TempPathFactory, corpora: dict[str, Path], pft: Pft) -> Path:
    """A finished workspace of trials over all emotions at once."""
    folder = make_workspace(tmp_path_factory.mktemp("multiclass"), corpora)
    return run_grid(
        folder, pft, "finetune.task='multiclass'", "grid.shots=[5, 8]", "grid.baselines=['constant']"
    )


def samples(corpora: dict[str, Path], folder: Path, corpus: str, where: str) -> list[tuple[Any, ...]]:
    """Id, 16-bit samples and label of each utterance of a corpus, in order of id."""
    rows = ask(
        folder,
        f"select utterance_id, path, label from utterances where corpus = '{corpus}' and {where} order by 1",
    )
    return [
        (utterance_id, soundfile.read(corpora[corpus] / path, dtype="int16")[0], label)
        for utterance_id, path, label in rows
    ]


@pytest.fixture
def as_in_the_run() -> Iterator[Callable[[Path], None]]:
    """Sets torch to the threads that a workspace's trials were computed with."""
    before = torch.get_num_threads()

    def set_threads(folder: Path) -> None:
        [(threads,)] = ask(
            folder,
            "select distinct details ->> 'threads' from environments "
            "join trials on environment_id = run_environment",
        )
        torch.set_num_threads(int(threads))

    yield set_threads
    torch.set_num_threads(before)


def settings_of(folder: Path) -> Settings:
    """The settings that the run recorded."""
    [(configuration,)] = ask(folder, "select detail from events where kind = 'configuration'")
    return Settings.model_validate_json(configuration)


def recomputed_differently(corpora: dict[str, Path], folder: Path) -> list[tuple[Any, ...]]:
    """The trials whose recomputation gives other numbers than are stored: both, side by side."""
    settings = settings_of(folder)
    data = SpeakerData(
        *(
            Split(
                *zip(
                    *samples(corpora, folder, "esd", f"speaker = '{SPEAKER}' and split = '{split}'"),
                    strict=True,
                )
            )
            for split in ("train", "evaluation", "test")
        )
    )
    [(digest,)] = ask(folder, "select digest from corpora where corpus = 'esd'")
    trials = ask(
        folder,
        "select trial_id, epochs, best_epoch, val_macro_f1, accuracy, macro_f1, weighted_f1, examples, "
        "model_id, method, protocol, language, emotion, k, trial, seed from trials order by trial_id",
    )
    different = []
    for trial_id, *stored, model_id, method, protocol, language, emotion, k, number, seed in trials:
        spec = TrialSpec(
            model_id,
            method,
            label(settings.finetune),
            recipe(settings.finetune, k),
            CorpusRef("esd", digest),
            SPEAKER,
            language,
            emotion,
            k,
            number,
            seed,
        )
        assert (spec.trial_id, spec.protocol) == (trial_id, protocol)
        outcome = runner(folder, spec, data).run(spec, lambda *_: None, lambda: False)
        assert outcome is not None
        again = [
            outcome.epochs,
            outcome.best_epoch,
            outcome.val_macro_f1,
            outcome.accuracy,
            outcome.macro_f1,
            outcome.weighted_f1,
            list(outcome.examples),
        ]
        if again != stored:
            different.append((method, emotion, k, stored, again))
    return different


def runner(folder: Path, spec: TrialSpec, data: SpeakerData) -> TrialRunner:
    device = torch.device("cpu")
    if spec.method == "constant":
        return ConstantBaseline(data)
    if spec.method == "compare2016":
        return Compare2016Baseline(data, device=device)
    model = folder / ".pft" / "models" / str(spec.model_id)
    encoder = load_encoder(str(model)) if model.exists() else load_encoder("random:tiny", seed=spec.seed)
    return FewShotTrainer(encoder, data, device=device)


def test_each_method_has_a_row_for_each_cell_and_baselines_belong_to_no_model(compared: Path) -> None:
    rows = ask(
        compared,
        "select method, count(*), count(macro_f1), count(distinct (emotion, k)), count(model_id) "
        "from trials where status = 'finished' group by method",
    )
    assert {row[0]: row[1:] for row in rows} == {
        method: (count, count, CELLS, count if method == "finetune" else 0)
        for method, count in METHODS.items()
    }
    epochs = dict(ask(compared, "select method, min(epochs) from trials group by method"))
    assert epochs["constant"] == 0 < epochs["compare2016"]
    examples = (
        "select emotion, k, list(distinct examples) from trials where method <> 'constant' group by all"
    )
    assert all(len(drawn) == 1 for *_, drawn in ask(compared, examples))  # the baseline learns from the same


def test_tables_leave_the_baselines_out_and_the_documented_query_has_them(compared: Path, pft: Pft) -> None:
    assert ask(compared, "select sum(trials) from figure2") == [(METHODS["finetune"],)]
    query = (
        "select method, coalesce(corpus_set, '-') as corpus_set, k, avg(macro_f1) as mean_f1 from trials "
        "where status = 'finished' and not superseded and emotion <> 'all' group by all"
    )
    shown = json.loads(pft(compared, "sql", query, "--json").stdout)
    assert Counter(row["method"] for row in shown) == {"finetune": 4, "constant": 2, "compare2016": 2}
    for row in shown:
        of_trials = ask(
            compared,
            f"select macro_f1 from trials where method = '{row['method']}' and k = {row['k']} "
            f"and coalesce(corpus_set, '-') = '{row['corpus_set']}'",
        )
        assert row["mean_f1"] == pytest.approx(math.fsum(f1 for (f1,) in of_trials) / len(of_trials))


def test_multiclass_trials_are_stored_once_for_all_emotions(multiclass: Path) -> None:
    rows = ask(multiclass, "select method, emotion, k, status, protocol from trials")
    assert Counter(row[:4] for row in rows) == {
        **{("finetune", "all", k, "finished"): 2 for k in (5, 8)},
        **{("constant", "all", k, "finished"): 1 for k in (5, 8)},
    }
    assert all("task=multiclass" in protocol for *_, protocol in rows)
    drawn = ask(
        multiclass,
        "with drawn as (select trial_id, k, unnest(examples) as id from trials where method = 'finetune') "
        "select k, list(label) from drawn join utterances on utterance_id = id and corpus = 'esd' "
        "group by trial_id, k",
    )
    assert len(drawn) == 4
    for k, labels in drawn:
        counts = Counter(labels)
        assert (len(counts), counts.total(), max(counts.values()) - min(counts.values()) <= 1) == (5, k, True)


@pytest.mark.parametrize("grid", ["compared", "multiclass"])
def test_a_trial_alone_from_its_spec_gives_the_stored_numbers(
    grid: str,
    request: pytest.FixtureRequest,
    corpora: dict[str, Path],
    as_in_the_run: Callable[[Path], None],
) -> None:
    folder = request.getfixturevalue(grid)
    as_in_the_run(folder)
    assert recomputed_differently(corpora, folder) == []


def test_a_model_pre_finetuned_anew_has_the_stored_weights(
    compared: Path, corpora: dict[str, Path], tmp_path: Path, as_in_the_run: Callable[[Path], None]
) -> None:
    as_in_the_run(compared)
    settings = settings_of(compared)
    tasks = []
    for name in LEARNED:
        heard = {
            split: samples(corpora, compared, name, f"split = '{split}'") for split in ("train", "evaluation")
        }
        labels = tuple(sorted({label for rows in heard.values() for *_, label in rows}))
        splits = (
            Labelled([audio for _, audio, _ in rows], [labels.index(label) for *_, label in rows])
            for rows in heard.values()
        )
        tasks.append(TaskData(name, labels, *splits))
    prefinetune(
        load_encoder("random:tiny", seed=settings.grid.seed),
        tasks,
        settings.prefinetune,
        seed=settings.grid.seed,
        folder=tmp_path / "model",
        device=torch.device("cpu"),
        report=lambda *_: None,
        should_stop=lambda: False,
    )
    [(model_id,)] = ask(compared, "select model_id from models where n_corpora = 2")
    stored = compared / ".pft" / "models" / model_id / "model.safetensors"
    assert (tmp_path / "model" / "model.safetensors").read_bytes() == stored.read_bytes()
