"""The trace that the stepper draws: numbers, sums, source lines, graphs, and the subjects it is made from."""

import inspect
import itertools
import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest

from nnlib import derivations
from ui.components.bundle import encode
from ui.components.stepper import trace
from ui.walks.agreement import agreement
from ui.walks.layers import SUBJECTS
from ui.walks.subject import Subject

NAMES = list(SUBJECTS)
ONE_FUNCTION = ("affine", "relu", "dropout", "softmax", "batchnorm", "layernorm")  # whose names are the source's


def chosen(subject: Subject, **own) -> dict:
    return {choice.name: choice.options[0] for choice in subject.choices} | own


def sized(subject: Subject, **own) -> dict:
    return {size.name: size.default for size in subject.sizes} | own


def drawn(subject: Subject, seed: int = 0, **own):
    """Random inputs and choices, and the derivation that follows."""
    choices = chosen(subject, **own)
    inputs = subject.draw(np.random.default_rng(seed), sized(subject), choices)
    return inputs, choices, subject.derive(inputs, choices)


def traced(name: str, **own) -> dict:
    inputs, _, derivation = drawn(SUBJECTS[name], **own)
    return trace(derivation, inputs)


def node(made: dict, name: str) -> dict:
    return next(n for n in made["nodes"] if n["name"] == name)


# ------------------------------------------------------------------------------------------------------------ trace
@pytest.mark.parametrize("name", NAMES)
class TestEverySubject:
    def test_numbers_are_the_derivations(self, name):
        inputs, _, d = drawn(SUBJECTS[name])
        made = json.loads(encode(trace(d, inputs)))
        for n, (node_name, node) in zip(made["nodes"], d.nodes.items(), strict=False):
            assert n["name"] == node_name
            np.testing.assert_array_equal(np.reshape(n["value"], n["shape"]), node.value)
            assert (n["gradient"] is None) == (node.gradient is None)
            if node.gradient is not None:
                np.testing.assert_array_equal(np.reshape(n["gradient"], n["shape"]), node.gradient)
                branches = [np.reshape(branch["value"], n["shape"]) for branch in n["branches"]]
                np.testing.assert_allclose(sum(branches), node.gradient, rtol=1e-12)

    def test_walk_goes_to_the_end_then_back_then_to_the_updates(self, name):
        made = traced(name)
        phases = [step["phase"] for step in made["steps"]]
        assert [phase for phase, _ in itertools.groupby(phases)] in (
            ["forward", "backward"],
            ["forward", "backward", "update"],
        )
        names = [made["nodes"][s["node"]]["name"] for s in made["steps"] if s["phase"] == "backward"]
        assert names[0] == made["nodes"][made["steps"][phases.index("backward") - 1]["node"]]["name"]
        assert len(set(names)) == len(names)

    def test_each_computed_number_has_its_sum_and_each_gradient_too(self, name):
        for n in traced(name)["nodes"]:
            count = math.prod(n["shape"])
            assert (n["sums"] is None) == (n["kind"] != "computed")
            assert n["sums"] is None or len(n["sums"]) == count
            assert n["gradient_sums"] is None or len(n["gradient_sums"]) == count

    def test_sums_make_the_numbers(self, name):
        made = traced(name)
        for n in made["nodes"]:
            for sums, values in ((n["sums"], n["value"]), (n["gradient_sums"], n["gradient"])):
                for total, value in zip(sums or [], values or [], strict=False):
                    assert reckon(total["tokens"], made["nodes"]) == pytest.approx(value, rel=1e-9, abs=1e-12), n[
                        "name"
                    ]

    def test_the_lit_line_has_the_node(self, name):
        made = traced(name)
        lit = 0
        for step in (step for step in made["steps"] if step["line"] is not None):
            line = dict(map(tuple, made["sources"][step["source"]]["lines"]))[step["line"]]
            node_name = made["nodes"][step["node"]]["name"]
            assert re.search(r"=|def |: ndarray", line)
            if name in ONE_FUNCTION:
                assert re.search(rf"\b{'d' if step['phase'] == 'backward' else ''}{node_name}\b", line), line
            lit += 1
        assert lit >= len(made["steps"]) / 3

    def test_graph_code_and_differences_agree(self, name):
        subject = SUBJECTS[name]
        inputs, choices, derivation = drawn(subject, seed=3)
        found = agreement(subject, inputs, choices, derivation)
        assert found.code < 1e-9
        assert found.numerical < 1e-6

    def test_a_fault_of_a_thousandth_is_seen(self, name):
        subject = SUBJECTS[name]

        def faulty(inputs, choices):
            out, gradients = subject.code(inputs, choices)
            wrong = next(iter(gradients))
            return out, {**gradients, wrong: gradients[wrong] * 1.001}

        inputs, choices, derivation = drawn(subject, seed=3)
        found = agreement(replace(subject, code=faulty), inputs, choices, derivation)
        assert found.code > 5e-4

    @pytest.mark.parametrize("extreme", ["low", "high"])
    def test_nice_numbers_meet_no_kink(self, name, extreme):
        subject = SUBJECTS[name]
        sizes = {size.name: getattr(size, extreme) for size in subject.sizes}
        for options in itertools.product(*(choice.options for choice in subject.choices)):
            choices = dict(zip([choice.name for choice in subject.choices], options, strict=True))
            for preset in subject.presets.values():
                inputs = preset(sizes, choices)
                found = agreement(subject, inputs, choices, subject.derive(inputs, choices))
                assert found.code < 1e-7
                assert found.numerical < 1e-3

    def test_boxes_lie_apart_within_the_drawing_and_always_in_the_same_place(self, name):
        made, again = traced(name), traced(name)
        assert made["graphs"] == again["graphs"]
        for graph in made["graphs"]:
            boxes = graph["boxes"]
            for a, b in itertools.combinations(boxes, 2):
                beside = abs(a["x"] - b["x"]) >= (a["width"] + b["width"]) / 2
                assert beside or abs(a["y"] - b["y"]) >= 50, (a, b)
            assert all(b["width"] / 2 <= b["x"] <= graph["width"] - b["width"] / 2 for b in boxes)
            assert all(25 <= b["y"] <= graph["height"] - 25 for b in boxes)


def reckon(tokens: list, nodes: list) -> float:
    """The result of a sum as it is written, with Python's own arithmetic."""
    text = ""
    for token in tokens:
        if isinstance(token, str):
            text += token
        else:
            number, flat, gradient = token
            text += f"({(nodes[number]['gradient'] if gradient else nodes[number]['value'])[flat]!r})"
    for written, python in (("−", "-"), (" · ", "*"), ("^", "**"), (" = ", "==")):
        text = text.replace(written, python)
    text = text.replace("[", "float(").replace("]", ")")
    names = {"exp": np.exp, "log": np.log, "sqrt": np.sqrt, "max": max, "float": float}
    return float(eval(text, {"__builtins__": {}}, names))  # noqa: S307 - written by this project


def test_affine_sum_names_row_and_column():
    x, w = np.arange(6.0).reshape(2, 3), np.arange(12.0).reshape(3, 4)
    made = trace(derivations.affine(x, w, np.ones(4)).backward(np.ones((2, 4))))
    total = node(made, "out")["sums"][1 * 4 + 2]
    at = {n["name"]: i for i, n in enumerate(made["nodes"])}
    assert total["short"] == "x[1,:] · w[:,2] + b[2]"
    cells = [token for token in total["tokens"] if not isinstance(token, str)]
    expected = [[at["x"], 3 + k, 0] if axis == 0 else [at["w"], 4 * k + 2, 0] for k in range(3) for axis in (0, 1)]
    assert cells == [*expected, [at["b"], 2, 0]]
    gradient = node(made, "w")["gradient_sums"][1 * 4 + 2]
    assert gradient["short"] == "x[:,1] · dout[:,2]"


def test_branches_that_add_up_are_told_apart():
    made = traced("batchnorm")
    branches = node(made, "xmu")["branches"]
    assert [made["nodes"][branch["from"]]["name"] for branch in branches] == ["xhat", "sq"]
    assert all(len(branch["rules"]) == 1 for branch in branches)
    assert len(node(made, "gamma")["branches"][0]["rules"]) == 2  # it was broadcast


def test_only_named_inputs_can_be_edited():
    d = derivations.relu(np.ones((2, 2))).backward(np.ones((2, 2)))
    made = trace(d, editable=["x", "dout", "out"])
    assert node(made, "x")["edit"] == "x"
    assert node(made, "out")["edit"] is None
    assert node(made, "out")["edit_gradient"] == "dout"
    assert node(trace(d), "x")["edit"] is None


def test_formulas_have_the_nodes_numbers():
    made = trace(derivations.relu(np.ones((2, 2))).backward(np.ones((2, 2))))
    gradient = node(made, "x")["gradient_formula"]
    assert gradient[:2] == ["row", ["node", 1, 1]]  # dout
    assert gradient[2][3][1] == ["node", 0, 0]  # x
    assert node(made, "x")["symbol"] == ["id", "x"]


def test_infinite_numbers_can_be_sent():
    with np.errstate(all="ignore"):
        made = trace(derivations.softmax_loss(np.array([[1e308, -1e308]]), np.array([1])).backward())
    assert "inf" in json.dumps(json.loads(encode(made)))


def test_source_is_the_functions_own():
    made = traced("affine")
    (forward, _) = made["sources"]
    lines, start = inspect.getsourcelines(
        derivations.affine(np.ones((1, 1)), np.ones((1, 1)), np.ones(1)).lines["out"].function
    )
    for number, text in forward["lines"]:
        assert text.removesuffix(' ... """') == lines[number - start].rstrip("\n")
    assert not any("Args:" in text for _, text in forward["lines"])


def test_two_layer_network_ends_with_its_updates():
    made = traced("network", rule="adam", reg=0.1)
    assert [graph["title"] for graph in made["graphs"][1:]] == ["W1: adam", "b1: adam", "W2: adam", "b2: adam"]
    updates = [step for step in made["steps"] if step["phase"] == "update"]
    assert [made["nodes"][s["node"]]["name"] for s in updates if s["graph"] == 1][-1] == "next_w"


def test_plain_settings_have_no_step():
    made = traced("batchnorm")
    assert "eps" in {n["name"] for n in made["nodes"]}
    assert "eps" not in {made["nodes"][step["node"]]["name"] for step in made["steps"]}


def test_an_update_takes_over_weights_and_gradients():
    made = traced("network", rule="adam")
    at = {n["name"]: i for i, n in reversed(list(enumerate(made["nodes"])))}
    copies = [n for n in made["nodes"] if n["same"]]
    assert [n["same"] for n in copies] == [[at[p], way] for p in ("W1", "b1", "W2", "b2") for way in (0, 1)]
    for n in copies:
        number, gradient = n["same"]
        assert n["value"] == made["nodes"][number]["gradient" if gradient else "value"]


def test_a_label_that_chose_a_number_is_lit_with_it():
    made = traced("softmax")
    at = {n["name"]: i for i, n in enumerate(made["nodes"])}
    assert [total["chosen_by"] for total in node(made, "picked")["sums"]] == [[[at["y"], i, 0]] for i in range(3)]
    assert not any(total["chosen_by"] for total in node(made, "logp")["sums"])
