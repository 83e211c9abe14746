"""Overfit a small set, as a person uses it: prediction, presets, tries that fill the maps, a sweep, clicks, links."""

from __future__ import annotations

import re
from contextlib import suppress
from urllib.parse import parse_qsl, urlsplit

from playwright.sync_api import Error, Locator, Page, expect

from nnlib.experiments import Experiment, run
from tests.browser.conftest import OpenPage, button, view, wait_until
from ui.lessons.overfit.settings import GRID_RATES, GRID_SCALES, PRESETS, spec_of

GUESSED = "overfit?of_guess=both+alike"
MAPS = {2: "of_map_digits_2", 4: "of_map_digits_4"}


def parameters(page: Page) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(page.url).query))


def cell(page: Page, hidden: int, scale: float, rate: float) -> Locator:
    """The rectangle of a cell; they are drawn in the order of `ui.lessons.overfit.map_chart.frame`."""
    scales, rates = GRID_SCALES["digits"], GRID_RATES["digits"]
    cells = page.locator(f".st-key-{MAPS[hidden]} .mark-rect").first.locator("path")
    expect(cells).to_have_count(len(scales) * len(rates))
    return cells.nth(scales.index(scale) * len(rates) + rates.index(rate))


def first_epoch(hidden: int, scale: float, rate: float) -> int | None:
    """The epoch at which these settings reach 100 %, computed here."""
    (result,) = run(Experiment("one", (spec_of("digits", hidden, scale, rate),)))
    return result.first_epoch_at(1.0)


def says(page: Page, text: str | re.Pattern[str]) -> None:
    expect(page.get_by_text(text).first).to_be_visible()


def test_predict_then_try_presets_until_one_reaches_100(open_page: OpenPage):
    page = open_page("overfit")
    expect(page.get_by_role("heading", level=1)).to_have_text("Overfit a small set")
    expect(button(page, "Try it")).to_have_count(0)
    page.locator(".st-key-of_guess").get_by_text("five layers", exact=True).click()
    says(page, "Five layers: none of 54 cells tried")

    page.get_by_text("Bad: weights too small", exact=True).click()
    says(page, "The gradients shrink alike on their way back")
    button(page, "Try it").click()
    expect(view(page, status="finished", iteration="40")).to_be_visible()
    says(page, "Not reached")
    says(page, "Five layers: 0 of 1 tried reach 100 %")

    page.get_by_text("Good: five layers", exact=True).click()
    expect(view(page, status="ready")).to_be_visible()
    button(page, "Try it").click()
    preset = PRESETS["digits"]["Good: five layers"]
    epoch = first_epoch(4, float(preset.weight_scale), preset.learning_rate)
    says(page, f"100 % at epoch {epoch}")
    says(page, "Five layers: 1 of 2 tried reach 100 %")
    expect(cell(page, 4, 0.3, 0.03)).to_have_attribute("aria-label", re.compile(f"100 % at epoch {epoch}$"))


def test_a_click_on_a_cell_tries_it_again_and_again(open_page: OpenPage):
    page = open_page(GUESSED)
    for hidden, scale, rate in ((2, 0.3, 0.1), (4, 1.0, 0.001), (2, 0.3, 0.1)):
        cell(page, hidden, scale, rate).click(force=True)
        epoch = first_epoch(hidden, scale, rate)
        says(page, f"100 % at epoch {epoch}")
        name = "Three" if hidden == 2 else "Five"
        says(page, f"{name} layers, weight scale {scale:g}, learning rate {rate:g}")
    says(page, "Three layers: 1 of 1 tried reach 100 %")
    name = view(page).get_attribute("data-run")
    cell(page, 2, 0.3, 0.1).click(force=True)  # the same cell, whose frame is above it now: the run is played anew
    wait_until(page, lambda: view(page).get_attribute("data-run") != name)
    expect(view(page, status="finished")).to_be_visible()


def stopped_sweep(page: Page) -> int:
    """Fill the maps of one seed after the other until one could be stopped before its end; the seed."""
    over = page.get_by_text(re.compile(r"^(Stopped after|All 108 runs)"))
    for seed in range(1, 10):
        page.locator(".st-key-of_seed input").fill(str(seed))
        page.keyboard.press("Enter")
        page.locator(f".st-key-overfit_map_digits_{seed}_run").get_by_role("button").click()
        stop = page.locator(f".st-key-overfit_map_digits_{seed}_stop").get_by_role("button")
        expect(stop.or_(over)).to_be_visible()
        with suppress(Error):  # gone, as the last run has ended
            stop.click(timeout=3000)
        expect(over).to_be_visible()
        if over.inner_text().startswith("Stopped"):
            return seed
    raise AssertionError("every sweep was over before it could be stopped")


def test_a_sweep_is_stopped_goes_on_and_answers_the_prediction(open_page: OpenPage):
    page = open_page(GUESSED)
    seed = stopped_sweep(page)
    says(page, "You expected: both alike. Whole maps will tell")
    button(page, "Fill both maps").click()
    chosen = page.get_by_text(f"Three layers, weight scale 0.3, learning rate 0.3, seed {seed}").first

    def choose() -> bool:
        with suppress(Error):  # the maps are drawn anew while they fill
            cell(page, 2, 0.3, 0.3).click(force=True, timeout=3000)
            chosen.wait_for(timeout=10_000)
        return chosen.is_visible()

    wait_until(page, choose)
    expect(page.get_by_text(re.compile("^All 108 runs done"))).to_be_visible(timeout=300_000)
    says(page, "You expected: both alike. Five layers are fussier")
    says(page, re.compile(r"^Three layers: \d+ of 54 cells reach 100 %"))


def test_a_link_brings_the_settings_back(open_page: OpenPage):
    page = open_page(GUESSED)
    cell(page, 4, 0.3, 0.01).click(force=True)
    wait_until(page, lambda: parameters(page).get("of_rate_digits") == "0.01")
    page.locator(".st-key-of_seed input").fill("7")
    page.keyboard.press("Enter")
    wait_until(page, lambda: parameters(page).get("of_seed") == "7")
    link = {name: value for name, value in parameters(page).items() if name != "run"}
    assert link == {
        "of_guess": "both alike",
        "of_depth": "five layers",
        "of_scale_digits": "0.3",
        "of_rate_digits": "0.01",
        "of_seed": "7",
    }
    address = urlsplit(page.url)
    other = open_page(f"overfit?{address.query}")
    says(other, "Five layers, weight scale 0.3, learning rate 0.01, seed 7")
    expect(view(other, status="ready")).to_be_visible()
    assert (
        parameters(other)["run"] != parameters(page)["run"]
    )  # that one belongs to the first page, which is still open
