"""Memory: a step of training finds the memory that the step before has freed."""

import platform
import subprocess
import sys

import pytest

from tests.places import ROOT

STEPS = """
import resource
import numpy as np
import nnlib
from nnlib.optim import adam

w, dw, config = np.zeros(350_000, np.float32), np.ones(350_000, np.float32), {}
for step in range(12):
    if step == 2:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    adam(w, dw, config, out=w)
print((resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before) / 10)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other C libraries have rules of their own")
def test_a_step_takes_no_new_pages_from_the_system():
    run = subprocess.run([sys.executable, "-c", STEPS], cwd=ROOT, capture_output=True, text=True, check=True)
    assert float(run.stdout) < 100, "page faults a step; without `keep_freed_memory` there are above 1000"


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc keeps what is freed")
def test_kept_memory_can_be_returned():
    code = """
import numpy as np
from pathlib import Path
from nnlib.speed import return_freed_memory

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096

arrays = [np.ones(2**17) for _ in range(100)]  # 1 MB each
del arrays[:-1]  # the last one keeps what lies below it
kept = resident()
return_freed_memory()
print(kept - resident())
"""
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert int(run.stdout) > 80e6
