"""How much a score may move before it counts: per metric, per method, absolute or in seed SDs."""

import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from phycharm.errors import InputError
from phycharm.utils.validation import first_problem

from .references import TOLERANCE

_Limit = Annotated[float, Field(ge=0, allow_inf_nan=False)]
_DEFAULT = Path(__file__).with_name("default_tolerance.toml")


class Tolerance(BaseModel):
    """What one value may move.

    Parameters
    ----------
    absolute : float, optional
        In the unit of the metric.
    seed_sds : float, optional
        In standard deviations over training seeds. Where both are given, the larger counts.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    absolute: _Limit | None = None
    seed_sds: _Limit | None = None

    def limit(self, seed_sd: float) -> float:
        """Return the largest change that does not count; NaN where no spread is known.

        Parameters
        ----------
        seed_sd : float
            Standard deviation over training seeds; NaN where there was one.
        """
        limits = [
            np.nan if self.absolute is None else self.absolute,
            np.nan if self.seed_sds is None else self.seed_sds * seed_sd,
        ]
        known = [limit for limit in limits if not np.isnan(limit)]
        return max(known, default=np.nan)


class _Stated(Tolerance):
    @model_validator(mode="after")
    def _say_something(self) -> "_Stated":
        if self.absolute is None and self.seed_sds is None:
            raise ValueError("give absolute, seed_sds, or both")
        return self


class _Always(Tolerance):
    absolute: _Limit


class _OfMethod(Tolerance):
    metrics: dict[str, _Stated] = {}


class Tolerances(BaseModel):
    """What the values of every method and metric may move.

    The most specific entry counts as a whole: `methods.M.metrics.N`, then `methods.M`, then
    `metrics.N`, then `default`. An entry in seed SDs alone falls back to the default where the
    spread over seeds is unknown.

    Parameters
    ----------
    default : Tolerance
        Always with `absolute`.
    metrics : dict of str to Tolerance
        By metric; a metric of tissues has one for all of them.
    methods : dict of str to Tolerance
        By method, with `metrics` of its own.
    seed_spread : dict of str to dict of str to float
        Standard deviations over training seeds that were measured elsewhere, by method and metric;
        they count where the reference has one seed.

    Examples
    --------
    >>> tolerances = Tolerances.model_validate(
    ...     {"default": {"absolute": 1e-6}, "metrics": {"ssim": {"seed_sds": 2}}}
    ... )
    >>> tolerances.limit("unet", "psnr", seed_sd=0.1), tolerances.limit("unet", "ssim", seed_sd=0.1)
    (1e-06, 0.2)
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    default: _Always
    metrics: dict[str, _Stated] = {}
    methods: dict[str, _OfMethod] = {}
    seed_spread: dict[str, dict[str, _Limit]] = {}

    def limit(self, method: str, metric: str, *, seed_sd: float = np.nan) -> float:
        """Return the largest change of a value that does not count.

        Parameters
        ----------
        method, metric : str
            Names as in the scores.
        seed_sd : float
            Standard deviation over training seeds; NaN where unknown.
        """
        found = next(self._entries(method, metric), self.default).limit(seed_sd)
        return self.default.limit(seed_sd) if np.isnan(found) else found

    def spread(self, method: str, metric: str) -> float:
        """Return the spread over seeds that was measured elsewhere; NaN where it was not."""
        return self.seed_spread.get(method, {}).get(metric, np.nan)

    def unknown(self, methods: set[str], metrics: set[str]) -> list[str]:
        """Return the names in the file that are not known: a mistyped one would allow nothing."""
        named = {*self.metrics, *(m for own in self.methods.values() for m in own.metrics)}
        return sorted(named - metrics) + sorted(set(self.methods) - methods)

    def _entries(self, method: str, metric: str) -> Iterator[Tolerance]:
        own = self.methods.get(method)
        if own is not None:
            if metric in own.metrics:
                yield own.metrics[metric]
            if own.absolute is not None or own.seed_sds is not None:
                yield own
        if metric in self.metrics:
            yield self.metrics[metric]


def read_tolerances(path: str | Path) -> Tolerances:
    """Read tolerances.

    Parameters
    ----------
    path : str or Path
        A TOML file; see `docs/regression.md`.

    Raises
    ------
    InputError
        If there is no such file, or it does not say what tolerances say.
    """
    path = Path(path)
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; give a TOML file of tolerances.") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not readable as TOML ({error}); correct it.") from error
    try:
        return Tolerances.model_validate(content)
    except ValidationError as error:
        raise InputError(f"{path}: {first_problem(error)}; see docs/regression.md.") from error


def tolerances_for(reference: Path, chosen: str | Path | None = None) -> Tolerances:
    """Return the tolerances that were chosen, or those of the reference, or the package's.

    Parameters
    ----------
    reference : Path
        Folder whose own `tolerance.toml` counts where none was chosen.
    chosen : str or Path, optional
        A TOML file.
    """
    if chosen is not None:
        return read_tolerances(chosen)
    own = reference / TOLERANCE
    return read_tolerances(own if own.is_file() else _DEFAULT)
