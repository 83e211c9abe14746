"""A damaged CIFAR-10 is never announced as good: it is looked at before it is said to be here, and only once."""

import gzip
import hashlib
import io
import os
import shutil
import tarfile

import pytest

from nnlib.data import DATASETS, binary, cifar10, tars

HTML = b"<html>login</html>"


def archive_of(*members: tuple[str, bytes]) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in members:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def cut(content: bytes, share: float) -> bytes:
    return content[: int(share * len(content))]


def flipped(content: bytes) -> bytes:
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


CONTENTS = {
    "a login page": lambda sound: HTML,
    "a login page, compressed": lambda sound: gzip.compress(HTML),
    "nothing": lambda sound: b"",
    "zeros": lambda sound: bytes(len(sound)),
    "a tenth": lambda sound: cut(sound, 0.1),
    "all but the end": lambda sound: cut(sound, 0.9999),
    "one bit": flipped,
    "another tar": lambda sound: archive_of(("holiday/photo.jpg", b"x" * 1000)),
    "the right folder, empty": lambda sound: archive_of((f"{binary.FOLDER}/readme.html", HTML)),
    "the right name, short": lambda sound: archive_of((f"{binary.FOLDER}/data_batch_1.bin", HTML)),
    "both versions": lambda sound: archive_of((f"{binary.FOLDER}/a", b""), (f"{binary.PYTHON_FOLDER}/b", b"")),
}


def broken(root, monkeypatch) -> str:
    """The sentence about CIFAR-10 at `root`, which must not be called good."""
    monkeypatch.setenv("CIFAR10_DIR", str(root))
    status = cifar10.status()
    assert status.state == "broken" and not DATASETS["cifar10"].here
    assert "\n" not in status.message and "Traceback" not in status.message
    assert str(root) in status.message
    with pytest.raises(ValueError, match=r"."):
        cifar10.load()
    return status.message


@pytest.mark.parametrize("kind", CONTENTS)
@pytest.mark.parametrize("name", binary.ARCHIVES)
def test_damaged_archives(small_cifar10, tmp_path, monkeypatch, name, kind):
    sound = (small_cifar10.archive() if name == binary.ARCHIVE else small_cifar10.pickled_archive()).read_bytes()
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / name).write_bytes(CONTENTS[kind](sound))
    message = broken(tmp_path / "here", monkeypatch)
    assert name in message and "delete it and get a sound copy of CIFAR-10, or set CIFAR10_DIR" in message
    (tmp_path / "here" / name).write_bytes(sound)
    assert cifar10.status().state == "found"


@pytest.mark.parametrize("name", binary.ARCHIVES)
def test_what_is_no_file(small_cifar10, tmp_path, monkeypatch, name):
    (tmp_path / "folder" / name).mkdir(parents=True)
    (tmp_path / "link").mkdir()
    (tmp_path / "link" / name).symlink_to(tmp_path / "nowhere")
    for root in (tmp_path / "folder", tmp_path / "link"):
        assert f"{name} must be a file, but is a folder or a link to nowhere" in broken(root, monkeypatch)


@pytest.mark.parametrize("spoil", [lambda file: os.truncate(file, 100), lambda file: file.write_bytes(HTML)])
@pytest.mark.parametrize("version", ["binary", "python"])
def test_damaged_folders(small_cifar10, monkeypatch, version, spoil):
    root = small_cifar10.root if version == "binary" else small_cifar10.pickled()
    file = next(root.glob("*/data_batch_4*"))
    spoil(file)
    assert str(file) in broken(root, monkeypatch)


def test_wrong_labels_and_pickles_of_the_right_size(small_cifar10, monkeypatch):
    file = small_cifar10.folder / "data_batch_2.bin"
    file.write_bytes(b"\xff" * file.stat().st_size)
    assert "record 0 has 255" in broken(small_cifar10.root, monkeypatch)
    root = small_cifar10.pickled()
    file = root / binary.PYTHON_FOLDER / "test_batch"
    file.write_bytes(b"\xff" * file.stat().st_size)
    assert "is not a batch of CIFAR-10" in broken(root, monkeypatch)


def test_what_may_not_be_read(small_cifar10, monkeypatch):
    """As for a user without the right to it; the tests may run as root, whom no right stops."""

    def refuse(*_, **__):
        raise PermissionError(13, "Permission denied")

    archive = small_cifar10.archive(path=small_cifar10.root.with_name("a.tar.gz"))
    with monkeypatch.context() as patch:
        patch.setattr(tars.gzip, "open", refuse)
        assert "cannot be read (Permission denied)" in broken(archive, patch)
    monkeypatch.setenv("CIFAR10_DIR", str(archive))
    assert cifar10.status().state == "found"  # it was not remembered


def test_looked_at_once(small_cifar10, monkeypatch):
    monkeypatch.setenv("CIFAR10_DIR", str(small_cifar10.archive()))
    looks = []
    read_records = binary.read_records
    monkeypatch.setattr(binary, "read_records", lambda source: looks.append(source) or read_records(source))
    assert [cifar10.status().state for _ in range(3)] == ["found"] * 3
    assert len(looks) == 1
    os.utime(os.environ["CIFAR10_DIR"], (1, 1))
    assert cifar10.status().state == "found"
    assert len(looks) == 2


def test_the_official_archive_is_known_by_its_sum(small_cifar10, monkeypatch):
    archive = shutil.copy(small_cifar10.archive(), small_cifar10.root.with_name("official.tar.gz"))
    digest = hashlib.md5(archive.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(binary, "MD5", (digest,))
    monkeypatch.setattr(binary, "read_records", lambda source: pytest.fail("read through"))
    monkeypatch.setenv("CIFAR10_DIR", str(archive))
    assert cifar10.status().state == "found"
