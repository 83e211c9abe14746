"""Questions: one right answer, feedback on every answer, and the page shows it."""

from __future__ import annotations

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from ui import lesson
from ui import lesson as quiz

PART = """How many
classes?

- [ ] Two: no, look at
  the colours: there are more.
- [x] Three: yes.
- [ ] Ten: those are the digits.
"""


def questions() -> list[tuple[str, str]]:
    """Every part of the lessons' text that looks like a question with answers."""
    pages = sorted(path.stem for path in lesson.PROSE.glob("*.md"))
    return [(page, name) for page in pages for name, part in lesson.prose(page).items() if "- [" in part]


def test_parse():
    question, answers = quiz.parse(PART.strip())
    assert question == "How many\nclasses?"
    assert answers == {
        "Two": (False, "no, look at the colours: there are more."),
        "Three": (True, "yes."),
        "Ten": (False, "those are the digits."),
    }


def test_the_order_is_shuffled_and_always_the_same():
    orders = {tuple(quiz.parse(PART.strip())[1]) for _ in range(20)}
    assert len(orders) == 1
    others = {tuple(quiz.parse(PART.strip().replace("classes", f"classes {i}"))[1]) for i in range(20)}
    assert len(others) > 1


@pytest.mark.parametrize(("page", "name"), questions(), ids=str)
def test_every_question_is_complete(page: str, name: str):
    question, answers = quiz.parse(lesson.text(page, name))
    assert question
    assert len(answers) >= 2
    assert sum(right for right, _ in answers.values()) == 1
    assert all(answer and feedback for answer, (_, feedback) in answers.items())


def test_asking(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "lesson.md").write_text(f"# About\n\n## counting\n{PART}", encoding="utf-8")
    monkeypatch.setattr(lesson, "PROSE", tmp_path)
    lesson.prose.cache_clear()

    def page() -> None:
        from ui import lesson

        lesson.ask("lesson", "counting")

    app = AppTest.from_function(page).run()
    (radio,) = app.radio
    assert radio.value is None and not app.success and not app.warning
    radio.set_value("Two").run()
    assert [warning.value for warning in app.warning] == ["no, look at the colours: there are more."]
    assert not app.success
    radio.set_value("Three").run()
    assert [success.value for success in app.success] == ["yes."]
    assert not app.warning
    lesson.prose.cache_clear()
