"""Nodes of a graph: the two factions of Zachary's karate club, from random walks.

    python examples/graph.py        (needs networkx)

The club split in two in 1972. Walks on who met whom are sentences, members are words. The vectors
never see who went where.
"""

import networkx as nx
import numpy as np

import jw2v

CONFIG = jw2v.Config(dim=8, window=3, epochs=20, min_count=1, subsample=0, vectors="mean")


def walks(graph: nx.Graph, *, each: int = 20, length: int = 10, seed: int = 0) -> list[list[int]]:
    """From each node some random walks; a neighbour is as likely as its edge is heavy."""
    rng = np.random.default_rng(seed)
    weights = nx.to_numpy_array(graph)
    steps = weights / weights.sum(axis=1, keepdims=True)
    found = [[node] for node in range(len(graph)) for _ in range(each)]
    for walk in found:
        while len(walk) < length:
            walk.append(int(rng.choice(len(graph), p=steps[walk[-1]])))
    return found


def factions(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """The side of each member: as the vectors have it, and as it came."""
    graph = nx.karate_club_graph()
    vectors = jw2v.train(walks(graph, seed=seed), CONFIG)
    table = vectors[[str(node) for node in graph]]
    centred = table - table.mean(axis=0)
    first = np.linalg.svd(centred, full_matrices=False)[0][:, 0]  # the first principal component
    officer = first > 0
    if officer[0]:  # node 0 is Mr. Hi, the instructor
        officer = ~officer
    return officer, np.array([graph.nodes[node]["club"] == "Officer" for node in graph])


def main() -> None:
    found, true = factions()
    print(f"{(found == true).sum()} of {len(true)} members on the side that they took")
    for side, name in ((False, "Mr. Hi"), (True, "Officer")):
        print(f"{name}: {', '.join(map(str, np.flatnonzero(found == side)))}")
    print(f"on the wrong side: {', '.join(map(str, np.flatnonzero(found != true))) or 'nobody'}")


if __name__ == "__main__":
    main()
