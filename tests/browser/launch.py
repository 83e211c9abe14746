"""Starts the app for the browser tests: CIFAR-10 comes from the address in DOWNLOAD_URL, abandoned runs pause early."""

import os
import sys
from functools import partial

os.environ["OPENBLAS_NUM_THREADS"] = "1"

from streamlit.web import cli

import nnlib.data
from ui.runs import live
from ui.runs.slots import Slots

nnlib.data.download = partial(nnlib.data.download, url=os.environ["DOWNLOAD_URL"])
live.PAUSE_AFTER = 3.0
live.SLOTS = Slots(4)  # a run of a test before may still be there
sys.exit(cli.main(prog_name="streamlit"))
