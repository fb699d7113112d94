"""The plan: who gets a free slot."""

from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from pft_tui.scheduler.plan import Assign, Hold, Pending, Share, Work, plan
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


def together(pending, free, reach=4, **options):
    """What the plan gives where two devices train a model together, and so many do not do so now."""
    return plan(pending, free, 4, together=2, reach=reach, **options)


def test_a_model_for_two_devices_takes_two_slots_at_once() -> None:
    pending = Pending([], [model(A, B), model(A)], [bundle(8)])
    assert together(pending, [0, 1, 2, 3]) == [Assign(0, model(A, B), (1,)), Assign(2, model(A), (3,))]
    assert together(pending, [1, 2, 3]) == [Assign(1, model(A, B), (2,)), Hold(3)]


def test_while_it_waits_it_holds_a_slot_and_the_others_go_on() -> None:
    """Slots 0 and 1 share a GPU; the other one is busy."""
    pending = Pending([], [model(A, B), model(A)], [bundle(8)])
    gpu = {0: "cuda:0", 1: "cuda:0", 2: "cuda:1", 3: "cuda:1"}.__getitem__
    assert together(pending, [0, 1], device=gpu) == [Hold(0), Assign(1, Share(bundle(8), 1))]
    assert together(pending, [0, 1, 3], device=gpu) == [Assign(0, model(A, B), (3,)), Hold(1)]


def test_a_model_that_waits_for_another_to_end_holds_no_slot() -> None:
    """Of three slots a model has two: these will be free at once, and the third alone is of no use."""
    pending = Pending([], [model(A, B), model(A)], [bundle(8)])
    assert together(pending, [2], reach=1) == [Assign(2, Share(bundle(8), 1))]
    assert together(pending, [0, 1, 2], reach=3)[0] == Assign(0, model(A, B), (1,))


def test_what_is_more_urgent_goes_before_a_model_that_waits() -> None:
    urgent = replace(bundle(8), priority=99)
    assert together(Pending([PREPARE], [model(A)], [bundle(8)]), [2]) == [Assign(2, PREPARE)]
    assert together(Pending([], [model(A)], [urgent]), [2]) == [Assign(2, Share(urgent, 1))]
    assert together(Pending([], [model(A, waits_for="audio")], [bundle(8)]), [2]) == [
        Assign(2, Share(bundle(8), 1))
    ]


@settings(deadline=None)
@given(st.data())
def test_whatever_is_queued_ends_and_no_model_waits_while_its_devices_are_free(data: st.DataObject) -> None:
    """A run whose jobs end in any order, with slots on any devices, models and trials of any priority."""
    device = data.draw(st.lists(st.integers(0, 3), min_size=1, max_size=6))
    devices = data.draw(st.integers(1, len(set(device))))
    number = st.integers(0, 3)
    models = [
        replace(
            model(*[CorpusRef(f"{at}-{n}", "d") for n in range(data.draw(number))], A),
            priority=10 * data.draw(number),
        )
        for at in range(data.draw(number))
    ]
    bundles = [
        replace(bundle(data.draw(number), f"s{at}"), priority=10 * data.draw(number))
        for at in range(data.draw(number))
    ]
    running: list[tuple[Work, tuple[int, ...]]] = []
    while models or any(item.trials for item in bundles) or running:
        busy = {slot for _, slots in running for slot in slots}
        free = [slot for slot in range(len(device)) if slot not in busy]
        teams = {slot for _, slots in running for slot in slots if len(slots) > 1}
        reach = len({device[slot] for slot in range(len(device)) if slot not in teams})
        actions = plan(
            Pending([], models, bundles),
            free,
            len(device),
            together=devices,
            reach=reach,
            device=device.__getitem__,
        )
        assigned = [action for action in actions if isinstance(action, Assign)]
        held = [action.slot for action in actions if isinstance(action, Hold)]
        used = [slot for action in assigned for slot in (action.slot, *action.lent)]
        assert len(used + held) == len(set(used + held))
        assert set(used + held) <= set(free)
        # A slot is held only for a model, and only while too few devices are free for it.
        assert not held or (models and reach >= devices)
        assert len({device[slot] for slot in held}) == len(held) < devices
        for action in assigned:
            slots = (action.slot, *action.lent)
            if isinstance(action.work, PendingModel):
                assert len({device[slot] for slot in slots}) == len(slots) == devices
                models.remove(action.work)
            else:
                assert isinstance(action.work, Share)
                assert not action.lent
                at = bundles.index(action.work.bundle)
                bundles[at] = replace(bundles[at], trials=bundles[at].trials - action.work.trials)
            running.append((action.work, slots))
        assert running, "everybody waits for everybody"
        running.pop(data.draw(st.integers(0, len(running) - 1)))
