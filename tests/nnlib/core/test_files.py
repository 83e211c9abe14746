"""Paths of checkpoints: what names a file is expanded and made, what does not is refused, before a step is taken."""

import os
from pathlib import Path
from typing import Any

import pytest

from nnlib.files import written_whole
from nnlib.solver import Solver
from tests.nnlib.oracles import assert_one_sentence
from tests.nnlib.training import full_run, go

Paths = dict[str, tuple[Any, list[str]]]
NO_FILE: Paths = {  # -> what the sentence says
    "empty": ("", ["''"]),
    "blank": ("  ", ["' '"]),
    "nothing": (None, ["None"]),
    "a number": (3, ["3"]),
    "bytes": (b"run", ["b'run'"]),
    "a zero byte": ("a\0b", ["file"]),
    "here": (".", ["folder"]),
    "above": ("..", ["folder"]),
    "the root": ("/", ["folder"]),
    "home": ("~", ["folder"]),
    "a user that is not here": ("~nobody-of-this-name/run", ["~nobody-of-this-name/run", "user that is not here"]),
    "a folder": ("folder", ["folder is a folder", "folder/first.npz"]),
    "a folder's name": ("new/", ["new/ is a folder"]),
    "a folder with the ending": ("folder.npz", ["folder.npz is a folder"]),
}
NO_PLACE: Paths = {
    "in a file": ("file/run.npz", ["file/run.npz cannot be written", "choose another place"]),
    "a name too long": ("x" * 300, ["cannot be written", "too long"]),
    "among the processes": ("/proc/run", ["/proc/run.npz cannot be written"]),
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    for folder in ("home", "folder", "folder.npz"):
        (tmp_path / folder).mkdir()
    (tmp_path / "file").write_text("mine")
    return tmp_path / "home"


@pytest.mark.parametrize("path", ["~/x", Path("~") / "x", "~/new/folder/x.npz", "runs.2026/x", "./x", "a b/ä"], ids=str)
def test_a_path_is_expanded_and_its_folders_made(path, home):
    run, resumed = go(full_run(), 3), full_run(checkpoint_name=path)
    run.save(path)
    (written,) = (file for file in home.parent.rglob("*.npz") if file.is_file())
    assert str(written).removesuffix(".npz") == os.path.abspath(os.path.expanduser(path)).removesuffix(".npz")
    assert not (home.parent / "~").exists()
    resumed.resume(path)
    assert resumed.iteration == 3


@pytest.mark.parametrize("kind", NO_FILE | NO_PLACE)
def test_what_cannot_be_written_is_said_in_one_sentence_before_training(kind, tmp_path):
    path, parts = (NO_FILE | NO_PLACE)[kind]
    before = sorted(tmp_path.rglob("*"))
    save: Any = go(full_run(), 2).save
    for attempt in (save, lambda path: full_run(checkpoint_name=path)):
        if path is not None or attempt is save:
            with pytest.raises(ValueError, match=r"\S") as error:
                attempt(path)
            assert_one_sentence(error, *parts)
    assert sorted(tmp_path.rglob("*")) == before
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("kind", NO_FILE)
def test_what_names_no_file_cannot_be_resumed(kind):
    with pytest.raises(ValueError, match=r"\S") as error:
        full_run().resume(NO_FILE[kind][0])
    assert_one_sentence(error, *NO_FILE[kind][1])


def test_a_missing_file_is_named():
    with pytest.raises(FileNotFoundError, match=r"^there is no file gone\.npz: ") as error:
        full_run().resume("gone")
    assert_one_sentence(error)


def test_a_full_disk_leaves_the_old_file_whole_and_says_so(tmp_path):
    path = tmp_path / "kept"
    path.write_text("kept")

    def write() -> None:
        with written_whole(path) as file:
            file.write(b"half")
            raise OSError(28, "No space left on device")

    with pytest.raises(ValueError, match=r"kept cannot be written \(No space left") as error:
        write()
    assert_one_sentence(error, "make room")
    assert isinstance(error.value, OSError) and error.value.errno == 28
    assert path.read_text() == "kept" and not list(tmp_path.glob("*.part"))


def test_a_run_without_a_checkpoint_touches_no_disk(tmp_path):
    before = sorted(tmp_path.rglob("*"))
    assert isinstance(go(full_run(), 2), Solver)
    assert sorted(tmp_path.rglob("*")) == before
