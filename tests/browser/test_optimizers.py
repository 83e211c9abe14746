"""Optimizers in the browser: a step walked through; a race played, scrubbed, its start dragged; a race on data."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from nnlib.labs.optimizers.surfaces import SURFACES
from nnlib.labs.optimizers.walks import walk
from nnlib.optim import RULES
from tests.browser.conftest import OpenPage, button, wait_until

RACE = "optimizers?opt_part=Race+on+a+surface"
DATA = "optimizers?opt_part=Race+on+data"
GUESSED = f"{RACE}&race_guess_bowl=momentum"
BOWL = SURFACES["bowl"]
ADAM = walk(BOWL, "adam", BOWL.start, BOWL.steps)


def race(page: Page) -> Locator:
    """The race, once it is drawn."""
    shown = page.get_by_test_id("surface-race")
    expect(shown).to_have_attribute("data-step", re.compile(r"\d+"))
    return shown


def step(page: Page) -> int:
    return int(race(page).get_attribute("data-step") or 0)


def start(page: Page) -> tuple[float, float]:
    x, y = (race(page).get_attribute("data-start") or "").split(",")
    return float(x), float(y)


def control(page: Page, name: str) -> Locator:
    return race(page).locator(f"[data-control={name}]")


def path(page: Page, rule: str) -> str:
    return race(page).locator(f".contour path.line[data-rule={rule}]").get_attribute("d") or ""


def go(page: Page, to: int) -> None:
    control(page, "slider").fill(str(to))
    expect(race(page)).to_have_attribute("data-step", str(to))


def handle(page: Page) -> tuple[float, float]:
    """The middle of the start's handle, scrolled into view, once nothing moves any more."""
    before = None
    for _ in range(50):
        control(page, "start").scroll_into_view_if_needed()
        box = control(page, "start").bounding_box()
        if box and box == before:
            break
        before = box
        page.wait_for_timeout(300)
    assert before
    return before["x"] + before["width"] / 2, before["y"] + before["height"] / 2


def rule(page: Page, name: str) -> Locator:
    """What is told about one rule."""
    return race(page).locator(f".rule[data-rule={name}]")


# ------------------------------------------------------------------------------------------------------- prediction
def test_a_prediction_comes_before_the_race(open_page: OpenPage):
    page = open_page(RACE)
    expect(race(page).get_by_text("Answer the question above")).to_be_visible()
    expect(control(page, "play")).to_have_attribute("aria-disabled", "true")
    expect(race(page).locator("path.line[data-rule]").locator("visible=true")).to_have_count(0)
    page.get_by_role("radio", name="momentum", exact=True).click()
    expect(race(page).get_by_text("Your prediction: momentum.")).to_be_visible()
    wait_until(page, lambda: "race_guess_bowl=momentum" in page.url)
    outcome = race(page).locator("[data-part=outcome]")
    expect(outcome).to_have_text("")
    assert ADAM.arrived
    go(page, ADAM.arrived - 1)
    expect(outcome).to_have_text("")
    go(page, ADAM.arrived)
    expect(outcome).to_have_text(f"adam arrives first, at step {ADAM.arrived}.")


# ------------------------------------------------------------------------------------------------- play, step, scrub
def test_buttons_slider_and_keys_step_without_a_rerun(open_page: OpenPage):
    page = open_page(GUESSED)
    assert step(page) == 0
    sent: list[str] = []
    page.on("websocket", lambda _: sent.append("reconnected"))
    for name, expected in (("next", 1), ("next", 2), ("previous", 1), ("last", 120), ("first", 0)):
        control(page, name).click()
        assert step(page) == expected
    for key, expected in (("ArrowRight", 1), ("ArrowRight", 2), ("ArrowLeft", 1), ("End", 120), ("Home", 0)):
        page.keyboard.press(key)
        assert step(page) == expected
    go(page, 40)
    expect(race(page).locator("[data-part=place]")).to_have_text("step 40 of 120")
    loss = race(page).locator("[data-target=loss]")
    box = loss.bounding_box()
    assert box
    loss.click(position={"x": box["width"] / 2, "y": 20})
    assert abs(step(page) - 60) <= 1
    assert sent == []


def test_play_pause_and_speed(open_page: OpenPage):
    page = open_page(GUESSED)
    race(page)
    control(page, "speed").select_option("5")  # 24 s for all of it: a slow machine finds Pause in time
    button(page, "Play").click()
    wait_until(page, lambda: step(page) > 2)
    button(page, "Pause").click()
    stopped = step(page)
    page.wait_for_timeout(400)  # two steps' time; a slower machine would only step less
    assert step(page) == stopped
    control(page, "speed").select_option("200")
    control(page, "next").focus()
    race(page).focus()
    page.keyboard.press(" ")
    wait_until(page, lambda: step(page) == 120)
    expect(button(page, "Play")).to_be_visible()


# ------------------------------------------------------------------------------------------------------ what is drawn
def test_paths_numbers_and_bars_are_those_of_the_step(open_page: OpenPage):
    page = open_page(GUESSED)
    race(page)
    go(page, 30)
    shorter = path(page, "adam")
    expect(rule(page, "adam")).to_contain_text(f"loss {float(f'{ADAM.losses[30]:.3g}'):.2f}")
    for name in ("m x", "m y", "v x", "v y"):
        expect(rule(page, "adam").get_by_text(name, exact=True)).to_be_visible()
    shown = rule(page, "adam").locator(".value").all_inner_texts()
    expected = [ADAM.memory[name][30][axis] for name in ("m", "v") for axis in (0, 1)]
    for text, value in zip(shown, expected, strict=True):
        assert float(text.replace("−", "-")) == pytest.approx(value, rel=6e-3)
    expect(rule(page, "adam")).to_contain_text("on its way")
    go(page, 100)
    assert path(page, "adam").startswith(shorter)
    assert len(path(page, "adam")) > len(shorter)
    expect(rule(page, "adam")).to_contain_text(f"arrived at step {ADAM.arrived}")
    dashes = [
        line.get_attribute("stroke-dasharray") for line in race(page).locator(".contour path.line[data-rule]").all()
    ]
    assert len(set(dashes)) == len(dashes) == 4


def test_a_diverging_path_says_so_and_stays_in_the_picture(open_page: OpenPage):
    page = open_page(f"{GUESSED}&race_bowl_sgd_learning_rate=0.08")
    race(page)
    go(page, 120)
    lost = walk(BOWL, "sgd", BOWL.start, 120, {"learning_rate": 0.08}).diverged
    expect(rule(page, "sgd")).to_contain_text(f"diverged at step {lost}")
    label = race(page).locator(".contour").get_by_text(f"sgd diverged at step {lost}")
    expect(label).to_be_visible()
    inner, outer = label.bounding_box(), race(page).locator(".contour .canvas").bounding_box()
    assert inner and outer
    assert outer["x"] <= inner["x"] and inner["x"] + inner["width"] <= outer["x"] + outer["width"]
    assert outer["y"] <= inner["y"] and inner["y"] + inner["height"] <= outer["y"] + outer["height"]
    assert path(page, "sgd")


# -------------------------------------------------------------------------------------------------------- the start
def test_dragging_the_start_brings_new_paths(open_page: OpenPage):
    page = open_page(GUESSED)
    race(page)
    go(page, 50)
    before = path(page, "adam")
    x, y = handle(page)
    page.mouse.move(x, y)
    page.mouse.down()
    for i in range(1, 9):
        page.mouse.move(x + 12 * i, y + 6 * i)
    page.mouse.up()
    assert handle(page) == (pytest.approx(x + 96, abs=2), pytest.approx(y + 48, abs=2))
    dragged = float(control(page, "start").get_attribute("aria-valuenow") or 0)
    wait_until(page, lambda: start(page)[0] == dragged and f"race_bowl_x={dragged}" in page.url)
    expect(race(page)).to_have_attribute("data-step", "50")
    wait_until(page, lambda: path(page, "adam") != before)
    there = start(page)
    assert there[0] > BOWL.start[0] and there[1] < BOWL.start[1]
    expect(page.get_by_label("Start x")).to_have_value(f"{there[0]:g}")
    expected = walk(BOWL, "adam", there, 120).memory["v"][50]
    for i, axis in ((-2, 0), (-1, 1)):
        text = rule(page, "adam").locator(".value").nth(i).inner_text()
        assert float(text.replace(",", "")) == pytest.approx(expected[axis], rel=6e-3)


def test_arrow_keys_move_the_start_and_not_the_step(open_page: OpenPage):
    page = open_page(GUESSED)
    race(page)
    control(page, "start").focus()
    page.keyboard.press("ArrowRight")
    wait_until(page, lambda: start(page) == (-3.9, 1.5))
    page.keyboard.press("Shift+ArrowUp")
    wait_until(page, lambda: start(page) == (-3.9, 1.506))
    assert step(page) == 0
    page.get_by_label("Start x").fill("-4")
    page.get_by_label("Start x").press("Enter")
    wait_until(page, lambda: start(page) == (-4.0, 1.506))
    page.get_by_label("Start y").fill("1.5")
    page.get_by_label("Start y").press("Enter")
    wait_until(page, lambda: start(page) == (-4.0, 1.5))
    control(page, "start").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Shift+ArrowUp")
    wait_until(page, lambda: start(page) == (-3.9, 1.506))


def test_a_link_brings_the_whole_race_back(open_page: OpenPage):
    query = "race_surface=Saddle&race_guess_saddle=none&race_saddle_x=1.5&race_saddle_y=0.0&race_saddle_steps=40"
    page = open_page(f"{RACE}&{query}&race_rules=adam&race_rules=adagrad&race_saddle_adam_beta1=0.5")
    expect(race(page)).to_have_attribute("data-surface", "saddle")
    assert start(page) == (1.5, 0.0)
    go(page, 40)
    expect(race(page).locator(".rule")).to_have_count(2)
    expect(race(page).locator("[data-part=outcome]")).to_have_text("As you said: none arrives within 40 steps.")
    for name in ("adam", "adagrad"):
        expect(rule(page, name)).to_contain_text("has not arrived")


# --------------------------------------------------------------------------------------------------------- narrow
def test_a_phone_shows_all_of_it_and_takes_a_finger(open_page: OpenPage):
    page = open_page(GUESSED)
    page.set_viewport_size({"width": 390, "height": 844})
    shown = race(page)
    wait_until(page, lambda: (shown.bounding_box() or {"width": 999})["width"] <= 390)
    overflowing = shown.evaluate(
        "root => [...root.querySelectorAll('*')].filter(e => !e.closest('svg svg') "
        "&& e.getBoundingClientRect().width > 1 && e.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert overflowing == 0
    x, y = handle(page)
    finger = page.context.new_cdp_session(page)
    for kind, by in (("touchStart", 0), ("touchMove", 15), ("touchMove", 30), ("touchEnd", None)):
        points = [] if by is None else [{"x": x + by, "y": y + by}]
        finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    wait_until(page, lambda: start(page)[0] > BOWL.start[0] and start(page)[1] < BOWL.start[1])
    there = handle(page)
    assert there == (pytest.approx(x + 30, abs=2), pytest.approx(y + 30, abs=2))


# ---------------------------------------------------------------------------------------------------- race on data
def marks(page: Page, title: str, kind: str) -> Locator:
    """Lines or areas in one of the charts of the race on data."""
    chart = page.get_by_test_id("stVegaLiteChart").filter(has_text=title)
    return chart.locator(f"path[aria-roledescription='{kind} mark']")


def test_a_race_on_data_is_predicted_run_and_taken_home(open_page: OpenPage):
    page = open_page(f"{DATA}&drace_rules=sgd&drace_rules=adam&drace_epochs=1&drace_seed=7")
    expect(page.get_by_text("Choose first; the result appears below.")).to_be_visible()
    expect(button(page, "Start the race")).to_have_count(0)
    page.get_by_role("radio", name="adam", exact=True).click()
    page.get_by_role("radio", name="3", exact=True).click()
    expect(page.get_by_text("6 runs, at most")).to_be_visible()
    button(page, "Start the race").click()
    expect(button(page, "Run again")).to_be_visible()
    outcome = page.locator(".st-key-drace_outcome")
    expect(outcome).to_contain_text(re.compile("As you said: adam|You expected adam; it is sgd"))
    expect(outcome).to_contain_text(re.compile(r"In \d of 3 seeds"))
    expect(page.get_by_text("Lines: mean of 3 seeds")).to_be_visible()
    for chart in ("Loss, smoothed", "Training accuracy", "Validation accuracy"):
        expect(marks(page, chart, "area")).to_have_count(2)
    expect(page.get_by_role("cell", name="3 finished")).to_have_count(2)

    button(page, "Take home").click()
    with page.expect_download() as download:
        button(page, "Records (CSV)").click()
    rows = Path(download.value.path()).read_text("utf-8").splitlines()
    assert rows[0].startswith("update_rule,")
    assert len(rows) == 1 + 2 * 3 * 27  # 1,397 digits in batches of 50

    numbers = page.get_by_role("table").inner_text()
    address = page.url.partition("?")[2].partition("&data_race=")[0]
    other = open_page(f"optimizers?{address}")
    expect(other.get_by_text("6 of 6 runs were done earlier")).to_be_visible()
    button(other, "Start the race").click()
    expect(other.get_by_role("table")).to_have_text(re.compile(r"3 finished"))
    assert other.get_by_role("table").inner_text() == numbers
    assert other.locator(".st-key-drace_outcome").inner_text() == outcome.inner_text()


def test_a_race_on_data_is_watched_and_stopped(open_page: OpenPage):
    rules = "".join(f"&drace_rules={rule}" for rule in RULES)  # all of them, so that it is not over before it is seen
    page = open_page(f"{DATA}&drace_guess=adam&drace_epochs=20&drace_seeds=5{rules}")

    def lines() -> list[str]:
        """The lines as they stand at one moment, since the next poll may draw others."""
        return marks(page, "Loss", "line").evaluate_all("lines => lines.map(line => line.getAttribute('d'))")

    button(page, "Start the race").click()
    wait_until(page, lambda: lines() != [])
    early = lines()
    wait_until(page, lambda: lines() not in ([], early))
    button(page, "Stop").click()
    expect(page.get_by_text(re.compile(r"Stopped after \d+ of 35 runs"))).to_be_visible()
    expect(page.get_by_text("Stopped before all runs had ended")).to_be_visible()
    wait_until(page, lambda: lines() != [])
    expect(button(page, "Start the race")).to_be_visible()


# ------------------------------------------------------------------------------------------------- the other parts
def test_a_step_of_each_rule_can_be_walked_and_the_published_one_is_met(open_page: OpenPage):
    page = open_page("optimizers?rule_what=rmsprop&rule_numbers=published")
    stepper = page.locator(".stepper")
    expect(stepper).to_be_visible()
    stepper.get_by_role("button", name=re.compile("last", re.IGNORECASE)).click()
    expect(stepper.get_by_text(re.compile("forward: next_w"))).to_be_visible()
    expect(page.get_by_text("below the limit of 1e-6")).to_have_count(2)
    expect(page.get_by_role("cell", name="−0.39223849")).to_have_count(2)


def test_the_effective_step_is_drawn_after_a_prediction(open_page: OpenPage):
    page = open_page("optimizers?opt_part=Effective+step")
    expect(page.get_by_text("Choose first; the result appears below.")).to_be_visible()
    page.get_by_role("radio", name="0.0003", exact=True).click()
    charts = page.get_by_test_id("stVegaLiteChart")
    expect(charts).to_have_count(2)
    for label in ("adagrad", "rmsprop", "adam", "uncorrected"):
        expect(charts.get_by_text(label, exact=True)).to_have_count(2)
    page.get_by_role("radio", name="sparse", exact=True).click()
    expect(page.get_by_text("1 at every 20th step")).to_be_visible()
    wait_until(page, lambda: "es_signal=sparse" in page.url)


def test_a_wrong_answer_is_told_why(open_page: OpenPage):
    page = open_page(f"{RACE}")
    page.get_by_text("The smallest curvature, 1").click()
    expect(page.get_by_text("That one sets how")).to_be_visible()
    page.get_by_text("The largest curvature, 50").click()
    expect(page.get_by_text("A step multiplies y by 1 − 50 · rate")).to_be_visible()
