"""A page's parts: one control, links by label, by short name and by a former label, and refusals as a sentence."""

import pytest
from streamlit.testing.v1 import AppTest


def page() -> None:
    import streamlit as st

    from ui import lesson
    from ui.lesson import Part

    def refuse() -> None:
        raise ValueError("there is nothing here: go back.")

    parts = {
        "first": Part("Where it begins", lambda: st.text("one")),
        "second": Part("How it goes on", lambda: st.text("two"), former=("The second", "Part 2")),
        "third": Part("How it ends", refuse),
    }
    lesson.parts(parts, "demo_part")


def opened(asked: str | None) -> AppTest:
    app = AppTest.from_function(page)
    if asked is not None:
        app.query_params["demo_part"] = asked
    app.run()
    assert not app.exception
    return app


@pytest.mark.parametrize("asked", ["How it goes on", "second", "The second", "Part 2"])
def test_a_link_by_label_short_name_or_former_label(asked: str):
    app = opened(asked)
    assert app.text[0].value == "two"
    assert app.segmented_control(key="demo_part").value == "second"
    assert app.query_params["demo_part"] in ("How it goes on", ["How it goes on"])  # what a reload will read


@pytest.mark.parametrize("asked", [None, "", "☃", "SECOND"])
def test_any_other_link_opens_the_first_part(asked: str | None):
    assert opened(asked).text[0].value == "one"


def test_code_and_people_choose_another_part():
    app = opened("second")
    app.segmented_control(key="demo_part").set_value("first").run()
    assert app.text[0].value == "one"
    app.session_state["demo_part"] = "second"
    assert app.run().text[0].value == "two"


def test_what_a_part_refuses_is_one_sentence():
    assert [error.value for error in opened("third").error] == ["There is nothing here: go back."]


def test_what_stands_for_a_secret_stays_to_be_seen():
    from ui import lesson

    said = lesson.sentence("the database postgresql://***@host/db?*** does not answer.")
    assert said == r"The database postgresql://\*\*\*@host/db?\*\*\* does not answer."


def test_a_path_in_a_sentence_is_one_line_of_text():
    from ui import lesson

    assert lesson.sentence("~/a\n*b*/$c$\udce9 is no folder.") == r"\~/a \*b\*/\$c\$? is no folder."
