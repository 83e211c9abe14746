"""Each widget key, and each word that begins keys, belongs to one room: all meet in the session and the address."""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from tests.places import ROOT

PARAMETERS = ("key", "prefix")
NAMED = {"sweep_panel": 0, "obtain": 0, "run_panel": 0}  # what these keep goes by the name that is their first argument


def rooms(root: Path) -> dict[Path, str]:
    """Every module of ui and pages -> its room: a lesson, another folder of ui, or the lesson that a page opens."""
    found = {}
    for path in sorted((root / "ui").rglob("*.py")):
        inside = path.relative_to(root / "ui").with_suffix("").parts
        found[path] = inside[1] if inside[0] == "lessons" else inside[0]
    for path in sorted((root / "pages").glob("*.py")):
        opened = [node.module or "" for node in ast.walk(parsed(path)) if isinstance(node, ast.ImportFrom)]
        lessons = [name.split(".")[2] for name in opened if name.startswith("ui.lessons.")]
        found[path] = path.stem if path.stem in lessons or not lessons else lessons[-1]
    return found


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def taking_keys(paths: list[Path]) -> dict[str, tuple[int, bool]]:
    """Functions of the project -> the place at which they take a key, and whether it only begins their keys."""
    found = {name: (place, True) for name, place in NAMED.items()}
    for path in paths:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.FunctionDef):
                for place, arg in enumerate(node.args.args):
                    text = ast.unparse(node)
                    if arg.arg in PARAMETERS and not re.search(rf"f'[^']+{{{arg.arg}}}", text):  # or another begins it
                        found[node.name] = (place, f"f'{{{arg.arg}}}" in text)
    return found


def texts(tree: ast.Module) -> dict[str, str]:
    """The module's names for strings."""
    found = {}
    for node in tree.body:
        if isinstance(node, ast.Assign):
            target = node.targets[0]
            pairs = [(target, node.value)]
            if isinstance(target, ast.Tuple) and isinstance(node.value, ast.Tuple):
                pairs = list(zip(target.elts, node.value.elts, strict=True))
            for name, value in pairs:
                if isinstance(name, ast.Name) and isinstance(value, ast.Constant) and isinstance(value.value, str):
                    found[name.id] = value.value
    return found


def keys(path: Path, taking: dict[str, tuple[int, bool]]) -> Iterator[tuple[str, bool]]:
    """The keys of a module's widgets; for those that are put together how they begin, and True."""
    tree = parsed(path)
    names = texts(tree)
    for node in ast.walk(tree):
        given: list[tuple[ast.expr, bool]] = []
        if isinstance(node, ast.Call):
            place, begins = taking.get(ast.unparse(node.func).split(".")[-1], (len(node.args), False))
            given = [(keyword.value, begins) for keyword in node.keywords if keyword.arg in PARAMETERS]
            given += [(value, begins) for value in node.args[place : place + 1]]
        elif isinstance(node, ast.Dict):
            given = [(v, False) for k, v in zip(node.keys, node.values, strict=True) if k and ast.unparse(k) == "'key'"]
        for value, begins in given:
            if isinstance(value, ast.JoinedStr) and isinstance(value.values[0], ast.Constant):
                yield str(value.values[0].value), True
            text = names.get(value.id) if isinstance(value, ast.Name) else getattr(value, "value", None)
            if isinstance(text, str):
                yield (f"{text}_" if begins else text), begins


def owners(root: Path) -> dict[tuple[str, bool], set[str]]:
    """Each key, or how some begin and True -> the rooms that use it."""
    found: dict[tuple[str, bool], set[str]] = defaultdict(set)
    of = rooms(root)
    taking = taking_keys(list(of))
    for path, room in of.items():
        for key in keys(path, taking):
            found[key].add(room)
    return dict(found)


def clashes(found: dict[tuple[str, bool], set[str]]) -> set[tuple[str, str]]:
    """Pairs of keys, or of how keys begin, that can meet and lie in different rooms."""
    return {
        (one, other)
        for (one, begins), here in found.items()
        for (other, _), there in found.items()
        if len(here | there) > 1 and (one == other or (begins and other.startswith(one)))
    }


def test_keys_are_found():
    found = owners(ROOT)
    assert found["bn_seed", False] == found["ln_match_", True] == {"normalization"}
    assert found["lay_", True] == {"layers"} and found["bp_sweep_", True] == {"batchnorm_deep"}
    assert found["gc_part", False] == {"gradient_check"} and found["train_part", False] == {"train"}
    assert len(found) > 150


def test_no_key_of_one_room_can_meet_another_rooms():
    assert clashes(owners(ROOT)) == set()


def test_a_key_in_two_rooms_is_found(tmp_path: Path):
    for name, source in {
        "ui/lessons/one/panel.py": 'SWEEP, B = "a_sweep", "x"\nsweep_panel(SWEEP, 1)\nst.slider("", key="seed")\n',
        "ui/lessons/two/panel.py": 'def pick(label, key): ...\npick("", f"a_{data}")\nst.text("", **{"key": "b"})\n',
        "ui/lessons/three/panel.py": 'st.slider("", key="seed")\nst.slider("", key=f"{prefix}_c")\n',
        "pages/one.py": "from ui.lessons.one import panel\nlesson.parts(PARTS, key='d')\n",
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(source, encoding="utf-8")
    found = owners(tmp_path)
    assert found["d", False] == {"one"} and found["b", False] == {"two"}
    assert clashes(found) == {("seed", "seed"), ("a_", "a_sweep_")}
