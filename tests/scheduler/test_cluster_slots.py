"""How many workers the nodes of a cluster have room for, and the seats that follow them."""

from pft_tui.cluster.messages import Node
from pft_tui.scheduler.cluster_slots import ClusterSlots
from pft_tui.scheduler.crew import Crew
from pft_tui.settings.model import RunSettings

ONE, TWO = Node("1", "one", cpus=5, gpus=0), Node("2", "two", cpus=3, gpus=2)


def trained_on(slots):
    return [(slot.index, slot.device, slot.threads) for slot in slots if slot.work == "training"]


def test_what_is_left_of_a_node_is_no_room():
    slots = ClusterSlots(RunSettings(threads=2, devices="cpu"), [ONE, TWO]).on([ONE, TWO], [])
    assert trained_on(slots) == [(index, "cpu of any node", 2) for index in (1, 2, 3)]
    assert slots[0].work == "preparing"


def test_a_gpu_has_as_many_workers_as_share_it_and_its_node_has_cpus_for():
    several = ClusterSlots(RunSettings(slots_per_gpu=2), [ONE, TWO])
    assert trained_on(several.on([ONE, TWO], [])) == [(index, "gpu of any node", 1) for index in (1, 2, 3)]
    assert len(trained_on(several.on([ONE, TWO], ["2"]))) == 2
    assert len(trained_on(several.on([ONE], ["2"]))) == 1  # one at least, to ask for a node


def test_a_number_that_was_asked_for_stays():
    asked = ClusterSlots(RunSettings(cluster_slots=7, devices=["cuda:0"]), [])
    assert not asked.follows_nodes
    assert len(trained_on(asked.on([TWO], []))) == 7


def test_gpus_that_join_later_change_no_experiment_to_another_device():
    layout = ClusterSlots(RunSettings(), [ONE])
    assert {device for _, device, _ in trained_on(layout.on([ONE, TWO], []))} == {"cpu of any node"}


def test_seats_come_with_nodes_and_go_when_no_worker_holds_them():
    layout = ClusterSlots(RunSettings(devices="cpu"), [TWO])
    crew = Crew(None, layout.on([TWO], []))
    assert numbers(crew) == [0, 1, 2, 3]
    crew.lay_out(layout.on([ONE, TWO], []))
    assert numbers(crew) == [0, 1, 2, 3, 4, 5, 6, 7, 8]
    for seat in crew.seats[3:7]:
        seat.worker = object()
    crew.lay_out(layout.on([TWO], []))
    assert numbers(crew) == [0, 3, 4, 5, 6]
    crew.seats[1].worker = None
    crew.lay_out(layout.on([TWO], []))
    assert numbers(crew) == [0, 4, 5, 6]
    crew.seats[1].closing = True  # its share is nobody else's any more
    crew.lay_out(layout.on([TWO], ["2"]))
    assert numbers(crew) == [0, 4, 5, 6]
    crew.lay_out(layout.on([ONE, TWO], ["2"]))
    assert numbers(crew) == [0, 1, 2, 3, 4, 5, 6, 7]


def numbers(crew):
    return [seat.slot.index for seat in crew.seats]
