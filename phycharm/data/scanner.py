"""A scanner of a travelling-subject dataset: its name, its maker, how it acquires."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from ..physics.acquisition import Acquisition


@dataclass(frozen=True, slots=True, kw_only=True)
class Scanner:
    """One MRI scanner of a travelling-subject dataset.

    Parameters
    ----------
    name : str
        Label that is unique within a dataset; the BIDS session label.
    acquisition : Acquisition
        How its T1-weighted images are acquired.
    manufacturer : str
        Vendor, as in the BIDS sidecar.
    field_strength : float
        Static field in tesla.
    model : str
        The vendor's name for the machine, as in the BIDS sidecar; empty where none says it.
    """

    name: str
    acquisition: Acquisition
    manufacturer: str = "unknown"
    field_strength: float = 3.0
    model: str = ""

    def as_record(self) -> dict[str, Any]:
        """Return plain data as JSON gives it back, which `from_record` takes."""
        record = asdict(self)
        record["acquisition"]["assumed"] = list(self.acquisition.assumed)
        return record

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> Self:
        """Make a scanner from what `as_record` gave, such as JSON keeps.

        Examples
        --------
        >>> times = {"inversion_time": 900, "repetition_time": 2300, "echo_time": 3}
        >>> scanner = Scanner(name="Siemens", acquisition=Acquisition(**times, flip_angle=9))
        >>> Scanner.from_record(scanner.as_record()) == scanner
        True
        """
        acquisition = Acquisition(**record["acquisition"])
        return cls(**{**record, "acquisition": acquisition})
