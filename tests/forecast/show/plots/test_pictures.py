"""Every kind of picture against a stored one, within a tolerance: an element lost, moved or recoloured shows.

After a wanted change, look at the new pictures and store them: ``python -m tests.plots.test_pictures``.
"""

import io
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib.image import imread

from scale_forecast.show.plots.examples import make_scores
from scale_forecast.show.plots.registry import PLOTS
from scale_forecast.show.plots.task import draw_task

PICTURES = {name: plot.example for name, plot in PLOTS.items()} | {
    "task_known": lambda: draw_task(*make_scores(), truth=0.61),
}
BASELINES = Path(__file__).parent / "baselines"
LEVELS_APART = 6.0
"""Root mean square of the differences, of 255 levels: versions of matplotlib and its fonts differ by less."""
DPI = 50


def drawn(name):
    """The picture as levels of grey and colour, (height, width, 3), 400 pixels wide."""
    figure = PICTURES[name]()
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, metadata={"Software": None})
    return buffer.getvalue()


def levels(png):
    return 255.0 * imread(io.BytesIO(png))[..., :3]


def apart(one, other):
    """RMS difference of two pictures after a slight blur, so that the hinting of a letter does not count."""
    assert one.shape == other.shape
    return float(np.sqrt(np.mean((blurred(one) - blurred(other)) ** 2)))


def blurred(picture):
    for axis in (0, 1):
        picture = (np.roll(picture, 1, axis) + picture + np.roll(picture, -1, axis)) / 3.0
    return picture


@pytest.mark.skipif(
    tuple(map(int, matplotlib.__version__.split(".")[:2])) < (3, 11),
    reason="drawn by a later matplotlib",
)
@pytest.mark.parametrize("name", PICTURES)
def test_picture_looks_as_it_did_when_it_was_last_looked_at(name):
    stored = (BASELINES / f"{name}.png").read_bytes()
    assert apart(levels(drawn(name)), levels(stored)) < LEVELS_APART


def test_the_comparison_sees_what_matters():
    """A line that is missing, or a colour that changed, is further off than the tolerance allows."""
    stored = levels((BASELINES / "pit.png").read_bytes())
    without_bars = stored.copy()
    blue = (stored[..., 2] > stored[..., 0] + 60).nonzero()
    without_bars[blue] = 255.0
    assert apart(stored, without_bars) > 2 * LEVELS_APART
    others = [levels((BASELINES / f"{name}.png").read_bytes()) for name in PICTURES if name != "pit"]
    assert all(o.shape != stored.shape or apart(stored, o) > 2 * LEVELS_APART for o in others)


if __name__ == "__main__":
    BASELINES.mkdir(exist_ok=True)
    for each in PICTURES:
        (BASELINES / f"{each}.png").write_bytes(drawn(each))
