"""What the parts of an experiment add up to, on times that are known."""

from dataclasses import replace

import pytest

from pft_tui import calibration
from pft_tui.calibration import Request, Sample, Time
from pft_tui.forecast.calibrate import keep, kept, key_of
from pft_tui.forecast.inputs import Inputs, shapes_of
from pft_tui.forecast.lacking import Epochs, Lacking, Past
from pft_tui.forecast.lengths import Lengths
from pft_tui.forecast.predict import Costs, Part, Range, epoch_of, parts_of, total_of
from pft_tui.protocols import Recipe
from pft_tui.scheduler.slots import Slot
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec, TrialSpec

RECIPE = Recipe(epochs=16, patience=3)
ENCODER = EncoderSpec("random:tiny", None, "f")
SETTINGS = PrefinetuneSettings(epochs=9, patience=3, batch_size=8, crop_seconds=4.0)
A, B = CorpusRef("a", "1"), CorpusRef("b", "2")


def costs(**times: float) -> Costs:
    return Costs({name.replace("__", "/"): Time(wall, wall / 2) for name, wall in times.items()}, 1000)


def trial(k: int, number: int = 0, speaker: str = "s") -> TrialSpec:
    return TrialSpec("m", "finetune", "paper", RECIPE, A, speaker, None, "sad", k, number, 0)


def part(kind: str, seconds: float) -> Part:
    time = Time(seconds, seconds)
    return Part(kind, kind, 1, None, time, time, time)


@pytest.mark.parametrize(
    ("k", "expected"),
    [(2, 1.0), (4, 1.5), (6, 1.0 + 0.5), (8, 1.5 + 0.5), (64, 1.5 + 15 * 0.5), (66, 1.0 + 16 * 0.5)],
)
def test_an_epoch_is_its_last_step_with_the_evaluation_and_a_whole_step_for_every_other_group(k, expected):
    known = costs(epoch__finetune__2=1.0, epoch__finetune__4=1.5, step__finetune=0.5)
    assert epoch_of("finetune", k, RECIPE, known).wall == pytest.approx(expected)


def test_every_k_of_a_grid_is_put_together_from_what_is_timed():
    recipe = replace(RECIPE, batch_size=2, accumulation=5)
    shapes = shapes_of("finetune", dict.fromkeys(range(2, 65, 2), recipe))
    assert shapes.shots == (2, 4, 6, 8, 10, 30)
    timed = costs(step__finetune=1.0, **{f"epoch__finetune__{k}": float(k) for k in shapes.shots})
    for k in range(2, 65, 2):
        whole, last = divmod(k - 1, 10)
        assert epoch_of("finetune", k, recipe, timed).wall == whole + last + 1


def test_epochs_lie_between_the_patience_and_the_most():
    assert Range.of_epochs(200, 30, None) == Range(31, (31 * 200) ** 0.5, 200)
    assert Range.of_epochs(4, 30, None) == Range(4, 4.0, 4)
    assert Range.of_epochs(200, 30, Epochs(50.0, 2.0, 100)) == Range(46.0, 50.0, 54.0)
    assert Range.of_epochs(200, 30, Epochs(199.0, 2.0, 100)).high == 200


def test_trials_cost_their_epochs_what_is_beside_them_and_their_share_of_a_bundle():
    trials = (trial(4), trial(4, 1), trial(8), trial(4, speaker="t"))
    known = costs(bundle__finetune=8.0, fixed__finetune__4=3.0, epoch__finetune__4=2.0, step__finetune=1.0)
    found = parts_of(Lacking({}, (), trials), Inputs({}, {}, {}, 0.0), known, Past(), SETTINGS)
    assert [(item.name, item.jobs) for item in found] == [("k = 4", 3), ("k = 8", 1)]
    share = 2 * 8.0 / 4  # two speakers, four trials
    assert found[0].low.wall == pytest.approx(3 * (share + 3.0 + 2.0 * 4))
    assert found[0].expected.wall == pytest.approx(3 * (share + 3.0 + 2.0 * 8))
    assert found[1].high.wall == pytest.approx(share + 3.0 + (2.0 + 1.0) * 16)
    assert found[1].high.cpu == pytest.approx(found[1].high.wall / 2)


def test_a_probe_costs_a_pass_over_each_utterance_that_it_learns_from_or_is_measured_on():
    probe = replace(trial(4), recipe=replace(RECIPE, adapt="head", freeze_cnn=True))
    trials = (probe, replace(probe, trial=1), replace(probe, model_id="n"))
    speaker = {
        "train": Lengths(100, (1.0,)),
        "evaluation": Lengths(10, (1.0,)),
        "test": Lengths(20, (1.0,)),
    }
    inputs = Inputs({}, {}, speaker, drawn=8.0)
    known = {"bundle__finetune": 4.0, "fixed__finetune__4": 0.0, "epoch__finetune__4": 0.0}
    for encoded, passes in (("encode__alone", 38.0), ("encode__batches", 130.0)):
        (found,) = parts_of(
            Lacking({}, (), trials), inputs, costs(**known, **{encoded: 0.5}), Past(), SETTINGS
        )
        assert found.expected.wall == pytest.approx(2 * (4.0 + 0.5 * passes))  # two models


def test_finished_trials_say_how_many_epochs_the_others_take_once_there_are_enough():
    known = costs(bundle__finetune=0.0, fixed__finetune__4=0.0, epoch__finetune__4=1.0)
    lacking, inputs = Lacking({}, (), (trial(4),)), Inputs({}, {}, {}, 0.0)
    for runs, expected in ((9, 8.0), (10, 5.0)):
        past = Past(trials={("finetune", 4): Epochs(5.0, 0.5, runs)})
        (found,) = parts_of(lacking, inputs, known, past, SETTINGS)
        assert found.expected.wall == pytest.approx(expected)


def test_a_model_costs_its_draws_at_the_width_of_its_batches_and_its_validation():
    settings = SETTINGS.model_copy(update={"crop_seconds": 3.0})
    model = ModelSpec(ENCODER, (A, B), settings, 0)
    inputs = Inputs(
        train={"a": Lengths(80, (3.0, 9.0)), "b": Lengths(240, (3.0,))},  # all cropped to 3 s
        evaluation={"a": Lengths(10, (1.0,)), "b": Lengths(30, (2.0,))},
        speaker={},
        drawn=0.0,
    )
    known = costs(
        training_step__1=1.0,
        training_step__2=1.5,
        validation__1=0.1,
        validation__2=0.2,
        checkpoint=5.0,
        model=7.0,
    )
    (found,) = parts_of(Lacking({}, (model,), ()), inputs, known, Past(), settings)
    epoch = (320 / 8) * 2.0 + 10 * 0.1 + 30 * 0.2 + 5.0
    assert found.low.wall == pytest.approx(7.0 + 4 * epoch)
    assert found.expected.wall == pytest.approx(7.0 + 6 * epoch)
    assert found.high.wall == pytest.approx(7.0 + 9 * epoch)


def test_all_takes_an_even_share_of_a_slot_or_the_longest_chain():
    known = costs(start=1.0)
    work = [part("prepare", 2.0), part("prefinetune", 10.0), part("prefinetune", 6.0), part("trials", 22.0)]
    assert total_of(work, 2, known).expected == 1.0 + 20.0
    assert total_of(work, 100, known).expected == 1.0 + 2.0 + 10.0
    assert total_of(work, 100, known, together=4).expected == 1.0 + 2.0 + 2.5


def test_costs_are_medians_that_one_interruption_does_not_move():
    samples = [Sample("x", Time(wall, wall)) for wall in (1.0, 1.1, 50.0)]
    assert Costs.of(samples, 5).times["x"] == Time(1.1, 1.1)


def test_a_calibration_is_kept_until_what_it_was_for_changes(tmp_path):
    request = Request(ENCODER, False, (), (2,), (1.0,), 3, (1.0,), (1.0,), 1.0, 1.0, None, (), {})
    slots, file = [Slot(0, "cpu", 1)], tmp_path / "calibration.json"
    found, key = costs(start=1.0), key_of(request, slots)
    assert kept(file, key) is None
    keep(file, key, found)
    assert kept(file, key) == found
    others = [
        key_of(replace(request, encoder=replace(ENCODER, fingerprint="g")), slots),
        key_of(replace(request, trials=(shapes_of("finetune", {2: RECIPE}),)), slots),
        key_of(request, [Slot(0, "cuda:0", 1)]),
        key_of(request, [Slot(0, "cpu", 2)]),
        key_of(request, slots * 2),
    ]
    assert len({key, *others}) == 6
    assert all(kept(file, other) is None for other in others)
    file.write_text("{")
    assert kept(file, key) is None
    assert calibration.START in found.times
