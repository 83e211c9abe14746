"""Examine and keep a model, as a person does: train, look, hover, draw, upload, download, load."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

from PIL import Image
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import OpenPage, button, view, wait_until

SHORT = "train_best_model?num_epochs=10"
SEVEN = [(20, 12), (80, 12), (42, 92)]


def choose(page: Page, key: str, option: str) -> None:
    """Press a part of a segmented control, and wait until it is chosen."""
    part = page.locator(f".st-key-{key}").get_by_role("radio", name=option, exact=True)
    part.click()
    expect(part).to_be_checked()


def train(page: Page) -> None:
    """Run to the end, and go to Examine."""
    button(page, "Play").click()
    expect(view(page, status="finished")).to_be_visible(timeout=60_000)
    button(page, "Examine and keep it").click()
    expect(page.get_by_text("the best weights of this session's run")).to_be_visible()


def gallery(page: Page, key: str) -> Locator:
    return page.locator(f".st-key-{key} figure")


def chart(page: Page, text: str) -> Locator:
    """A chart that has this title."""
    return page.get_by_test_id("stVegaLiteChart").locator("svg.marks").filter(has_text=text).first


def draw(page: Page, points: Sequence[tuple[float, float]]) -> None:
    """One stroke, with the mouse."""
    square = page.get_by_role("img", name="Draw a digit here")
    square.scroll_into_view_if_needed()
    box = square.bounding_box()
    assert box is not None
    places = [(box["x"] + x / 100 * box["width"], box["y"] + y / 100 * box["height"]) for x, y in points]
    page.mouse.move(*places[0])
    page.mouse.down()
    for place in places[1:]:
        page.mouse.move(*place, steps=10)
    page.mouse.up()


def test_a_trained_network_is_examined(open_page: OpenPage):
    page = open_page(SHORT)
    train(page)
    expect(page.get_by_test_id("stMetric").filter(has_text="Test accuracy")).to_contain_text("±")
    choose(page, "ex_guess_digits", "8")
    expect(page.get_by_text("You expected 8. The worst is")).to_be_visible()
    expect(chart(page, "Accuracy of each class")).to_be_visible()

    choose(page, "ex_view", "Mistakes")
    matrix = page.get_by_role("table", name="Rows: what it is. Columns: what it is taken for.")
    expect(matrix.get_by_role("button")).to_have_count(100)
    first = matrix.get_by_role("button").first
    right = int(first.inner_text())
    first.click()
    expect(gallery(page, "ex_mistakes")).to_have_count(min(right, 12))
    expect(gallery(page, "ex_mistakes").first.get_by_role("listitem")).to_have_count(10)
    assert dict(parse_qsl(urlsplit(page.url).query))["ex_is"] == "0"

    choose(page, "ex_view", "Hidden units")
    choose(page, "ex_guess_units", "nearly all ten")
    expect(gallery(page, "ex_strongest")).to_have_count(10)
    expect(gallery(page, "ex_weights")).to_contain_text("Its weights")
    choose(page, "ex_layer", "layer 2")
    expect(gallery(page, "ex_weights")).to_contain_text("What would excite it more")

    choose(page, "ex_view", "Map")
    choose(page, "ex_guess_map", "more")
    chart(page, "Layer 2, as two").locator(".mark-text.role-mark text").nth(7).hover(force=True)
    expect(page.locator("#vg-tooltip-element img")).to_be_visible()
    choose(page, "ex_map_layer", "input")
    expect(chart(page, "Input, as two principal components")).to_be_visible()


def touch(page: Page, points: Sequence[tuple[float, float]]) -> None:
    """One stroke, with a finger."""
    box = page.get_by_role("img", name="Draw a digit here").bounding_box()
    assert box is not None
    session = page.context.new_cdp_session(page)
    places = [{"x": box["x"] + x / 100 * box["width"], "y": box["y"] + y / 100 * box["height"]} for x, y in points]
    for kind, place in (("touchStart", places[0]), *(("touchMove", place) for place in places), ("touchEnd", None)):
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [place] if place else []})


def test_digits_are_drawn_and_uploaded_on_a_phone(open_page: OpenPage, tmp_path: Path):
    picture = Image.new("L", (80, 120), 255)
    picture.paste(0, (36, 20, 46, 100))
    picture.save(tmp_path / "one.png")
    (tmp_path / "broken.png").write_bytes(b"\x89PNG nothing more")
    page = open_page(SHORT)
    train(page)
    page.set_viewport_size({"width": 390, "height": 900})
    choose(page, "ex_view", "Try your own")
    first = page.get_by_text("Draw a digit; the network answers")
    expect(first).to_be_visible()
    draw(page, SEVEN)
    seven = page.get_by_role("heading", name=re.compile(r"^7: \d+ %$"))
    expect(seven).to_be_visible()
    expect(gallery(page, "ex_own")).to_have_count(2)
    draw(page, [(25, 50), (70, 50)])
    lines, square = page.locator(".st-key-ex_pad polyline"), page.get_by_role("img", name="Draw a digit here")
    expect(lines).to_have_count(2)
    square.press("Backspace")
    expect(lines).to_have_count(1)
    expect(seven).to_be_visible()
    square.press("Delete")
    expect(lines).to_have_count(0)
    expect(first).to_be_visible()
    touch(page, SEVEN)
    expect(seven).to_be_visible()

    choose(page, "ex_how", "upload a picture")
    field = page.locator(".st-key-ex_upload input[type=file]")
    field.set_input_files(tmp_path / "one.png")
    expect(page.get_by_role("heading", name=re.compile("^1: "))).to_be_visible()
    field.set_input_files(tmp_path / "broken.png")
    expect(page.get_by_text("This is not a PNG or JPEG picture")).to_be_visible()


def test_a_model_is_kept_and_loaded_in_another_visit(open_page: OpenPage, tmp_path: Path):
    page = open_page(SHORT + "&learning_rate=0.0033&normalization=batchnorm")
    train(page)
    accuracy = page.get_by_test_id("stMetricValue").first.inner_text()
    choose(page, "ex_view", "Keep")
    with page.expect_download() as download:
        button(page, "Download the model (.npz)").click()
    kept = tmp_path / download.value.suggested_filename
    download.value.save_as(kept)
    link = page.locator("[data-testid=stCode]").filter(has_text="learning_rate").inner_text().strip()

    other = open_page("train_best_model?train_part=Examine")
    expect(other.get_by_text("Train one first")).to_be_visible()
    field = other.get_by_test_id("stFileUploader").locator("input[type=file]")
    field.set_input_files({"name": "bad.npz", "mimeType": "application/octet-stream", "buffer": b"PK not really"})
    expect(other.get_by_text("The file is not a file written by nnlib")).to_be_visible()
    field.set_input_files(kept)
    expect(other.get_by_text(f"the model from the file {kept.name}")).to_be_visible()
    assert other.get_by_test_id("stMetricValue").first.inner_text() == accuracy
    choose(other, "ex_view", "Keep")
    button(other, "Put its settings into Train").click()
    expect(view(other, status="ready")).to_be_visible()
    wait_until(other, lambda: dict(parse_qsl(urlsplit(other.url).query)).get("learning_rate") == "0.0033")
    expect(other.get_by_text("These settings are not those")).to_have_count(0)

    third = open_page(link.partition("/")[2].partition("/")[2].partition("/")[2])
    expect(view(third, status="ready")).to_be_visible()
    expect(third.locator(".st-key-learning_rate")).to_contain_text("0.0033")
    expect(third.locator(".st-key-normalization").get_by_role("radio", name="batchnorm")).to_be_checked()
