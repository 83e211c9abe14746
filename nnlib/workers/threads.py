"""What keeps NumPy to one thread, if it stands in the environment before NumPy is imported; imports nothing itself.

With more than one BLAS thread, concurrent runs wait for each other: the second core is for a second process.
"""

ONE_THREAD: dict[str, str] = dict.fromkeys(
    ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)
