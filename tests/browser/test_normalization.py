"""The lessons on batch and layer normalization, driven as a learner does."""

import re
from urllib.parse import quote

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, button, settle

MAIN = "[data-testid=stMain]"


def link(page: str, **state: str) -> str:
    return page + "?" + "&".join(f"{key}={quote(value)}" for key, value in state.items())


def choose(page: Page, key: str, option: str) -> None:
    """Press a part of a segmented control."""
    page.locator(f".st-key-{key}").get_by_role("radio", name=option, exact=True).click()


def grid(page: Page, title: str) -> Locator:
    return page.get_by_role("table", name=title, exact=True)


def chart(page: Page, text: str) -> Locator:
    """A chart that has this title or name of an axis."""
    return page.get_by_test_id("stVegaLiteChart").locator("svg.marks").filter(has_text=text).first


def move(page: Page, key: str, presses: str, times: int) -> None:
    """Move a slider with an arrow key."""
    slider = page.locator(f".st-key-{key}").get_by_role("slider")
    slider.focus()
    for _ in range(times):
        slider.press(presses)
        page.wait_for_timeout(50)


class TestBatchnorm:
    def test_a_part_is_opened_by_its_short_name_and_going_back_breaks_nothing(self, open_page: OpenPage):
        page = open_page(link("batchnorm", bn_part="steps"))
        expect(page.get_by_text(re.compile("step 1 of"))).to_be_visible()
        expect(page).to_have_url(re.compile(r"bn_part=Step\+through"))
        page.go_back()
        expect(page).to_have_url(re.compile(r"batchnorm$|bn_part="))
        settle(page)
        expect(page.get_by_role("heading", name="Batch normalization, one batch")).to_be_visible()

    def test_a_prediction_opens_the_distributions_and_gamma_moves_them(self, open_page: OpenPage):
        page = open_page("batchnorm")
        expect(page.get_by_text("Choose first")).to_be_visible()
        choose(page, "bn_guess_batch", "all: mean 2, spread 1")
        expect(page.get_by_text("means −1.00, −1.00, −1.00, −1.00, spreads 2.00, 2.00, 2.00, 2.00")).to_be_visible()
        expect(chart(page, "value of the feature")).to_be_visible()
        move(page, "bn_gamma", "ArrowLeft", 5)
        expect(page.get_by_text("spreads 1.50, 1.50, 1.50, 1.50")).to_be_visible()
        expect(page).to_have_url(re.compile("bn_gamma=1.5"))

    def test_a_link_brings_both_modes_back(self, open_page: OpenPage):
        state = {"bn_part": "Train and test", "bn_guess_momentum": "22", "bn_N": "1", "bn_t": "20"}
        page = open_page(link("batchnorm", **state))
        expect(page.get_by_text("With N = 1").or_(page.get_by_text("with N = 1"))).to_be_visible()
        cells = grid(page, "train mode").locator("td > div")
        expect(cells).to_have_count(4)
        expect(cells).to_have_text(["0.00"] * 4)
        expect(grid(page, "test mode").locator("td > div").first).not_to_have_text("0.00")

    def test_batches_are_seen_one_after_the_other(self, open_page: OpenPage):
        page = open_page(link("batchnorm", bn_part="Train and test", bn_guess_momentum="22", bn_t="0"))
        expect(page.get_by_text("running mean 0.00 (true 4.00)")).to_be_visible()
        move(page, "bn_t", "ArrowRight", 3)
        expect(page.get_by_text("After 3 batches", exact=True)).to_be_visible()
        expect(page.get_by_text("running mean 0.00 (true 4.00)")).to_have_count(0)

    def test_batch_sizes_down_to_one(self, open_page: OpenPage):
        page = open_page(link("batchnorm", bn_part="Batch size"))
        choose(page, "bn_guess_one", "0, whatever comes in")
        expect(page.get_by_text("its measured spread is 0.00")).to_be_visible()
        expect(chart(page, "What the batch size does")).to_be_visible()

    def test_both_backward_passes_are_timed(self, open_page: OpenPage):
        page = open_page(link("batchnorm", bn_part="Two backward passes", bn_guess_ones="0"))
        expect(grid(page, "what is left · γ · rstd = dx").locator("td > div")).to_have_text(["0.00"] * 12)
        choose(page, "bn_dout", "random")
        expect(grid(page, "dout").locator("td > div").first).not_to_have_text("1.00")
        choose(page, "bn_guess_faster", "3 times")
        button(page, "Measure both now").click()
        expect(page.get_by_text(re.compile(r"The staged pass takes [\d.]+ times as long"))).to_be_visible()
        expect(chart(page, "time of one call")).to_be_visible()

    @pytest.mark.parametrize(
        ("what", "last"), [("Batch normalization", "backward: d?x"), ("Its simplified backward pass", "forward: dx")]
    )
    def test_both_backward_passes_can_be_walked(self, open_page: OpenPage, what: str, last: str):
        page = open_page(link("batchnorm", bn_part="Step through", bn_steps_what=what))
        expect(page.get_by_text(re.compile("step 1 of"))).to_be_visible()
        page.get_by_role("button", name=re.compile("last", re.IGNORECASE)).click()
        expect(page.get_by_text(re.compile(f"{last}$"))).to_be_visible()
        expect(page.get_by_text(re.compile("own code agree|numerical gradient agree"))).to_be_visible()


class TestLayernorm:
    GUESSED = "layernorm?ln_guess_batch=its%20row&ln_guess_layer=its%20row"

    def changed(self, page: Page, title: str) -> Locator:
        return grid(page, title).locator("td.changed")

    def test_a_clicked_cell_moves_its_column_and_its_row(self, open_page: OpenPage):
        page = open_page(self.GUESSED)
        expect(self.changed(page, "batch norm: by columns")).to_have_count(4)
        grid(page, "x").get_by_role("button").nth(4 * 3 + 0).click()  # example 4, feature 1
        expect(page).to_have_url(re.compile("ln_row=4"))
        for title, where in (
            ("batch norm: by columns", "td:nth-child(2)"),
            ("layer norm: by rows", "tr:nth-child(4) td"),
        ):
            expect(self.changed(page, title)).to_have_count(4)
            expect(grid(page, title).locator(f"tbody {where}.changed")).to_have_count(4)
            expect(grid(page, title).locator("td.lit")).to_have_count(4)

    def test_a_norm_does_not_see_what_moves_its_whole_group(self, open_page: OpenPage):
        page = open_page(self.GUESSED)
        choose(page, "ln_what", "a whole example")
        expect(self.changed(page, "layer norm: by rows")).to_have_count(0)
        expect(self.changed(page, "batch norm: by columns")).to_have_count(16)

    def test_a_feature_dimension_of_one_leaves_nothing(self, open_page: OpenPage):
        page = open_page(link("layernorm", ln_part="When does it fail?", ln_guess_two="0", ln_D_narrow="2"))
        expect(page.get_by_text("Different rows among them after layer norm: 2")).to_be_visible()
        move(page, "ln_D_narrow", "ArrowLeft", 1)
        expect(page.get_by_text("Different rows among them after layer norm: 1")).to_be_visible()
        expect(grid(page, "layer norm").locator("td > div")).to_have_text(["0.00"] * 6)

    def test_narrow_networks_are_trained(self, open_page: OpenPage):
        page = open_page(link("layernorm", ln_part="When does it fail?"))
        choose(page, "ln_guess_narrow", "it comes down to guessing")
        button(page, "Train all networks now").click()
        expect(page.get_by_text("Validation accuracy with one unit")).to_be_visible(timeout=120_000)
        expect(chart(page, "Digits, one hidden layer")).to_be_visible()

    def test_preprocessings_are_matched_before_the_answers_show(self, open_page: OpenPage):
        page = open_page(link("layernorm", ln_part="Which preprocessing?"))
        expect(page.get_by_text("4 left to match")).to_be_visible()
        expect(page.locator(f"{MAIN} img")).to_have_count(4)
        for which, answer in (("rows", "layer norm"), ("images", "layer norm"), ("mean", "batch norm")):
            choose(page, f"ln_match_{which}", answer)
        expect(page.get_by_text("1 left to match")).to_be_visible()
        expect(page.get_by_text("Near, but not quite")).to_have_count(0)
        choose(page, "ln_match_threshold", "neither")
        expect(page.get_by_text("Near, but not quite")).to_be_visible()
        expect(page.get_by_text("Right. ")).to_have_count(3)
        expect(page.get_by_text("Measured just now")).to_be_visible()

    def test_it_can_be_walked(self, open_page: OpenPage):
        page = open_page(link("layernorm", ln_part="Step through"))
        expect(page.get_by_text(re.compile("step 1 of"))).to_be_visible()
        expect(page.get_by_text("numerical gradient agree")).to_be_visible()
