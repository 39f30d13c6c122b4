"""Labels: free places by a loop over all pairs, and the nearest one first."""

import numpy as np
from hypothesis import example, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from jw2v.pictures.labels import places

FRAME = np.array([0.0, 0.0, 300.0, 200.0])
RADIUS = 3.0


@st.composite
def crowds(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    n = draw(st.integers(1, 25))
    inside = hnp.arrays(np.float64, (n, 2), elements=st.floats(0, 1, width=16))
    wide = hnp.arrays(np.float64, n, elements=st.floats(5, 90, width=16))
    points = draw(inside) * draw(st.sampled_from([1.0, 0.05])) * FRAME[2:]
    return points, np.stack([draw(wide), np.full(n, 12.0)], axis=1)


def overlap(a: np.ndarray, b: np.ndarray) -> bool:
    return bool((np.minimum(a[2:], b[2:]) - np.maximum(a[:2], b[:2]) > 1e-9).all())


@given(crowds())
@example((np.full((25, 2), 150.0), np.full((25, 2), 12.0)))
def test_no_label_covers_anything_or_leaves_the_frame(crowd: tuple[np.ndarray, np.ndarray]) -> None:
    points, sizes = crowd
    centers = places(points, sizes, FRAME, RADIUS)
    boxes = np.concatenate([centers - sizes / 2, centers + sizes / 2], axis=1)
    placed = [box for box in boxes if np.isfinite(box).all()]
    assert placed, "the first label has room"
    dots = np.concatenate([points - RADIUS, points + RADIUS], axis=1)
    for i, box in enumerate(placed):
        assert (box[:2] >= 0).all()
        assert (box[2:] <= FRAME[2:]).all()
        assert not any(overlap(box, dot) for dot in dots)
        assert not any(overlap(box, other) for other in placed[:i])


def test_a_lonely_label_is_right_of_its_point_and_at_the_edge_left() -> None:
    size = np.array([[40.0, 12.0]])
    [middle] = places(np.array([[150.0, 100.0]]), size, FRAME, RADIUS)
    np.testing.assert_allclose(middle, [150 + 1.5 * RADIUS + 20, 100])
    [edge] = places(np.array([[290.0, 100.0]]), size, FRAME, RADIUS)
    np.testing.assert_allclose(edge, [290 - 1.5 * RADIUS - 20, 100])


def test_a_label_without_room_is_left_out() -> None:
    points, sizes = np.array([[20.0, 20.0], [22.0, 20.0]]), np.array([[30.0, 30.0], [50.0, 30.0]])
    centers = places(points, sizes, np.array([0.0, 0.0, 60.0, 60.0]), 1.0)
    assert np.isfinite(centers[0]).all()
    assert np.isnan(centers[1]).all()
