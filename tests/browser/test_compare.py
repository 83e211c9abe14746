"""Compare, and training that goes on while the learner is elsewhere, as a person meets them."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, button, view, wait_until

SHORT = "train_best_model?data=Moons&num_epochs=10&width=8"
LONG = "train_best_model?batch_size=5&num_epochs=500&depth=3&train_speed=100+%2F+s"  # 20 minutes
TITLE = "Train your best model"


def train(page: Page) -> None:
    button(page, "Play").click()
    expect(view(page, status="finished")).to_be_visible()
    expect(page.get_by_text("You expected")).to_be_visible()  # the page is whole again


def choose_rule(page: Page, rule: str) -> None:
    field, option = page.locator(".st-key-update_rule input"), page.get_by_role("option", name=rule, exact=True)
    wait_until(page, lambda: bool(option.is_visible() or field.press("ArrowDown")))  # scrolling closes the list
    option.click()
    wait_until(page, lambda: f"update_rule={rule}" in page.url)


def open_part(page: Page, name: str) -> None:
    page.locator(".st-key-train_part").get_by_text(name, exact=True).click()


def tick(page: Page, row: int) -> None:
    """Click a row's box in the table, which is drawn on a canvas; 0: all rows."""
    table = page.get_by_test_id("stDataFrame")
    expect(table.locator("[role=grid]")).to_be_attached()  # for screen readers, within the canvas, once that is drawn
    table.click(position={"x": 18, "y": 20 + 40 * row})


def step_shown(page: Page) -> int:
    """The step in the sidebar."""
    text = page.get_by_test_id("stSidebar").get_by_text(re.compile(r"^Step [\d,]+ of")).inner_text()
    return int(re.sub(r"\D", "", text.split(" of")[0]))


def test_two_rules_laid_over_each_other_and_one_used_again(open_page: OpenPage):
    page = open_page(SHORT)
    train(page)
    choose_rule(page, "sgd")
    button(page, "Start over with these").click()
    expect(view(page, status="ready")).to_be_visible()
    train(page)
    open_part(page, "Compare")
    for title in ("Loss, smoothed", "Training accuracy", "Validation accuracy"):
        expect(page.get_by_role("img").filter(has_text=re.compile(f"run 1.*run 2.*{title}"))).to_be_visible()
    expect(page.get_by_text("From run 1 to run 2 one setting changes: update rule adam → sgd")).to_be_visible()
    tick(page, 1)  # takes the first run away again
    expect(page.get_by_text("From run 1 to run 2")).to_have_count(0)
    expect(button(page, "Use these settings")).to_have_count(1)
    tick(page, 1)
    expect(page.get_by_text("From run 1 to run 2")).to_be_visible()
    open_part(page, "Train")
    expect(view(page, status="finished")).to_be_visible()
    open_part(page, "Compare")
    page.locator(".st-key-compare_use_1").get_by_role("button").click()
    expect(view(page, status="ready")).to_be_visible()
    expect(page.locator(".st-key-update_rule input")).to_have_value("adam")
    expect(page.get_by_text("These settings are not those of the run")).to_have_count(0)


def test_a_run_goes_on_elsewhere_through_a_reload_and_is_found_further(open_page: OpenPage):
    page = open_page(LONG)
    button(page, "Play").click()
    expect(view(page, status="running")).to_be_visible()
    run = view(page).get_attribute("data-run")
    sidebar = page.get_by_test_id("stSidebar")
    expect(sidebar.get_by_text("Training goes on")).to_have_count(0)
    sidebar.get_by_role("link", name="Optimizers").click()
    expect(sidebar.get_by_text("Training goes on")).to_be_visible()
    first = step_shown(page)
    wait_until(page, lambda: step_shown(page) > first)
    page.reload()
    expect(page.get_by_role("heading", level=1)).to_have_text("Optimizers")
    expect(sidebar.get_by_text("Training goes on")).to_be_visible()
    second = step_shown(page)
    assert second > first
    wait_until(page, lambda: step_shown(page) > second)
    sidebar.locator(".st-key-status_train_run").get_by_role("link", name=TITLE).click()
    expect(view(page, run=run or "", status="running")).to_be_visible()
    expect(sidebar.get_by_text("Training goes on")).to_have_count(0)
    assert int(view(page).get_attribute("data-latest") or 0) > second
    expect(page.locator(".st-key-depth")).to_contain_text("3")
    expect(page.get_by_text("These settings are not those of the run")).to_have_count(0)
    open_part(page, "Compare")
    expect(sidebar.get_by_text("Training goes on")).to_be_visible()
    open_part(page, "Train")
    expect(view(page, status="running")).to_be_visible()
    page.locator(".st-key-train_stop").get_by_role("button").click()  # Streamlit has a Stop of its own, at times
    expect(page.get_by_text(re.compile(r"^Stopped after [\d,]+ of 139,500 steps"))).to_be_visible()
