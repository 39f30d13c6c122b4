"""What the meter reports, chunk by chunk."""

import jax.numpy as jnp
import pytest

from jw2v.progress import Progress
from jw2v.steps.step import Totals
from jw2v.training.meter import Meter


def totals(loss: float, pairs: float) -> Totals:
    return Totals(jnp.array([loss - 1, 1.0]), jnp.array([pairs, 0.0]))


def test_reports() -> None:
    seen: list[Progress] = []
    meter = Meter(epochs=2, words=100, chunks=2, report=seen.append)
    for epoch, loss in ((0, 10.0), (0, 20.0), (1, 30.0), (1, 50.0)):
        meter.add(epoch, totals(loss, 10))
    meter.settle()
    assert [each.epoch for each in seen] == [1, 1, 2, 2]
    assert [each.epochs for each in seen] == [2] * 4
    assert [each.fraction for each in seen] == [0.25, 0.5, 0.75, 1]
    assert [each.words for each in seen] == [50, 100, 150, 200]
    assert [each.loss for each in seen] == [1, 1.5, 2.5, 4], "of as many chunks as make an epoch"
    assert all(0 <= each.seconds < 600 for each in seen)
    assert meter.losses == [[30, 10], [50, 10]]


def test_a_chunk_is_reported_when_the_next_comes() -> None:
    seen: list[Progress] = []
    meter = Meter(epochs=1, words=100, chunks=2, report=seen.append)
    meter.settle()
    meter.add(0, totals(10, 10))
    assert seen == []
    meter.add(0, totals(10, 10))
    assert len(seen) == 1
    meter.settle()
    meter.settle()
    assert len(seen) == 2


def test_an_epoch_of_more_chunks_than_planned() -> None:
    seen: list[Progress] = []
    meter = Meter(epochs=1, words=100, chunks=2, report=seen.append)
    for _ in range(4):
        meter.add(0, totals(10, 10))
    assert [each.fraction for each in seen] == [0.5, 1, 1]


def test_without_pairs_there_is_no_loss() -> None:
    seen: list[Progress] = []
    meter = Meter(epochs=1, words=100, chunks=2, report=seen.append)
    meter.add(0, Totals(jnp.zeros(2), jnp.zeros(2)))
    meter.settle()
    assert seen[0].loss is None
    meter.add(0, Totals(jnp.array([0.5, 0.0]), jnp.array([0.25, 0.0])))
    meter.settle()
    assert seen[1].loss == 2, "a weight of less than 1 is a pair too"


def test_it_goes_on_from_a_checkpoint() -> None:
    seen: list[Progress] = []
    meter = Meter(epochs=2, words=100, chunks=2, report=seen.append)
    meter.resume(1, 1, [[10.0, 10.0], [30.0, 10.0]])
    meter.add(1, totals(50, 10))
    meter.settle()
    assert (seen[0].epoch, seen[0].fraction, seen[0].words) == (2, 1, 200)
    assert seen[0].loss == pytest.approx(4)
    assert seen[0].resumed == 0.75
    assert seen[0].speed == pytest.approx(50 / seen[0].seconds), "of the words of this run alone"


def test_the_speed_of_a_run_from_the_beginning() -> None:
    report = Progress(epoch=1, epochs=2, fraction=0.5, words=100, seconds=4, loss=None)
    assert report.speed == 25
    assert report._replace(fraction=0.0, words=0).speed == 0
