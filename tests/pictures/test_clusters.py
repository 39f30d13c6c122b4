"""Clusters: found again where there are some, named by their own words, the same twice."""

from unittest import mock

import numpy as np

from jw2v.pictures import clusters
from jw2v.vectors.words import WordVectors

KINDS = ("red", "oak", "one", "sea")


def crowd(each: int, scatter: float = 0.1) -> tuple[tuple[str, ...], np.ndarray]:
    rng = np.random.default_rng(0)
    words = tuple(f"{kind}{i}" for i in range(each) for kind in KINDS)
    rows = rng.normal(size=(len(KINDS), 20))[np.arange(len(words)) % len(KINDS)]
    return words, (rows + scatter * rng.normal(size=(len(words), 20))).astype(np.float32)


def test_clusters_are_found_and_named_by_their_frequent_words() -> None:
    words, rows = crowd(200)
    cluster, middles = clusters.k_means(clusters._centred(rows), len(KINDS))
    assert len({(word[:3], int(found)) for word, found in zip(words, cluster, strict=True)}) == 4
    assert len(middles) == 4
    with mock.patch.object(clusters, "_MOST", len(KINDS)):
        found = clusters.named(words, rows)
        assert found == clusters.named(words, rows)
    assert set(found) == set(words)
    for word, name in found.items():
        for part in name.split(", "):
            assert part[:3] == word[:3]
            assert int(part[3:]) < 60, "among the frequent ones"
    assert len(set(clusters.named(words, rows).values())) <= 18


def test_vectors_that_are_all_the_same_are_one_cluster() -> None:
    for rows in (np.ones((60, 3)), np.zeros((60, 3))):
        found = clusters.named([f"word{i}" for i in range(60)], rows)
        assert len(set(found.values())) == 1


def test_typical_words_are_of_tight_groups_and_not_the_most_frequent() -> None:
    words, rows = crowd(250)
    rng = np.random.default_rng(1)
    noise = tuple(f"the{i}" for i in range(150))
    scattered = rng.normal(size=(len(noise), 20)).astype(np.float32)
    vectors = WordVectors((*noise, *words), np.concatenate([scattered, rows]))
    found = clusters.typical(vectors, groups=4, each=3)
    assert len(found) == 12
    assert not set(found) & set(vectors.words[:110])
    groups = {name: {word[:3] for word in found if found[word] == name} for name in found.values()}
    assert sorted(map(sorted, groups.values())) == sorted([kind] for kind in KINDS)
