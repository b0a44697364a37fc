"""For the tests of your own method: it must not fall below scores that you name."""

from collections.abc import Mapping, Sequence
from pathlib import Path


def assert_scores(
    run: str | Path,
    floor: str | Path | Mapping[str, float],
    *,
    harmonizer: str | Sequence[str] | None = None,
    split: str | None = None,
    tolerance: str | Path | None = None,
) -> None:
    """Fail a test where scores of a run are worse than they must be.

    Better scores pass; to see every change, better or worse, use `phycharm compare`.

    Parameters
    ----------
    run : str or Path
        Results folder, as `run_benchmark(...).folder`.
    floor : str, Path or mapping
        A reference that `phycharm bless` wrote: the mean of no measure may be worse than there by
        more than the tolerance, and no score may be missing that is there. Or the worst mean that
        is allowed, by metric or `metric/tissue`: `{"ssim": 0.9, "nrmse": 0.2, "dice/GM": 0.8}`.
    harmonizer : str or sequence of str, optional
        Methods to look at; by default those of the reference, or all of the run.
    split : str, optional
        `external` or `validation`; by default `external` where the run has it.
    tolerance : str or Path, optional
        TOML file of tolerances; by default that of the reference.

    Raises
    ------
    AssertionError
        Some score is worse, missing or undefined; the message says which, and by how much.
    InputError
        Something that is named is not there.

    Examples
    --------
    In a test of your own repository::

        def test_scores(tmp_path):
            run = phycharm.run_benchmark("smoke", out=tmp_path / "run", harmonizers="mine:Mine")
            assert_scores(run.folder, "reference")
    """
    # Hidden where pytest shows a failure: the lines of the user's test are what matters.
    __tracebackhide__ = True
    from phycharm.benchmarks.statistics.regression import fallen_scores

    fallen = fallen_scores(run, floor, harmonizer=harmonizer, split=split, tolerance=tolerance)
    if fallen:
        lines = "".join(f"\n  {sentence}" for sentence in fallen)
        raise AssertionError(f"{run}: worse than it must be:{lines}")
