"""`python onlooker.py ADDRESS`: for each line on standard input, how many nodes the cluster has."""

import sys

import ray

from pft_tui.cluster.nodes import alive_nodes

if __name__ == "__main__":
    ray.init(address=sys.argv[1], log_to_driver=False)
    for _ in sys.stdin:
        print(len(alive_nodes()), flush=True)
