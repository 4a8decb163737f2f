"""NumPy arrays as the buffers that a model file is written from."""

from array import array

import numpy as np
import numpy.typing as npt


def float32s(values: npt.NDArray[np.float64]) -> "array[float]":
    """Round to 32 bits."""
    return array("f", values.astype(np.float32).tobytes())


def uint64s(values: npt.NDArray[np.uint64]) -> "array[int]":
    """Keys of n-grams."""
    return array("Q", values.tobytes())
