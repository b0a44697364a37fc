"""Adjustment of p values for the size of their family."""

import numpy as np
import numpy.typing as npt
import scipy

Floats = npt.NDArray[np.float64]


def holm(p_values: npt.ArrayLike) -> Floats:
    """Adjust p values so that any false finding in the family is as rare as alpha.

    Step-down procedure of Holm 1979 (Scand. J. Stat. 6:65-70): the i-th smallest of m is
    multiplied by m - i + 1, and none is smaller than one before it.

    Parameters
    ----------
    p_values : array_like, shape (M,)
        The family; NaN stays NaN and does not count.

    Returns
    -------
    ndarray of float64, shape (M,)
        Adjusted p values, at most 1.

    Examples
    --------
    >>> holm([0.01, 0.04, 0.03, 0.005]).round(3)
    array([0.03, 0.06, 0.06, 0.02])
    """
    values = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(values.shape, np.nan)
    known = np.flatnonzero(~np.isnan(values))
    order = known[np.argsort(values[known], kind="stable")]
    steps = np.arange(order.size, 0, -1) * values[order]
    adjusted[order] = np.minimum(np.maximum.accumulate(steps), 1) if order.size else steps
    return adjusted


def benjamini_hochberg(p_values: npt.ArrayLike) -> Floats:
    """Adjust p values so that alpha is the expected share of false ones among the findings.

    Benjamini and Hochberg 1995 (J. R. Stat. Soc. B 57:289-300), by SciPy.

    Parameters
    ----------
    p_values : array_like, shape (M,)
        The family; NaN stays NaN and does not count.

    Returns
    -------
    ndarray of float64, shape (M,)
        Adjusted p values, at most 1.

    Examples
    --------
    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.005]).round(3)
    array([0.02, 0.04, 0.04, 0.02])
    """
    values = np.asarray(p_values, dtype=np.float64)
    adjusted = np.full(values.shape, np.nan)
    known = ~np.isnan(values)
    if known.any():
        adjusted[known] = scipy.stats.false_discovery_control(values[known], method="bh")
    return adjusted
