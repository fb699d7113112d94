"""`python occupant.py ADDRESS NODE`: takes the CPU of a node until its standard input ends."""

import sys

import ray
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from pft_tui.cluster.nodes import node_names


class Occupant:
    def is_there(self):
        return True


if __name__ == "__main__":
    address, name = sys.argv[1:]
    ray.init(address=address, log_to_driver=False)
    [node_id] = [node_id for node_id, known in node_names().items() if known == name]
    there = NodeAffinitySchedulingStrategy(node_id, soft=False)
    occupant = ray.remote(Occupant).options(num_cpus=1, scheduling_strategy=there).remote()
    assert ray.get(occupant.is_there.remote())
    print("taken", flush=True)
    sys.stdin.read()
