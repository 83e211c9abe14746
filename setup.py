"""Carries assets/digits.npz into the installed nnlib.data; everything else stands in pyproject.toml."""

from pathlib import Path

from setuptools import setup
from setuptools.command.build_py import build_py

DIGITS = Path("assets", "digits.npz")


class BuildWithDigits(build_py):
    """The usual build, with the embedded data set beside the module that reads it."""

    def run(self) -> None:
        """Copy the data set unless the installation is editable: then nnlib finds it in the checkout."""
        super().run()
        if not self.editable_mode:
            self.copy_file(str(DIGITS), str(self._installed()))

    def get_outputs(self, include_bytecode: bool = True) -> list[str]:
        """Name the data set among the built files, so that it is packed and later uninstalled."""
        return [*super().get_outputs(include_bytecode), str(self._installed())]

    def _installed(self) -> Path:
        return Path(self.build_lib, "nnlib", "data", DIGITS.name)


setup(cmdclass={"build_py": BuildWithDigits})
