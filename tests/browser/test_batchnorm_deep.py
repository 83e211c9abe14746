"""The lessons on normalization in deep networks, driven as a learner does, on digits and with few epochs."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, button, wait_until

OWN = {"settings": "my own", "depth": "2", "width": "16", "num_epochs": "2"}  # without the prefix of the part
LONG = OWN | {"width": "512", "batch_size": "1", "num_epochs": "40"}
SCALE = {"bd_part": "Weight scale", "bs_count": "7"}
SKETCH = "0.1_0.1_0.2_0.9_0.5~0.6_0.9_0.9_0.9_0.5"


def link(page: str, prefix: str, settings: dict[str, str], **state: str) -> str:
    query = {f"{prefix}_{name}": value for name, value in settings.items()} | state
    return page + "?" + "&".join(f"{key}={quote(value)}" for key, value in query.items())


def handle(page: Page, name: str) -> Locator:
    return page.get_by_test_id("sketch").get_by_role("slider", name=name, exact=True)


def value(page: Page, name: str) -> float:
    return float(handle(page, name).get_attribute("aria-valuenow") or "nan")


def middle(page: Page, name: str) -> tuple[float, float]:
    handle(page, name).scroll_into_view_if_needed()
    box = handle(page, name).bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def charts(page: Page) -> Locator:
    return page.get_by_test_id("stVegaLiteChart").locator("svg.marks")


def points(page: Page, chart: int) -> Locator:
    """The measured points of a chart against the weight scale; those of the rings come first and may be none."""
    return charts(page).nth(chart).locator("g.mark-symbol.role-mark").last.locator("path")


class TestSketch:
    def test_it_is_drawn_by_mouse_and_keys_and_kept_in_the_link(self, open_page: OpenPage):
        page = open_page(link("batchnorm_deep", "bs", {}, **SCALE))
        x, y = middle(page, "none, weight scale 0.01")
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + 5, y + 30)
        page.mouse.move(x + 5, y + 60)
        page.mouse.up()
        wait_until(page, lambda: value(page, "none, weight scale 0.01") < 0.35)
        expect(page).to_have_url(re.compile("bs_sketch_digits=0.4_0.4_0"))
        last = handle(page, "batch norm, weight scale 1")
        last.focus()
        last.press("PageDown")
        last.press("ArrowUp")
        last.press("ArrowLeft")
        expect(handle(page, "batch norm, weight scale 0.1")).to_be_focused()
        expect(page).to_have_url(re.compile("0.6_0.6_0.6_0.6_0.51(&|$)"))
        page.reload()
        expect(handle(page, "batch norm, weight scale 1")).to_have_attribute("aria-valuetext", "51 %")
        assert value(page, "none, weight scale 0.01") < 0.35

    def test_it_is_drawn_by_finger(self, open_page: OpenPage):
        page = open_page(link("batchnorm_deep", "bs", {}, **SCALE))
        x, y = middle(page, "batch norm, weight scale 0.001")
        finger = page.context.new_cdp_session(page)
        for kind, by in (("touchStart", 0), ("touchMove", 20), ("touchMove", 40), ("touchEnd", None)):
            touched = [] if by is None else [{"x": x, "y": y + by}]
            finger.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": touched})
        wait_until(page, lambda: value(page, "batch norm, weight scale 0.001") < 0.55)
        assert middle(page, "batch norm, weight scale 0.001")[1] == pytest.approx(y + 40, abs=3)


class TestWeightScale:
    def test_the_charts_fill_and_a_clicked_point_opens_its_run(self, open_page: OpenPage):
        page = open_page(link("batchnorm_deep", "bs", OWN, **SCALE, bs_sketch_digits=SKETCH))
        expect(page.get_by_text("Draw, and say that it is what you expect")).to_be_visible()
        page.get_by_text("That is what I expect").click()
        expect(charts(page)).to_have_count(3)
        button(page, "Train all networks").click()
        expect(page.get_by_text("All 14 runs done")).to_be_visible(timeout=60_000)
        expect(page.get_by_text("your sketch is off by")).to_have_count(2)
        for chart in (0, 1):
            expect(points(page, chart)).to_have_count(14)
        points(page, 0).nth(2).click(force=True)
        expect(page.get_by_role("heading", name=re.compile("weight scale 0.000"))).to_be_visible()
        expect(charts(page)).to_have_count(6)
        expect(page).to_have_url(re.compile("bs_open="))
        page.locator(".st-key-bs_open").get_by_role("button", name="Clear value").click()
        expect(charts(page)).to_have_count(3)
        points(page, 0).nth(2).click(force=True)
        expect(charts(page)).to_have_count(6)
        page.get_by_role("link", name="Open these settings in Train your best model").click()
        expect(page.get_by_role("heading", name="Train your best model")).to_be_visible()
        expect(page).to_have_url(re.compile("width=16"))
        expect(page.locator(".st-key-num_epochs")).to_contain_text("2")

    def test_stopping_keeps_what_is_there(self, open_page: OpenPage):
        page = open_page(link("batchnorm_deep", "bs", LONG, **SCALE, bs_settled_digits="true"))
        button(page, "Train all networks").click()
        expect(page.get_by_text(re.compile("of 14 runs done"))).to_be_visible()
        button(page, "Stop").click()
        expect(page.get_by_text("what they gave stays")).to_be_visible()
        expect(charts(page)).to_have_count(3)
        expect(button(page, "Train all networks")).to_be_visible()


def test_with_and_without_after_a_prediction_and_at_once_the_next_time(open_page: OpenPage):
    address = link("batchnorm_deep", "bp", OWN)
    page = open_page(address)
    expect(page.get_by_text("Choose first; the result appears below.")).to_be_visible()
    page.get_by_role("radio", name="training accuracy", exact=True).click()
    expect(page.get_by_text("2 runs, at most")).to_be_visible()
    button(page, "Train both networks").click()
    expect(page.get_by_text("You expected training accuracy")).to_be_visible(timeout=60_000)
    expect(charts(page)).to_have_count(3)
    again = open_page(f"{address}&bp_guess=nothing")
    expect(again.get_by_text("2 of 2 runs were done earlier")).to_be_visible()
    button(again, "Train both networks").click()
    expect(again.get_by_text("All 2 runs done, 2 of them earlier")).to_be_visible()


def test_layer_norm_is_shown_beside_batch_norm(open_page: OpenPage):
    page = open_page(link("layernorm", "lb", OWN, ln_part="Batch size"))
    page.get_by_role("radio", name="it loses less", exact=True).click()
    button(page, "Train all networks").click()
    expect(page.get_by_text("You expected it loses less")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("points with layer norm")).to_be_visible()
    expect(charts(page)).to_have_count(4)
    for text, count in (("layer norm, 50", 2), ("batch norm, 50", 2), ("none, 5", 4)):
        expect(charts(page).filter(has_text=text)).to_have_count(count)
