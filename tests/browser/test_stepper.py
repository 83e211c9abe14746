"""The stepper in Chromium: stepping in every way without asking the server, sums behind cells, edits, links."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, button, settle, wait_until

BATCHNORM = "layers?lay_what=Batch+normalization"


def stepper(page: Page, **state: object) -> Locator:
    """The stepper, in that state: stepper(page, step=4)."""
    attributes = "".join(f'[data-{name}="{value}"]' for name, value in state.items())
    return page.locator(f"[data-testid=stepper]{attributes}")


def sum_of(page: Page) -> Locator:
    return page.locator("[data-part=sum]")


def cell(page: Page, name: str) -> Locator:
    """The first cell of this name among the node's numbers."""
    return page.locator(f'[data-part=numbers] [data-cell="{name}"]').first


def lit(page: Page) -> set[str]:
    """The names of the lit cells."""
    return set(page.locator(".cell[data-lit]").evaluate_all("cells => cells.map(cell => cell.dataset.cell)"))


def quiet(page: Page, do: Callable[[], None]) -> None:
    """Do it, and see that the browser sends nothing to the server meanwhile."""
    settle(page)
    sent: list[str | bytes] = page.evaluate("() => { window.sent = []; return window.sent; }")
    page.evaluate("""() => {
        if (!window.send) {
            window.send = WebSocket.prototype.send;
            WebSocket.prototype.send = function (data) { window.sent?.push(1); return window.send.call(this, data); };
        }
    }""")
    do()
    settle(page)
    sent = page.evaluate("() => window.sent")
    assert sent == []


def in_link(page: Page, name: str) -> str | None:
    return parse_qs(urlsplit(page.url).query).get(name, [None])[0]


# --------------------------------------------------------------------------------------------------------- stepping
def test_buttons_slider_and_keys_step_without_the_server(open_page: OpenPage):
    page = open_page("layers")
    expect(stepper(page, step=1, steps=8, node="x")).to_be_visible()

    def walk() -> None:
        button(page, "Next step").click()
        expect(stepper(page, step=2, node="w")).to_be_visible()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("ArrowRight")
        expect(stepper(page, step=4, node="out", phase="forward")).to_be_visible()
        button(page, "Last step").click()
        expect(stepper(page, step=8, node="dx", phase="backward")).to_be_visible()
        button(page, "Previous step").click()
        page.keyboard.press("ArrowLeft")
        expect(stepper(page, step=6, node="db")).to_be_visible()
        page.get_by_role("slider", name="Step").fill("5")
        expect(stepper(page, step=5, node="dout")).to_be_visible()
        button(page, "First step").click()
        expect(stepper(page, step=1)).to_be_visible()
        page.keyboard.press("End")
        expect(stepper(page, step=8)).to_be_visible()

    quiet(page, walk)
    page.locator(".st-key-lay_N").get_by_role("slider").press("ArrowRight")  # so that the silence means something
    wait_until(page, lambda: page.evaluate("() => window.sent.length") > 0)


def test_playing_goes_on_by_itself_until_it_is_stopped(open_page: OpenPage):
    page = open_page("layers")
    button(page, "Play").click()
    wait_until(page, lambda: int(stepper(page).get_attribute("data-step") or 0) >= 3)
    button(page, "Pause").click()
    step = stepper(page).get_attribute("data-step")
    expect(button(page, "Play")).to_be_visible()
    page.wait_for_timeout(2000)  # a slower machine would only step less
    assert stepper(page).get_attribute("data-step") == step


def test_steps_at_either_end_stay_there(open_page: OpenPage):
    page = open_page("layers")
    expect(stepper(page, step=1)).to_be_visible()
    page.keyboard.press("ArrowLeft")
    expect(stepper(page, step=1)).to_be_visible()
    for _ in range(12):
        page.keyboard.press("ArrowRight")
    expect(stepper(page, step=8)).to_be_visible()


def test_arrow_keys_in_a_widget_are_the_widgets(open_page: OpenPage):
    page = open_page("layers")
    expect(stepper(page, step=1)).to_be_visible()
    page.locator(".st-key-lay_N").get_by_role("slider").press("ArrowRight")
    expect(page.locator('[data-matrix="x"]').first).to_contain_text("4×4")
    expect(stepper(page, step=1)).to_be_visible()


def test_graph_follows_the_walk_and_leads_it(open_page: OpenPage):
    page = open_page(BATCHNORM)
    graph = page.locator("[data-part=graph]")
    expect(graph.locator("[data-name=x][data-current=forward]")).to_be_visible()
    settle(page)  # a click on what is about to move is lost
    expect(graph.locator(".edge.back:visible")).to_have_count(0)
    graph.locator("[data-name=xhat]").click()
    expect(stepper(page, node="xhat", phase="forward")).to_be_visible()
    button(page, "Last step").click()
    expect(stepper(page, node="dx", phase="backward")).to_be_visible()
    wait_until(page, lambda: graph.locator(".edge.back:visible").count() >= 10)
    graph.locator("[data-name=xmu]").click()
    expect(stepper(page, node="dxmu", phase="backward")).to_be_visible()
    expect(graph.locator(".edge.back[data-current]")).to_have_count(2)


def test_lit_line_of_source_is_the_nodes(open_page: OpenPage):
    page = open_page(f"{BATCHNORM}&step=18")
    expect(stepper(page, node="dxmu")).to_be_visible()
    line = page.locator("[data-part=source] [data-lit]")
    expect(line).to_contain_text("dxmu =")
    expect(line).to_be_in_viewport()


def test_branches_are_shown_where_they_add_up(open_page: OpenPage):
    page = open_page(f"{BATCHNORM}&step=18")
    branches = page.locator("[data-part=branch]")
    expect(branches).to_have_count(2)
    expect(branches.nth(0)).to_contain_text("from xhat: Multiplying swaps")
    expect(branches.nth(1)).to_contain_text("from sq: A square multiplies")


def test_network_ends_with_the_updates(open_page: OpenPage):
    page = open_page("layers?lay_what=Two-layer+network&lay_rule=adam")
    button(page, "Last step").click()
    expect(stepper(page, node="next_w", phase="update")).to_be_visible()
    expect(page.locator("[data-part=phase]")).to_contain_text("update of b2: adam")


# ------------------------------------------------------------------------------------------------------------- sums
def test_a_click_shows_the_sum_and_lights_row_and_column(open_page: OpenPage):
    page = open_page("layers?step=4")

    def click() -> None:
        cell(page, "out[1,2]").click()
        expect(sum_of(page)).to_contain_text("out[1,2] = x[1,:] · w[:,2] + b[2] = ")
        assert lit(page) == {*(f"x[1,{k}]" for k in range(4)), *(f"w[{k},2]" for k in range(4)), "b[2]"}

    quiet(page, click)
    text = sum_of(page).inner_text()
    numbers = text.split("b[2] = ")[1].replace("−", "-").replace("·", "*")
    total, result = numbers.rsplit("=", 1)
    assert eval(total, {"__builtins__": {}}) == float(result)  # noqa: S307 - what the app wrote, digits and signs
    page.keyboard.press("ArrowRight")  # the arrow keys go on stepping after a click
    expect(stepper(page, step=5)).to_be_visible()


def test_a_number_of_the_sum_points_to_its_cell(open_page: OpenPage):
    page = open_page("layers?step=4")
    cell(page, "out[2,1]").click()
    sum_of(page).locator(".term").first.hover()
    expect(page.locator(".cell[data-pointed]")).to_have_attribute("data-cell", "x[2,0]")


def test_a_click_on_an_operand_shows_how_that_was_made(open_page: OpenPage):
    page = open_page(f"{BATCHNORM}&step=10")
    expect(stepper(page, node="out")).to_be_visible()
    cell(page, "xhat[1,2]").click()
    expect(sum_of(page)).to_contain_text("xhat[1,2] = xmu[1,2] · rstd[2] = ")
    assert lit(page) == {"xmu[1,2]", "rstd[2]"}
    page.locator("[data-control=there]").click()
    expect(stepper(page, node="xhat")).to_be_visible()


def test_a_gradients_sum_has_a_term_for_each_example(open_page: OpenPage):
    page = open_page("layers?step=6")
    expect(stepper(page, node="db")).to_be_visible()
    cell(page, "db[1]").click()
    expect(sum_of(page)).to_contain_text("db[1] = sum(dout[:,1]) = ")
    assert lit(page) == {"dout[0,1]", "dout[1,1]", "dout[2,1]"}


def test_more_digits_can_be_had(open_page: OpenPage):
    page = open_page("layers?lay_what=Softmax+loss&step=4")
    expect(stepper(page, node="e")).to_be_visible()
    page.get_by_label("Digits").select_option("6 digits")
    expect(page.locator("[data-part=numbers]")).to_contain_text(re.compile(r"\d\.\d{5}"))


# ------------------------------------------------------------------------------------------------------------ edits
def change(page: Page, name: str, text: str) -> None:
    cell(page, name).click()
    field = page.get_by_role("textbox", name=name)
    field.fill(text)
    field.press("Enter")


def test_a_changed_number_changes_everything_and_stays_in_the_link(open_page: OpenPage):
    page = open_page("layers?step=4")
    before = cell(page, "out[1,0]").inner_text()
    untouched = cell(page, "out[0,0]").inner_text()
    change(page, "x[1,0]", "100")
    expect(cell(page, "x[1,0]")).to_have_text("100")
    expect(cell(page, "out[1,0]")).not_to_have_text(before)
    expect(cell(page, "out[0,0]")).to_have_text(untouched)
    expect(stepper(page, step=4)).to_be_visible()
    wait_until(page, lambda: in_link(page, "lay_changed") == "x[1,0]=100" and in_link(page, "step") == "4")
    again = open_page(page.url.split("/", 3)[3])
    expect(cell(again, "x[1,0]")).to_have_text("100")
    expect(stepper(again, step=4)).to_be_visible()


def test_what_is_no_number_is_refused_in_a_sentence(open_page: OpenPage):
    page = open_page("layers?step=4")
    change(page, "w[0,1]", "abc")
    expect(page.get_by_role("alert")).to_contain_text("'abc' is none")
    change(page, "w[0,1]", "7")
    expect(cell(page, "w[0,1]")).to_have_text("7")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_upstream_gradient_can_be_changed(open_page: OpenPage):
    page = open_page("layers?lay_what=ReLU&step=3")
    expect(stepper(page, node="dout")).to_be_visible()
    change(page, "dout[0,0]", "50")
    expect(cell(page, "dout[0,0]")).to_have_text("50")
    button(page, "Last step").click()
    expect(cell(page, "dx[0,0]")).to_have_text("50")


# ------------------------------------------------------------------------------------------------------------ links
def test_a_link_opens_at_its_step(open_page: OpenPage):
    page = open_page("layers")
    page.get_by_role("slider", name="Step").fill("6")
    wait_until(page, lambda: in_link(page, "step") == "6")
    again = open_page(page.url.split("/", 3)[3])
    expect(stepper(again, step=6, node="db")).to_be_visible()


def test_the_step_stays_in_the_link_while_widgets_change_it(open_page: OpenPage):
    page = open_page("layers?step=4")
    expect(stepper(page, step=4)).to_be_visible()
    page.locator(".st-key-lay_numbers").get_by_text("random").click()
    wait_until(page, lambda: in_link(page, "lay_numbers") == "random")
    page.keyboard.press("ArrowRight")
    page.get_by_role("slider", name="Step").press("ArrowRight")
    wait_until(page, lambda: in_link(page, "step") is not None and in_link(page, "lay_numbers") == "random")


@pytest.mark.parametrize("step", ["0", "-3", "999", "abc", "1e9", "%00"])
def test_a_strange_step_opens_somewhere(open_page: OpenPage, step: str):
    page = open_page(f"layers?step={step}")
    expect(stepper(page)).to_be_visible()


def test_the_step_is_kept_when_one_comes_back(open_page: OpenPage):
    page = open_page("layers?step=6")
    expect(stepper(page, step=6)).to_be_visible()
    page.get_by_text("Depth and scale").first.click()
    expect(stepper(page)).to_have_count(0)
    wait_until(page, lambda: in_link(page, "step") is None)
    page.get_by_text("Step by step").first.click()
    expect(stepper(page, step=6)).to_be_visible()


# -------------------------------------------------------------------------------------------------------- the window
@pytest.mark.parametrize("what", ["Affine", "Batch normalization", "Two-layer network"])
def test_nothing_runs_out_of_a_narrow_window(open_page: OpenPage, what: str):
    page = open_page(f"layers?lay_what={what.replace(' ', '+')}&step=12")
    page.set_viewport_size({"width": 390, "height": 844})
    expect(stepper(page)).to_be_visible()
    wait_until(page, lambda: page.evaluate("() => document.documentElement.scrollWidth <= window.innerWidth"))
    wait_until(page, lambda: stepper(page).evaluate("root => root.scrollWidth <= root.clientWidth"))


def test_a_step_takes_few_milliseconds(open_page: OpenPage):
    """Not held against the clock: a busy machine would fail it. The figure is there to be read."""
    page = open_page("layers?lay_what=Two-layer+network&lay_N=5&lay_D=5&lay_H=5&lay_C=5")
    expect(stepper(page)).to_be_visible()
    page.keyboard.press("ArrowRight")
    assert float(stepper(page).get_attribute("data-draw-ms") or "nan") > 0
