"""Where the project lies, wherever a test does."""

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
