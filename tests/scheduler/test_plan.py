"""The plan: who gets a free slot."""

from pft_tui.scheduler.plan import Assign, BundleWork, ModelWork, Pending, PrepareWork, plan
from pft_tui.settings.model import PrefinetuneSettings
from pft_tui.specs import CorpusRef, EncoderSpec, ModelSpec

A, B, ESD = (CorpusRef(name, "d") for name in ("a", "b", "esd"))


def model(*corpora: CorpusRef) -> ModelSpec:
    return ModelSpec(EncoderSpec("random:tiny", None, "f"), corpora, PrefinetuneSettings(), 0)


def bundle(model_id: str | None, speaker: str = "s", trials: int = 100) -> BundleWork:
    return BundleWork(model_id, "finetune", "paper", ESD, speaker, trials)


def test_corpora_come_first_then_the_largest_models_then_trials() -> None:
    pending = Pending(
        prepares=[PrepareWork(A)],
        models=[ModelWork(model(B)), ModelWork(model(B, ESD))],
        bundles=[bundle("m")],
        prepared=frozenset({B, ESD}),
        finished_models=frozenset({"m"}),
    )
    work = [assign.work for assign in plan(pending, range(9), 9)]
    assert work[:3] == [PrepareWork(A), ModelWork(model(B, ESD)), ModelWork(model(B))]
    assert isinstance(work[3], BundleWork)
    assert len(work) == 4


def test_nothing_starts_before_what_it_needs() -> None:
    waiting = Pending(
        models=[ModelWork(model(A, B))], bundles=[bundle("m"), bundle(None)], prepared=frozenset({A})
    )
    assert plan(waiting, [0, 1, 2], 3) == []
    no_model = Pending(bundles=[bundle("m")], prepared=frozenset({ESD}))
    assert plan(no_model, [0], 1) == []
    baseline = Pending(bundles=[bundle(None)], prepared=frozenset({ESD}))
    assert len(plan(baseline, [0], 1)) == 1


def test_each_work_is_given_out_once_and_only_to_free_slots() -> None:
    pending = Pending(prepares=[PrepareWork(A), PrepareWork(B)])
    assert plan(pending, [3], 4) == [Assign(3, PrepareWork(A))]
    assert plan(pending, [], 4) == []
    assert len(plan(pending, [0, 1, 2], 4)) == 2


def test_bundles_shrink_towards_the_end_so_that_slots_end_together() -> None:
    def taken(trials: int, slots: int) -> int:
        pending = Pending(
            bundles=[bundle("m", trials=trials)], prepared=frozenset({ESD}), finished_models=frozenset({"m"})
        )
        work = plan(pending, [0], slots)[0].work
        assert isinstance(work, BundleWork)
        return work.take

    assert [taken(trials, 2) for trials in (100, 40, 8, 2, 1)] == [25, 10, 2, 1, 1]
    many = Pending(
        bundles=[bundle("m", str(n), 105) for n in range(320)],
        prepared=frozenset({ESD}),
        finished_models=frozenset({"m"}),
    )
    assert [assign.work.take for assign in plan(many, range(8), 8)] == [105] * 8  # type: ignore[union-attr]
