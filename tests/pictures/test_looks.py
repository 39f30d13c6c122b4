"""Colours: readable on their page, and told apart by readers who see fewer of them."""

import itertools

import numpy as np
import pytest

from jw2v.pictures import looks
from jw2v.pictures.looks import DARK, LIGHT

# How a picture looks without one kind of cone: Machado, Oliveira and Fernandes (2009), severity 1,
# on linear RGB.
EYES = {
    "all cones": np.eye(3),
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
# From linear RGB to Oklab, where equal distances look equally large (Ottosson, 2020).
TO_CONES = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
]
TO_OKLAB = [
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
]


def linear(colour: str) -> np.ndarray:
    channels = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def oklab(rgb: np.ndarray) -> np.ndarray:
    return TO_OKLAB @ np.cbrt(TO_CONES @ np.clip(rgb, 0, 1))


def contrast(a: str, b: str) -> float:
    """As the Web Content Accessibility Guidelines count it, 1 to 21."""
    low, high = sorted(linear(each) @ [0.2126, 0.7152, 0.0722] for each in (a, b))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
class TestThemes:
    def test_text_is_readable(self, theme: looks.Theme) -> None:
        assert contrast(theme.ink, theme.paper) > 7
        assert contrast(theme.faint, theme.paper) > 4.5
        assert 1.05 < contrast(theme.grid, theme.paper) < 1.4

    def test_points_stand_out(self, theme: looks.Theme) -> None:
        assert min(contrast(colour, theme.paper) for colour in theme.kinds) > 2.2

    @pytest.mark.parametrize("eyes", EYES)
    def test_categories_are_told_apart(self, theme: looks.Theme, eyes: str) -> None:
        seen = [oklab(EYES[eyes] @ linear(colour)) for colour in theme.kinds]
        distances = [np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)]
        assert min(distances) > 0.07


def test_red_and_green_would_be_refused() -> None:
    red, green = (oklab(EYES["deuteranopia"] @ linear(c)) for c in ("#B05A3C", "#7A7A2E"))
    assert np.linalg.norm(red - green) < 0.07


def test_both_pages_have_the_same_number_of_colours() -> None:
    assert len(LIGHT.kinds) == len(DARK.kinds)
    assert looks.theme(dark=True) is DARK
    assert looks.theme(dark=False) is LIGHT


def test_no_two_categories_look_the_same() -> None:
    most = len(LIGHT.kinds) * len(looks.SHAPES)
    words = [f"word{i}" for i in range(most)]
    styles = looks.styles(words, {word: word for word in words})
    assert list(styles) == words
    assert len(set(styles.values())) == most
    assert all(
        style.colour < len(LIGHT.kinds) and style.shape < len(looks.SHAPES)
        for style in styles.values()
    )
    words.append("one more")
    with pytest.raises(ValueError, match=f"at most {most} categories .* got {most + 1}"):
        looks.styles(words, {word: word for word in words})
