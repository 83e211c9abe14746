"""Examine: how often it is right, with the uncertainty of that, and which class it gets wrong most."""

import streamlit as st

from nnlib.labs.examine.network import class_accuracies, confusion_matrix
from nnlib.numerals import percent, whole
from nnlib.runs.accuracy import Accuracy
from ui import lesson
from ui.lessons.examine import charts
from ui.lessons.examine.subject import Examined
from ui.widgets.options import BOUND

PAGE = "examine"
MANY = 5  # classes, too many to be named
NAMES = {"train": "training", "val": "validation", "test": "test"}


def whole_test(subject: Examined) -> bool:
    """Whether all 10,000 test pictures are asked for in place of the published first thousand; CIFAR-10 only."""
    return subject.spec.data == "cifar10" and st.toggle(lesson.text(PAGE, "all test pictures"), key="ex_whole", **BOUND)


def ask_for_class(subject: Examined) -> str | None:
    """The prediction that comes before everything that shows single classes."""
    return lesson.predict(PAGE, "predict class", subject.class_names, f"ex_guess_{subject.spec.data}")


def accuracy(subject: Examined) -> None:
    """Three accuracies with intervals, then one a class."""
    every = whole_test(subject)
    parts = {part: subject.accuracy(part, every) for part in NAMES}
    tests = parts["test"]
    low, high = tests.interval()
    for column, (part, measured) in zip(st.columns(3), reversed(parts.items()), strict=True):
        column.metric(
            f"{NAMES[part].capitalize()} accuracy",
            percent(measured.share),
            f"± {percent(measured.standard_error)}",
            delta_color="off",
            delta_arrow="off",
        )
    rows = {f"{NAMES[part]}": measured for part, measured in parts.items()}
    st.vega_lite_chart(charts.accuracies_frame(rows), charts.ACCURACIES, key="ex_accuracies")
    facts = {"share": percent(tests.share), "low": percent(low), "high": percent(high), "count": whole(tests.count)}
    lesson.show(PAGE, "accuracy", error=percent(tests.standard_error), **facts)

    if guess := ask_for_class(subject):
        p, y = subject.probabilities("test", every)
        classes = class_accuracies(confusion_matrix(y, p.argmax(axis=1), len(subject.class_names)))
        named = dict(zip(subject.class_names, classes, strict=True))
        _outcome(guess, named)
        ordered = dict(sorted(named.items(), key=lambda item: item[1].share))
        st.vega_lite_chart(charts.accuracies_frame(ordered), charts.CLASSES, key="ex_classes")
        lesson.look_for(PAGE, "accuracy look for")
    lesson.ask(PAGE, "question better")
    lesson.source(Accuracy.interval)


def _outcome(guess: str, classes: dict[str, Accuracy]) -> None:
    """The worst class beside the guess, and whether chance alone may have made it the worst."""
    worst = min(classes, key=lambda name: classes[name].share)
    _, reach = classes[worst].interval()
    also = [name for name, a in classes.items() if name != worst and a.interval()[0] <= reach]
    of = classes[worst]
    facts = {"worst": worst, "wrong": of.count - of.right, "count": of.count}
    lesson.show(PAGE, "class outcome", guess=guess, **facts)
    if also:
        names = ", ".join(also) if len(also) < MANY else lesson.text(PAGE, "class many", count=len(also))
        lesson.show(PAGE, "class chance", names=names)
