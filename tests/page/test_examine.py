"""Examine and keep: every view of every kind of data, of a run and of a loaded file, and what is refused."""

from __future__ import annotations

import io
import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from nnlib.data import cifar10, digits
from nnlib.data.points import FIGURES
from nnlib.labs.examine.network import confusion_matrix, probabilities
from nnlib.numerals import percent
from nnlib.runs import models
from nnlib.runs.spec import RunSpec
from tests.page.conftest import ROOT, OpenPage
from ui.lessons.examine import pictures
from ui.lessons.examine.panel import VIEWS
from ui.lessons.examine.subject import FILE, LOADED, RUN
from ui.runs.live import Run
from ui.widgets import controls

PAGE = "train_best_model"
ASKED = {"ex_guess_units": "nearly all ten", "ex_guess_map": "more"}


def run_of(app: AppTest) -> Run:
    return app.session_state["train_run"]


def trained(open_page: OpenPage, **query: str) -> AppTest:
    """The page after a short run, at Examine."""
    app = open_page(PAGE, **{"num_epochs": "2", "width": "16", **query})
    run = run_of(app)
    while not run.over:
        run.step()
    return go(app, "Examine")


def go(app: AppTest, part: str, view: str | None = None) -> AppTest:
    app.button_group(key="train_part").set_value(part.lower()).run()
    if view is not None:
        app.button_group(key="ex_view").set_value(view).run()
    assert not app.exception
    return app


def predict(app: AppTest, key: str, answer: str) -> None:
    app.button_group(key=key).set_value(answer).run()
    assert not app.exception


def texts(app: AppTest) -> str:
    return "\n".join(markdown.value for markdown in app.markdown)


def component(app: AppTest, key: str) -> dict[str, Any]:
    """The data of a component of our own."""
    (found,) = [e for e in app.get("bidi_component") if e.proto.id.endswith(key)]
    return json.loads(found.proto.json)


class TestWithoutANetwork:
    def test_it_says_what_to_do_first(self, open_page: OpenPage):
        app = open_page(PAGE, train_part="Examine")
        assert not app.exception
        assert "Train one first" in texts(app)
        app.button(key="ex_train").click().run()
        assert not app.exception
        assert run_of(app).status == "ready"
        go(app, "Examine")
        assert "Train one first" in texts(app)

    def test_odd_addresses(self, open_page: OpenPage):
        odd = {
            "ex_view": "<b>",
            "ex_layer": "layer 99",
            "ex_unit": "1e999",
            "run": "../x",
            "ex_is": "☃",
            "ex_x1": "NaN",
        }
        app = open_page(PAGE, train_part="Examine", **odd)
        assert not app.exception and not app.error


class TestViews:
    @pytest.mark.parametrize("data", ["Digits 8×8", "Spiral", "Moons"])
    def test_every_view_of_every_kind_of_data(self, open_page: OpenPage, data: str):
        app = trained(open_page, data=data)
        name = run_of(app).spec.data
        predict(app, f"ex_guess_{name}", run_of(app).dataset.class_names[1])
        for view in VIEWS:
            go(app, "Examine", view)
            assert not app.error
            for key, answer in ASKED.items():
                if any(group.key == key for group in app.button_group):
                    predict(app, key, answer)

    @pytest.mark.parametrize("normalization", ["none", "batchnorm", "layernorm"])
    def test_units_of_every_layer(self, open_page: OpenPage, normalization: str):
        app = trained(open_page, depth="3", taper="× 0.25", normalization=normalization, dropout_keep_ratio="0.5")
        go(app, "Examine", "Hidden units")
        predict(app, "ex_guess_units", "nearly all ten")
        app.number_input(key="ex_unit").set_value(16).run()
        for layer, units in (("layer 2", 4), ("layer 3", 1), ("layer 1", 16)):
            app.button_group(key="ex_layer").set_value(layer).run()
            assert not app.exception
            assert app.number_input(key="ex_unit").max == units
        go(app, "Examine", "Map")
        predict(app, "ex_guess_map", "less")
        for layer in ("input", "layer 3", "scores"):
            app.button_group(key="ex_map_layer").set_value(layer).run()
            assert not app.exception

    def test_dead_units_are_named(self, open_page: OpenPage):
        app = trained(open_page)
        run = run_of(app)
        assert run.solver.best_state is not None
        run.solver.best_state["W1"][:, 4] = 0
        run.solver.best_state["b1"][4] = -1
        app.session_state["ex_subject_run"] = None
        go(app, "Examine", "Hidden units")
        predict(app, "ex_guess_units", "nearly all ten")
        assert "dead: 5." in texts(app)
        app.number_input(key="ex_unit").set_value(5).run()
        assert ["it is dead" in warning.value for warning in app.warning] == [True]

    def test_the_largest_and_the_smallest_network(self, open_page: OpenPage):
        for sizes in ({"depth": "10", "width": "1024", "num_train": "50"}, {"depth": "1", "width": "4", "data": "XOR"}):
            app = trained(open_page, **sizes, num_epochs="1")
            for view in VIEWS:
                go(app, "Examine", view)


class TestNumbers:
    def test_accuracies_are_those_of_the_best_weights(self, open_page: OpenPage):
        app = trained(open_page)
        solver, dataset = run_of(app).solver, run_of(app).dataset
        shown = {metric.label: metric.value for metric in app.metric}
        assert shown["Test accuracy"] == percent(solver.check_accuracy(dataset.X_test, dataset.y_test))
        assert shown["Validation accuracy"] == percent(solver.best_val_acc)
        thousand = solver.check_accuracy(dataset.X_train[:1000], dataset.y_train[:1000])
        assert shown["Training accuracy"] == percent(thousand)

    def test_single_classes_come_after_the_prediction(self, open_page: OpenPage):
        app = trained(open_page)
        assert "The worst is" not in texts(app)
        predict(app, "ex_guess_digits", "8")
        p = probabilities(run_of(app).solver.model, run_of(app).dataset.X_test)
        confusion = confusion_matrix(run_of(app).dataset.y_test, p.argmax(axis=1), 10)
        right = np.diag(confusion) / confusion.sum(axis=1)
        worst = int(right.argmin())
        wrong = confusion[worst].sum() - confusion[worst, worst]
        assert f"You expected **8**. The worst is **{worst}**: {wrong} of {confusion[worst].sum()}" in texts(app)

    def test_the_confusion_matrix_and_the_pictures_of_a_cell(self, open_page: OpenPage):
        app = trained(open_page)
        predict(app, "ex_guess_digits", "8")
        go(app, "Examine", "Mistakes")
        run = run_of(app)
        p, y = probabilities(run.solver.model, run.dataset.X_test), run.dataset.y_test
        predicted = p.argmax(axis=1)
        confusion = confusion_matrix(y, predicted, 10)
        (grid,) = component(app, "ex_confusion")["grids"]
        assert [[cell["text"] for cell in row] for row in grid["cells"]] == [[str(n) for n in row] for row in confusion]
        app.button_group(key="ex_counts").set_value("percent of each row").run()
        (grid,) = component(app, "ex_confusion")["grids"]
        assert grid["cells"][0][0]["text"] == f"{100 * confusion[0, 0] / confusion[0].sum():.0f} %"

        wrong = np.flatnonzero(predicted != y)
        surest = wrong[p[wrong].max(axis=1).argmax()]
        tile = component(app, "ex_mistakes")["tiles"][0]
        assert tile["note"] == f"is {y[surest]}, no. {surest}"
        assert [bar["name"] for bar in tile["bars"] if bar["kind"] == "wrong"] == [str(predicted[surest])]
        assert [bar["name"] for bar in tile["bars"] if bar["kind"] == "right"] == [str(y[surest])]

        app.selectbox(key="ex_is").select("3").run()
        app.selectbox(key="ex_said").select("3").run()
        tiles = component(app, "ex_mistakes")["tiles"]
        assert len(tiles) == min(12, confusion[3, 3])
        assert all(tile["title"].startswith("3: ") and tile["note"].startswith("is 3,") for tile in tiles)

    def test_what_is_looked_at_stays_while_training_goes_on(self, open_page: OpenPage):
        app = open_page(PAGE, num_epochs="20", batch_size="100", train_speed="1 / s")
        run = run_of(app)
        for _ in range(14):
            run.step()
        run.play()
        go(app, "Examine")
        first = app.session_state["ex_subject_run"]
        state = first.model.state()["W1"]
        run.rate = None
        while not run.over:
            run._resume.set()
        run.status = "running"  # as if it went on, with better weights
        app.run()
        assert app.session_state["ex_subject_run"] is first
        np.testing.assert_array_equal(first.model.state()["W1"], state)
        go(app, "Examine", "Keep")
        assert len(app.get("download_button")) == 4
        app.button(key="ex_newest").click().run()
        assert app.session_state["ex_subject_run"].saved.epoch == run.solver.best_epoch > first.saved.epoch
        run.status = "finished"


def picture(size: tuple[int, int] = (60, 90), kind: str = "PNG", mode: str = "RGB", ink: int = 0) -> bytes:
    """A 1: a bar on paper."""
    paper = Image.new("L", size, 255 - ink)
    paper.paste(ink, (size[0] // 2 - 4, size[1] // 6, size[0] // 2 + 4, 5 * size[1] // 6))
    file = io.BytesIO()
    deep = Image.fromarray(np.asarray(paper, np.uint16) * 257)  # 16 bits a pixel
    (deep if mode == "I;16" else paper.convert(mode)).save(file, kind)
    return file.getvalue()


class TestOwnInput:
    def test_a_drawing_is_classified(self, open_page: OpenPage):
        app = go(trained(open_page, num_epochs="10", width="64"), "Examine", "Try your own")
        assert any("Draw a digit" in info.value for info in app.info)

    @pytest.mark.parametrize(
        ("kind", "mode"),
        [
            ("PNG", "RGB"),
            ("PNG", "L"),
            ("PNG", "RGBA"),
            ("PNG", "1"),
            ("PNG", "P"),
            ("JPEG", "RGB"),
            ("PNG", "I;16"),
            ("JPEG", "CMYK"),
        ],
    )
    def test_an_uploaded_digit_is_classified(self, open_page: OpenPage, kind: str, mode: str):
        app = go(trained(open_page, num_epochs="10", width="64"), "Examine", "Try your own")
        app.button_group(key="ex_how").set_value("upload a picture").run()
        app.file_uploader(key="ex_upload").upload("one.png", picture(kind=kind, mode=mode), "image/png").run()
        assert not app.exception and not app.error
        assert app.subheader[0].value.startswith("1: ")

    @pytest.mark.parametrize(
        "content", [b"", b"GIF89a", picture()[:90], b"<svg/>", picture((7000, 10)), picture(kind="GIF")]
    )
    def test_other_files_get_a_sentence(self, open_page: OpenPage, content: bytes):
        app = go(trained(open_page, num_epochs="1"), "Examine", "Try your own")
        app.button_group(key="ex_how").set_value("upload a picture").run()
        app.file_uploader(key="ex_upload").upload("x.png", content, "image/png").run()
        assert not app.exception
        assert len(app.error) == 1

    def test_an_empty_page_gets_a_sentence(self, open_page: OpenPage):
        app = go(trained(open_page, num_epochs="1"), "Examine", "Try your own")
        app.button_group(key="ex_how").set_value("upload a picture").run()
        file = io.BytesIO()
        Image.new("RGB", (50, 50), "white").save(file, "PNG")
        app.file_uploader(key="ex_upload").upload("x.png", file.getvalue(), "image/png").run()
        assert ["nothing in this picture" in error.value for error in app.error] == [True]

    def test_a_point_is_placed(self, open_page: OpenPage):
        app = go(trained(open_page, data="Blobs", num_epochs="10"), "Examine", "Try your own")
        app.slider(key="ex_x1").set_value(0.75).run()
        app.slider(key="ex_x2").set_value(0.0).run()
        assert not app.exception
        assert app.subheader[0].value.startswith("class 0: ")


@pytest.fixture(scope="module")
def saved() -> dict[str, bytes]:
    """A model of each kind of data, as a file."""
    found = {}
    for data in ("digits", "xor"):
        spec = RunSpec(data=data, width=10, depth=3, taper=0.5, learning_rate=0.0033, num_epochs=3, seed=5)
        dataset = spec.load_data()
        solver = spec.make_solver(dataset)
        solver.train()
        file = io.BytesIO()
        models.save_model(file, models.of_state(spec, dataset, solver.best_state or {}, solver.best_epoch, {}))
        found[data] = file.getvalue()
    return found


def upload(app: AppTest, content: bytes, name: str = "kept.npz") -> AppTest:
    count = app.session_state["keep_uploads"]
    app.file_uploader(key=f"keep_upload_{count}").upload(name, content, "application/octet-stream").run()
    assert not app.exception
    return app


class TestKeep:
    @pytest.mark.parametrize("data", ["digits", "xor"])
    def test_a_file_can_be_examined_at_once(self, open_page: OpenPage, saved: dict[str, bytes], data: str):
        app = upload(open_page(PAGE, train_part="Examine"), saved[data])
        name, loaded = app.session_state[LOADED]
        assert (name, loaded.spec.data) == ("kept.npz", data)
        assert "from the file kept.npz" in texts(app)
        for view in VIEWS:
            go(app, "Examine", view)

    def test_its_settings_go_back_to_train(self, open_page: OpenPage, saved: dict[str, bytes]):
        app = go(upload(open_page(PAGE, train_part="Examine"), saved["digits"]), "Examine", "Keep")
        app.button(key="keep_settings").click().run()
        assert not app.exception
        _, loaded = app.session_state[LOADED]
        assert run_of(app).spec == loaded.spec

    def test_beside_a_run_both_can_be_chosen(self, open_page: OpenPage, saved: dict[str, bytes]):
        app = upload(go(trained(open_page), "Examine", "Keep"), saved["xor"])
        assert app.button_group(key="ex_model").value == FILE
        assert "from the file" in texts(app)
        app.button_group(key="ex_model").set_value(RUN).run()
        assert not app.exception
        assert "this session's run" in texts(app)

    @pytest.mark.parametrize("content", [b"", b"no model", b"PK\x05\x06" + bytes(18)])
    def test_what_is_no_model_gets_a_sentence_and_changes_nothing(
        self, open_page: OpenPage, saved: dict[str, bytes], content: bytes
    ):
        app = upload(open_page(PAGE, train_part="Examine"), saved["digits"])
        before = app.session_state[LOADED]
        go(app, "Examine", "Keep")
        upload(app, content, "<script>.npz")
        assert app.session_state[LOADED] is before
        assert len(app.error) == 1 and app.error[0].value.endswith(".")
        upload(app, saved["xor"])
        assert not app.error

    def test_a_strange_name_is_shown_harmlessly(self, open_page: OpenPage, saved: dict[str, bytes]):
        app = upload(open_page(PAGE, train_part="Examine"), saved["digits"], "![x](http://a.b)<b>" + "y" * 200 + ".npz")
        assert "![" not in texts(app) and "<b>" not in texts(app)

    def test_what_is_downloaded_is_the_best_model_with_its_accuracies(self, open_page: OpenPage):
        app = go(trained(open_page, normalization="batchnorm"), "Examine", "Keep")
        from ui.lessons.examine.keep import as_file

        run, subject = run_of(app), app.session_state["ex_subject_run"]
        loaded = models.load_model(io.BytesIO(as_file(subject)))
        assert loaded.spec == run.spec
        for name, array in (run.solver.best_state or {}).items():
            np.testing.assert_array_equal(loaded.model.state()[name], array)
        dataset = digits.load()
        assert loaded.accuracies["test"].share == run.solver.check_accuracy(dataset.X_test, dataset.y_test)
        assert loaded.accuracies["val"].share == run.solver.best_val_acc

    def test_the_link_and_the_take_home_menu(self, open_page: OpenPage):
        app = go(trained(open_page, learning_rate="0.0033"), "Examine", "Keep")
        assert any("learning_rate=0.0033" in code.value and "taper=the+same" in code.value for code in app.code)
        assert len(app.get("download_button")) == 4

    def test_a_finished_run_offers_them_on_train_too(self, open_page: OpenPage):
        app = go(trained(open_page), "Train")
        assert len(app.get("download_button")) == 3
        assert any("num_epochs=2" in code.value for code in app.code)
        assert any("95 % interval" in caption.value for caption in app.caption)
        app.button(key="run_examine").click().run()
        assert "best weights of this session's run" in texts(app)

    @pytest.mark.parametrize(
        "setting",
        [
            {"depth": 12},
            {"width": 2000},
            {"num_train": 1200},
            {"lr_decay": 0.1},
            {"weight_scale": 2.0},
            {"seed": 10**7},
        ],
    )
    def test_settings_beyond_the_controls_are_named(self, setting: dict[str, Any]):
        assert controls.beyond(RunSpec()) == []
        assert controls.beyond(replace(RunSpec(), **setting)) == list(setting)

    def test_the_server_takes_files_as_large_as_models_may_be(self):
        """The field's own limit does not raise the server's."""
        config = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8"))
        assert config["server"]["maxUploadSize"] << 20 == models.MAX_BYTES

    @pytest.mark.parametrize("data", FIGURES)
    def test_no_data_set_of_points_is_beyond_them(self, data: str):
        assert controls.beyond(RunSpec(data=data)) == []


class TestCifar10:
    def test_every_view_with_the_real_pictures(self, open_page: OpenPage, real_cifar10: Path):
        app = trained(open_page, data="CIFAR-10", num_train="500", num_epochs="1")
        predict(app, "ex_guess_cifar10", "cat")
        for view in VIEWS:
            go(app, "Examine", view)
            for key, answer in ASKED.items():
                if any(group.key == key for group in app.button_group):
                    predict(app, key, answer)
        go(app, "Examine", "Accuracy")
        app.toggle(key="ex_whole").set_value(True).run()
        assert not app.exception
        assert "of 10,000 test examples" in texts(app)
        go(app, "Examine", "Try your own")
        app.file_uploader(key="ex_upload").upload("x.png", picture((640, 480)), "image/png").run()
        assert not app.exception and not app.error

    def test_the_link_brings_changed_pictures_back(self, open_page: OpenPage, real_cifar10: Path):
        spec = RunSpec(data="cifar10", num_train=4000, augment="flip and shift", taper=0.5, update_rule="adamw")
        assert run_of(open_page(PAGE, **controls.address(spec))).spec == spec

    def test_a_model_whose_pictures_are_not_here(self, open_page: OpenPage):
        spec = RunSpec(data="cifar10", width=4, depth=1)
        model = spec.make_model(3072, 10)
        file = io.BytesIO()
        mean = np.full((3, 32, 32), 120, np.float32)
        names = cifar10.CLASSES
        models.save_model(file, models.SavedModel(spec, model, names, mean, 1, {}))
        app = upload(open_page(PAGE, train_part="Examine"), file.getvalue())
        assert "are not here" in texts(app)
        assert app.button_group(key="ex_view").options == ["Try your own", "Keep"]
        app.file_uploader(key="ex_upload").upload("x.png", picture(), "image/png").run()
        assert not app.exception
        assert ": " in app.subheader[0].value
        go(app, "Examine", "Keep")
        assert app.button(key="keep_settings").disabled
        assert any("data" in caption.value for caption in app.caption)


class TestPictures:
    def test_pictures_as_the_network_was_given_them_pass_unchanged(self):
        dataset = digits.load()
        levels = dataset.pictures(dataset.X_test[:1])[0]
        unchanged = pictures.digit_picture(Image.fromarray(levels).convert("RGB"))
        assert unchanged is not None
        np.testing.assert_allclose(unchanged[0, 0], levels / 255, atol=1e-6)
        colours = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
        pixels = pictures.colour_picture(Image.fromarray(colours))
        np.testing.assert_array_equal(pixels[0], np.moveaxis(colours, -1, 0))

    def test_light_on_dark_is_read_like_dark_on_light(self):
        dark, light = (pictures.digit_picture(Image.open(io.BytesIO(picture(ink=ink)))) for ink in (0, 255))
        assert dark is not None and light is not None
        np.testing.assert_array_equal(dark, light)

    def test_a_large_picture_is_shrunk_by_means(self):
        halves = np.zeros((64, 64, 3), np.uint8)
        halves[::2] = 200
        pixels = pictures.colour_picture(Image.fromarray(halves))
        np.testing.assert_array_equal(pixels, np.full((1, 3, 32, 32), 100))

    def test_a_turned_photograph_is_turned_upright(self):
        lying = Image.new("RGB", (40, 20))
        exif = lying.getexif()
        exif[0x0112] = 6
        file = io.BytesIO()
        lying.save(file, "JPEG", exif=exif)
        assert pictures.decode(file).size == (20, 40)
