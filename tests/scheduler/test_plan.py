"""The plan: who gets a free slot."""

from dataclasses import replace

from pft_tui.scheduler.plan import Assign, Pending, Share, plan
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec
from pft_tui.store.pending import BundleRow, PendingModel, PendingPrepare

A, B, ESD = (CorpusRef(name, "d") for name in ("a", "b", "esd"))


def model(*corpora: CorpusRef, waits_for: str | None = None) -> PendingModel:
    spec = ModelSpec(EncoderSpec("random:tiny", None, "f"), corpora, PrefinetuneSettings(), 0)
    return PendingModel(spec, attempts=0, priority=10, waits_for=waits_for)


def bundle(trials: int = 100, speaker: str = "s", waits_for: str | None = None) -> BundleRow:
    return BundleRow("b", "m", speaker, "finetune", "paper", ESD, trials, priority=0, waits_for=waits_for)


PREPARE = PendingPrepare("p", A, attempts=0, priority=20)


def test_corpora_come_first_then_the_largest_models_then_trials() -> None:
    pending = Pending([PREPARE], [model(B), model(A, B)], [bundle(8)])
    work = [assign.work for assign in plan(pending, range(9), 4)]
    assert work == [PREPARE, model(A, B), model(B), Share(bundle(8), 1)]


def test_a_higher_priority_goes_before_all_else() -> None:
    urgent = replace(bundle(8), priority=99)
    assert plan(Pending([PREPARE], [model(A)], [bundle(8), urgent]), [0], 1) == [Assign(0, Share(urgent, 8))]


def test_what_waits_for_something_is_left_alone() -> None:
    pending = Pending(
        [], [model(A, waits_for="the audio of a")], [bundle(waits_for="the model a"), bundle(0)]
    )
    assert plan(pending, range(3), 3) == []


def test_each_work_is_given_out_once_and_only_to_free_slots() -> None:
    other = replace(PREPARE, job_id="q", corpus=B)
    assert plan(Pending([PREPARE, other]), [3], 4) == [Assign(3, PREPARE)]
    assert plan(Pending([PREPARE, other]), [], 4) == []
    assert plan(Pending([PREPARE, other]), [0, 2, 3], 4) == [Assign(0, PREPARE), Assign(2, other)]


def test_shares_shrink_towards_the_end_so_that_slots_end_together() -> None:
    def share(trials: int, slots: int) -> int:
        work = plan(Pending(bundles=[bundle(trials)]), [0], slots)[0].work
        assert isinstance(work, Share)
        return work.trials

    assert [share(trials, 2) for trials in (100, 40, 8, 2, 1)] == [25, 10, 2, 1, 1]
    many = Pending(bundles=[bundle(105, str(number)) for number in range(320)])
    works = [assign.work for assign in plan(many, range(8), 8)]
    assert [work.trials for work in works if isinstance(work, Share)] == [105] * 8
