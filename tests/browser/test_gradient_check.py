"""Gradient check in the browser: cells under pointer, click and keys; the curve's picture; a case solved; links."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage

PAGE = "gradient_check"
ZOO = f"{PAGE}?gc_part=Bug+zoo"


def grid(page: Page, name: str) -> Locator:
    """The heat map of one parameter."""
    return page.get_by_role("grid", name=re.compile(f"^{name}, "))


def cell(page: Page, name: str, index: int) -> Locator:
    return grid(page, name).get_by_role("gridcell").nth(index)


def detail(page: Page) -> Locator:
    """Where a cell's numbers stand."""
    return page.locator(".error-map").get_by_role("status")


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("radiogroup", name=label).get_by_role("radio", name=option, exact=True).click()


def test_a_prediction_comes_before_the_heat_maps(open_page: OpenPage):
    page = open_page(PAGE)
    expect(page.get_by_text("Choose first; the result appears below.")).to_be_visible()
    expect(page.locator(".error-map")).to_have_count(0)
    page.get_by_role("radio", name="1e-8", exact=True).click()
    expect(grid(page, "W1")).to_be_visible()
    expect(page.get_by_text("You expected 1e-8.")).to_be_visible()
    expect(page.get_by_text("All 1,260 cells agree")).to_be_visible()
    for name, count in {"W1": 300, "b1": 20, "W2": 600, "b2": 30, "W3": 300, "b3": 10}.items():
        expect(grid(page, name).get_by_role("gridcell")).to_have_count(count)
    assert "gc_guess_error=1e-8" in page.url


def test_pointer_click_and_arrow_keys_show_a_cells_numbers(open_page: OpenPage):
    page = open_page(f"{PAGE}?gc_guess_error=1e-8")
    cell(page, "W3", 25).click()  # row 2, column 5 of 30 x 10
    expect(detail(page)).to_contain_text("W3[2, 5]")
    for what in ("analytic", "numerical", "relative error", "agrees"):
        expect(detail(page)).to_contain_text(what)
    cell(page, "b1", 3).hover()
    expect(detail(page)).to_contain_text("b1[3]")
    page.get_by_role("heading", level=1).hover()
    expect(detail(page)).to_contain_text("W3[2, 5]")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    expect(detail(page)).to_contain_text("W3[3, 6]")
    expect(cell(page, "W3", 36)).to_be_focused()
    expect(cell(page, "W3", 36)).to_have_attribute("aria-selected", "true")


def test_the_cell_stays_chosen_when_the_network_changes(open_page: OpenPage):
    page = open_page(f"{PAGE}?gc_guess_error=1e-8")
    cell(page, "W2", 31).click()
    before = detail(page).inner_text()
    choose(page, "Normalization", "layernorm")
    expect(grid(page, "gamma1")).to_be_visible()
    choose(page, "Normalization", "none")
    expect(grid(page, "gamma1")).to_have_count(0)
    cell(page, "W2", 31).click()
    assert detail(page).inner_text() == before
    choose(page, "Precision", "float32")
    expect(detail(page)).to_contain_text("W2[1, 1]")
    expect(detail(page)).not_to_contain_text(before)


def test_a_link_reproduces_the_network_and_its_kinks(open_page: OpenPage):
    page = open_page(f"{PAGE}?gc_guess_error=1e-8&gc_hidden=7,+5&gc_norm=batchnorm&gc_h=1e-1&gc_seed=3&gc_reg=3.14")
    expect(grid(page, "gamma2").get_by_role("gridcell")).to_have_count(5)
    expect(page.get_by_text("ReLU kinks within h = 1e-1")).to_be_visible()
    kink = page.locator("[role=gridcell][data-verdict=kink]").first
    kink.click()
    expect(detail(page)).to_contain_text(re.compile(r"ReLU switched: layer \d, example \d, unit \d"))


def test_nonsense_gets_one_sentence(open_page: OpenPage):
    page = open_page(f"{PAGE}?gc_guess_error=1e-8")
    units = page.get_by_role("textbox", name="Hidden units")
    units.fill("twenty")
    units.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("whole numbers above 0")
    expect(page.locator(".error-map")).to_have_count(0)
    units.fill("5, 5")
    units.press("Enter")
    expect(grid(page, "W2")).to_be_visible()


def test_the_curve_names_both_arms_in_its_picture(open_page: OpenPage):
    page = open_page(f"{PAGE}?gc_part=Step+size")
    expect(page.get_by_test_id("stVegaLiteChart")).to_have_count(0)
    page.get_by_role("radio", name="1e-8", exact=True).click()
    chart = page.get_by_test_id("stVegaLiteChart")
    for text in (
        "round-off grows like 1/h",
        "truncation grows like h²",
        "your choice",
        "step size h",
        "relative error",
    ):
        expect(chart.get_by_text(text).first).to_be_visible()
    expect(page.get_by_text("The smallest,")).to_contain_text("1e-5")
    points = chart.locator("path[aria-roledescription=point]")
    expect(points.first).to_be_visible()
    assert points.count() >= 26  # two lines of 13 step sizes, and kinks where there are any


@pytest.mark.parametrize("network", ["no normalization, no L2", "batchnorm, no L2"])
def test_published_figures_and_their_check(open_page: OpenPage, network: str):
    page = open_page(f"{PAGE}?gc_part=Published+check&gc_guess_loss=2.3&gc_published={network.replace(' ', '+')}")
    expect(page.get_by_text("Expected and got agree in all 16 digits.")).to_be_visible()
    for loss in ("2.3004790897684924", "7.052114776533016", "2.2611955101340957", "6.996533220108303"):
        expect(page.get_by_test_id("stCode").filter(has_text=f"expected {loss}")).to_contain_text(f"got      {loss}")
    worst = {"no normalization, no L2": ("W2", "round-off"), "batchnorm, no L2": ("W1", "truncation")}[network]
    expect(detail(page)).to_contain_text(worst[0])
    expect(detail(page)).to_contain_text(worst[1])


def test_a_case_is_looked_at_guessed_wrong_then_right(open_page: OpenPage):
    page = open_page(f"{ZOO}&gc_case=4")
    expect(cell(page, "b4", 0)).to_have_attribute("data-verdict", "agrees")
    expect(cell(page, "b3", 0)).to_have_attribute("data-verdict", "differs")
    expect(page.get_by_text("relu_mask_from_dout")).to_have_count(0)
    page.get_by_text("Softmax loss: gradient not averaged").click()
    reason = page.get_by_role("alert")
    expect(reason).to_contain_text("Not “Softmax loss")
    expect(reason).to_contain_text("here b4 passes")
    expect(reason).to_contain_text("What it would show")
    page.get_by_text("ReLU: the mask from the wrong array", exact=True).click()
    expect(page.get_by_text("The mask must come from the input")).to_be_visible()
    expect(page.get_by_text("1 of 13 cases solved")).to_be_visible()
    expect(page.get_by_test_id("stCode").filter(has_text="relu_mask_from_dout")).to_be_visible()
    choose(page, "Case", "11")
    expect(page.get_by_text("batchnorm, no L2, dropout that keeps 0.8")).to_be_visible()
    expect(page.get_by_text("1 of 13 cases solved")).to_be_visible()
    assert "gc_case=11" in page.url


def test_a_case_can_be_given_up(open_page: OpenPage):
    page = open_page(f"{ZOO}&gc_case=11")
    page.get_by_text("Show what it was").click()
    expect(page.get_by_text("no gradient check would ever find this")).to_be_visible()
    expect(page.get_by_test_id("stCode").filter(has_text="adam_times_correction")).to_be_visible()


def test_a_question_answers_at_once(open_page: OpenPage):
    page = open_page(PAGE)
    page.get_by_text("Raise the limit to 0.1").click()
    expect(page.get_by_role("alert")).to_contain_text("Then a fault of 10 % would pass too.")
