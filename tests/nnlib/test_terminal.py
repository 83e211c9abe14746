"""The command lines: told anything wrong they say so in one line and work not; what is computed is never lost."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path

import pytest

from nnlib import terminal
from nnlib.experiments import Sweep, store
from nnlib.search import open_studies
from tests.places import ROOT

NAME = "digits_overfit_50_three_layer"
COMMANDS = {name: import_module(f"{name}.__main__").main for name in ("nnlib.experiments", "nnlib.search", "bench")}
NUMBERS = ("0", "-1", "1.5", "abc", "", "nan", "inf", "1e3", "1_0", "٣٫٥", "１", "9" * 5000)
ENOUGH = 120.0  # seconds after which a test fails rather than hangs


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NNLIB_STORAGE", raising=False)
    monkeypatch.setenv("NNLIB_CACHE", str(tmp_path / "cache"))
    yield
    if (file := tmp_path / "cache" / "studies.sqlite3").exists():
        open_studies().disconnect(f"sqlite:///{file}")


def refusal(capsys, command: str, *arguments: str) -> str:
    """The one line with which a command refuses its arguments; before it does any work."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Sweep, "__init__", lambda *_, **__: pytest.fail("it began to work"))
        try:
            code = COMMANDS[command](list(arguments))
        except SystemExit as end:
            code = end.code
    out, err = capsys.readouterr()
    assert (code, out, err.count("\n")) == (2, "", 1), (code, out, err)
    return err


COUNTS = [
    *[("nnlib.experiments", NAME, option) for option in ("--seeds", "--epochs", "--workers")],
    *[("nnlib.search", "--study", "s", option) for option in ("--workers", "--trials")],
    ("nnlib.search", "--study", "s", "--new", "--method", "grid", "--points"),
    *[("bench", name, "--rounds") for name in ("steps", "sweep", "ucurve", "live")],
    *[("bench", "best_model", option) for option in ("--seeds", "--workers")],
    *[("bench", "live", "--sessions"), ("bench", "sweep", "--epochs"), ("bench", "soak", "--visitors")],
]


@pytest.mark.parametrize("number", NUMBERS)
@pytest.mark.parametrize("command", COUNTS, ids=" ".join)
def test_every_count_is_a_whole_number_of_at_least_one(command: tuple[str, ...], number: str, capsys):
    assert f"{command[-1]}: {number!r:.20}"[:20] in refusal(capsys, *command, number)


@pytest.mark.parametrize("number", ["-1", "1.5", "abc", "9" * 30])
def test_a_seed_may_be_0(number: str, capsys):
    assert "--seed" in refusal(capsys, "nnlib.search", "--new", "--study", "s", "--seed", number)
    assert terminal.whole(0, 9)("0") == 0


@pytest.mark.parametrize("number", ["0", "-1", "abc", "nan", "inf", ""])
@pytest.mark.parametrize("benchmark", ["steps --seconds", "live --seconds", "memory --seconds", "soak --minutes"])
def test_a_time_is_above_0(benchmark: str, number: str, capsys):
    assert "above 0" in refusal(capsys, "bench", *benchmark.split(), number)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("nnlib.experiments", "digits_batchnorm_dep"), "did you mean digits_batchnorm_deep?"),
        (("nnlib.experiments", "☃"), "choose from"),
        (("nnlib.experiments", "--seeds", "2"), "NAME"),
        (("nnlib.experiments", NAME, "--seeds", "2", "--seeds", "3"), "given twice"),
        (("nnlib.experiments", NAME, "--seed", "3"), "--seed"),  # not --seeds by its first letters
        (("nnlib.experiments", NAME, "--workers", "999"), "--workers"),
        (("nnlib.experiments", NAME, NAME), "unrecognized"),
        (("nnlib.experiments", NAME, "a\nb"), "unrecognized"),
        *[(("nnlib.experiments", NAME, f"--{name}=--"), "got '--'") for name in ("seeds", "epochs", "output")],
        *[(("nnlib.search", "--new", f"--{name}=--"), "got '--'") for name in ("study", "set", "method", "points")],
        *[(("nnlib.search", "--new", "--study", "s", "--set", f"width={n}"), "whole") for n in ("１", "1_0", "0x10")],
        *[(("nnlib.search", "--new", "--study", "s", "--vary", f"reg={n}:1"), "two numbers") for n in ("１", "nan")],
        (("nnlib.search", "--workers", "1"), "--study NAME"),
        (("nnlib.search", "--new"), "--study NAME"),
        (("nnlib.search", "--study", "s", "--vary", "depth=1:2"), "add --new"),
        (("nnlib.search", "--study", "s", "--seed", "1"), "add --new"),
        (("nnlib.search", "--study", "s", "--new", "--points", "3"), "--method grid"),
        (("nnlib.search", "--study", "s", "--new", "--method", "grid", "--trials", "3"), "as many trials as points"),
        (("nnlib.search", "--study", "s", "--new", "--method", "best"), "invalid choice"),
        (("nnlib.search", "--study", "s"), "there is no study 's'"),
        (("nnlib.search", "--study", ""), "there is no study ''"),
        (("nnlib.search", "--study", "a/b", "--new"), "a study needs a name"),
        (("bench", "sweep", "--experiment", "digits_batchnorm_dep"), "did you mean digits_batchnorm_deep?"),
        (("bench", "best_model", "--only", "all"), "--only"),
        (("bench", "steps", "--only", "nix"), "no workload's name"),
    ],
    ids=str,
)
def test_names_and_options_that_contradict_each_other(arguments: tuple[str, ...], says: str, capsys):
    assert says in refusal(capsys, *arguments)


def test_the_nearest_study_is_named(capsys):
    assert COMMANDS["nnlib.search"](["--study", "first", "--new", "--trials", "1", "--set", "num_epochs=1"]) == 0
    capsys.readouterr()
    assert "did you mean first?" in refusal(capsys, "nnlib.search", "--study", "frist")


def test_a_grid_is_as_large_as_it_is(capsys):
    grid = ("--method", "grid", "--points", "2", "--vary", "depth=1:2", "--set", "num_epochs=1")
    assert COMMANDS["nnlib.search"](["--study", "grid", "--new", *grid]) == 0
    capsys.readouterr()
    assert "leave --trials out" in refusal(capsys, "nnlib.search", "--study", "grid", "--trials", "9")


@pytest.mark.parametrize("command", [*COMMANDS, "bench steps", "bench live", "bench best_model", "bench soak"])
def test_help_ends_with_an_example_that_is_understood(command: str, capsys):
    program, *arguments = command.split()
    with suppress(SystemExit):
        COMMANDS[program]([*arguments, "--help"])
    assert f"python -m {command}" in capsys.readouterr().out.partition("example:")[2]


# ---------------------------------------------------------------------------------------------------------- the output
@pytest.mark.parametrize("output", ["nowhere/x.csv", ".", "", "a" * 300, "file/x.csv", "\0"])
def test_an_output_that_cannot_be_written_is_found_before_the_work(output: str, tmp_path: Path, capsys):
    (tmp_path / "file").touch()
    assert "-o/--output" in refusal(capsys, "nnlib.experiments", NAME, "-o", output)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["file"]


def test_the_output_by_default_is_looked_at_too(tmp_path: Path, capsys):
    (tmp_path / f"{NAME}.csv").mkdir()
    assert "it is a folder" in refusal(capsys, "nnlib.experiments", NAME)


def run(*arguments: str) -> int:
    return COMMANDS["nnlib.experiments"]([NAME, "--epochs", "1", "--workers", "1", *arguments])


def test_what_is_there_already_is_replaced_whole_or_not_at_all(tmp_path: Path, monkeypatch, capsys):
    (tmp_path / "x.csv").write_text("before")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        assert run("-o", "x.csv", "--fresh") == 1
    out, err = capsys.readouterr()
    assert "x.csv cannot be written (No space left on device): the records follow" in err  # nor could the cache be
    assert out.startswith("iteration,epoch,")
    assert run("-o", "x.csv") == 0
    assert (tmp_path / "x.csv").read_text() in out
    assert store.unwritten() == 0  # now that there is room
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        assert run("-o", "x.csv") == 1
    assert "the records are kept" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["x.csv"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_device_is_written_through(capsys):
    assert run("-o", "/dev/full") == 1
    assert "the records are kept" in capsys.readouterr().err
    assert run("-o", os.devnull) == 0
    assert not os.path.isfile(os.devnull)


# -------------------------------------------------------------------------------------------------------- the terminal
def start(*command: str, **environment: str) -> subprocess.Popen:
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "errors": "replace"}
    where = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"} | environment
    return subprocess.Popen([sys.executable, "-X", "dev", "-m", *command], env=where, **pipes)


@pytest.mark.parametrize("encoding", ["ascii", "cp1252", "latin-1:strict"])
def test_a_terminal_of_any_encoding(encoding: str, tmp_path: Path):
    command = ("nnlib.experiments", NAME, "--epochs", "1", "--seeds", "2", "-o", "x.csv")
    process = start(*command, PYTHONIOENCODING=encoding)
    out, err = process.communicate(timeout=ENOUGH)
    assert (process.returncode, err.count("\n")) == (0, 1), err
    assert "Over 2 seeds" in out and "\r" not in out + err  # it is no terminal: nothing is drawn over
    assert len((tmp_path / "x.csv").read_text().splitlines()) > 2


@pytest.mark.parametrize(
    "command", [("nnlib.experiments",), ("nnlib.experiments", NAME, "-o", "-"), ("bench", "--help")]
)
def test_a_reader_that_has_seen_enough_is_no_fault(command: tuple[str, ...]):
    with start(*command) as process:
        process.stdout.close()  # type: ignore[union-attr]
        err = process.stderr.read()  # type: ignore[union-attr]
    assert "Traceback" not in err and "Exception" not in err and process.returncode == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_an_output_that_is_full_is_one_line():
    command = [sys.executable, "-m", "nnlib.experiments"]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "The output cannot be written (No space left on device).\n")


@pytest.mark.skipif(os.name != "posix", reason="needs a shell's way to close a stream")
@pytest.mark.parametrize("closed", ["2>&-", ">&-", ">&- 2>&-", "<&-"])
def test_a_stream_that_is_closed(closed: str, tmp_path: Path):
    command = f"exec {sys.executable} -m nnlib.experiments {NAME} --epochs 1 -o x.csv {closed}"
    where = os.environ | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(["sh", "-c", command], env=where, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and "Traceback" not in done.stderr
    assert (tmp_path / "x.csv").stat().st_size > 0
    done = subprocess.run(["sh", "-c", command.replace("x.csv", "-")], env=where, capture_output=True, check=False)
    assert done.returncode == (2 if ">&-" in closed.split() else 0)


@pytest.mark.skipif(os.name != "posix", reason="sends the signal of Ctrl-C")
@pytest.mark.parametrize("program", ["nnlib.experiments", "nnlib.search"])
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_ctrl_c_is_one_line_that_says_what_is_kept(end: signal.Signals, program: str, tmp_path: Path):
    forever = {
        "nnlib.experiments": ("digits_batchnorm_deep", "--epochs", "100000"),
        "nnlib.search": ("--study", "s", "--new", "--set", "num_epochs=100000"),
    }
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True, "start_new_session": True}
    where = os.environ | {"PYTHONPATH": str(ROOT), "OPENBLAS_NUM_THREADS": "1"}
    process = subprocess.Popen([sys.executable, "-m", program, *forever[program], "--workers", "2"], env=where, **pipes)
    last = time.monotonic() + ENOUGH
    while not children(process.pid) and time.monotonic() < last:
        time.sleep(0.01)
    for _ in range(2):  # pressed twice
        if end == signal.SIGINT:
            os.killpg(process.pid, end)  # as a terminal does: to workers too, which are about to start
        else:
            process.send_signal(end)
        time.sleep(0.05)
    out, err = process.communicate(timeout=ENOUGH)
    assert process.returncode == terminal.INTERRUPTED and (out + err).count("Stopped") == 1
    assert "Traceback" not in out + err


def children(process: int) -> list[str]:
    return Path(f"/proc/{process}/task/{process}/children").read_text().split() or [
        child for task in Path(f"/proc/{process}/task").iterdir() for child in (task / "children").read_text().split()
    ]


# ---------------------------------------------------------------------------------------------- what is not installed
@pytest.mark.parametrize("arguments", [(), ("--study", "s"), ("--study", "s", "--new")])
def test_a_search_without_optuna_tells_the_line_to_install_it(arguments: tuple[str, ...], monkeypatch, capsys):
    for module in [name for name in sys.modules if name.startswith(("optuna", "nnlib.search.studies"))]:
        monkeypatch.delitem(sys.modules, module)
    monkeypatch.setitem(sys.modules, "optuna", None)
    import nnlib.search

    monkeypatch.delattr(nnlib.search, "studies", raising=False)
    assert "pip install optuna" in refusal(capsys, "nnlib.search", *arguments)


def test_a_command_line_without_a_package_of_any_kind_tells_the_line_to_install_it(tmp_path: Path):
    (tmp_path / "pooch.py").write_text("raise ModuleNotFoundError(name='pooch')")
    environment = {"PYTHONPATH": f"{tmp_path}{os.pathsep}{ROOT}", "NNLIB_CACHE": ""}
    process = start("nnlib.experiments", NAME, "-o", "x.csv", **environment)
    out, err = process.communicate(timeout=ENOUGH)
    assert (process.returncode, out, err) == (2, "", "The package pooch is not installed here: pip install pooch\n")


def test_a_benchmark_without_its_package_tells_the_line_to_install_it(monkeypatch, capsys):
    def missing(name: str) -> None:
        raise ModuleNotFoundError(name, name="websockets")

    monkeypatch.setattr("bench.__main__.import_module", missing)
    assert "pip install websockets" in refusal(capsys, "bench", "live")
