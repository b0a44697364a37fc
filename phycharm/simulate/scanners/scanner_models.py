"""The simulated scanners: their protocols and what else tells their images apart."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...errors import InputError
from ...physics.mprage import ReadoutTrain


@dataclass(frozen=True, kw_only=True)
class ScannerModel:
    """A scanner with its T1-weighted protocol; times in ms, angles in degrees, lengths in mm.

    Parameters
    ----------
    name : str
        Session label.
    manufacturer, model : str
        As in the BIDS sidecars.
    trains : tuple of ReadoutTrain
        The readout trains between two inversions: one for T1w, two for MP2RAGE.
    repetition_time : float
        From one inversion to the next.
    echo_time : float
        TE.
    reports_readout : bool
        Whether this maker's sidecars give the echo spacing as `RepetitionTime`; otherwise it is
        the time between inversions.
    inversion_ends_at_first_pulse : bool
        Whether this maker's TI ends at the first pulse of the train; otherwise it ends at the
        centre of k-space.
    inversion_efficiency : float
        e in M -> -e M.
    transmit : float
        B1+ at the centre of the head, relative to the nominal flip angle.
    transmit_fall : float
        By how much B1+ falls, relatively, from the centre to the surface.
    shading : float
        Relative standard deviation of the receive field that bias correction has left.
    resolution : tuple of float
        Edges of the voxels that it acquires, along x, y and z (left-right, front-back, up-down),
        in mm: the scans are resampled from these.
    edge_enhancement : float
        How much of the detail finer than 2 mm the reconstruction's filter adds again.
    distortion : float
        Gradient nonlinearity that the maker's correction leaves: root mean square of the
        displacement at 90 mm from the isocentre, in mm.
    mask_margin : float
        By how many mm brain extraction puts the border outside the brain, on the average.
    white_snr : float
        Mean white-matter signal over the standard deviation of the noise in each channel, in the
        voxels that are acquired.
    artefacts : float
        Standard deviation, relative to white matter, of what motion and pulsation leave: errors
        that reach over some millimetres and so do not average out.
    white_level : float
        Mean intensity of white matter that the reconstruction aims at.
    """

    name: str
    manufacturer: str
    model: str
    trains: tuple[ReadoutTrain, ...]
    repetition_time: float
    echo_time: float
    reports_readout: bool
    inversion_ends_at_first_pulse: bool
    inversion_efficiency: float
    transmit: float
    transmit_fall: float
    shading: float
    resolution: tuple[float, float, float]
    edge_enhancement: float
    distortion: float
    mask_margin: float
    white_snr: float
    artefacts: float
    white_level: float

    def reported_inversion_time(self, train: ReadoutTrain) -> float:
        """TI of a train as this maker's sidecars give it, in ms."""
        return train.start if self.inversion_ends_at_first_pulse else train.inversion_time


# Acquired voxels near those of multi-centre protocols (Jack et al., J Magn Reson Imaging
# 2008;27:685); see docs/digital-subjects.md.
GE = ScannerModel(
    name="GE",
    manufacturer="GE",
    model="SIGNA (simulated)",
    # This maker's TI of 450 ms ends at the first pulse; the centre of k-space is the 21st.
    trains=(
        ReadoutTrain(
            inversion_time=450.0 + 20 * 8.232,
            flip_angle=12.0,
            echo_spacing=8.232,
            readouts=166,
            centre=20,
        ),
    ),
    repetition_time=2000.0,
    echo_time=3.192,
    reports_readout=True,
    inversion_ends_at_first_pulse=True,
    inversion_efficiency=0.94,
    transmit=1.08,
    transmit_fall=0.32,
    shading=0.05,
    resolution=(1.2, 1.02, 1.02),
    edge_enhancement=0.4,
    distortion=0.4,
    mask_margin=0.3,
    white_snr=46.0,
    artefacts=0.045,
    white_level=3200.0,
)
SIEMENS = ScannerModel(
    name="Siemens",
    manufacturer="Siemens",
    model="Trio (simulated)",
    trains=(ReadoutTrain(inversion_time=1200.0, flip_angle=7.0, echo_spacing=6.6, readouts=112),),
    repetition_time=2400.0,
    echo_time=2.12,
    reports_readout=False,
    inversion_ends_at_first_pulse=False,
    inversion_efficiency=0.96,
    transmit=1.12,
    transmit_fall=0.36,
    shading=0.05,
    resolution=(1.0, 1.0, 1.0),
    edge_enhancement=0.0,
    distortion=0.4,
    mask_margin=0.0,
    white_snr=44.0,
    artefacts=0.045,
    white_level=380.0,
)
PHILIPS = ScannerModel(
    name="Philips",
    manufacturer="Philips",
    model="Ingenia CX (simulated)",
    # Low-high order: the centre of k-space is read first.
    trains=(
        ReadoutTrain(
            inversion_time=1000.0, flip_angle=12.0, echo_spacing=7.3, readouts=108, centre=0
        ),
    ),
    repetition_time=1800.0,
    echo_time=3.3,
    reports_readout=True,
    inversion_ends_at_first_pulse=False,
    inversion_efficiency=0.84,
    transmit=1.0,
    transmit_fall=0.1,
    shading=0.05,
    resolution=(1.2, 0.94, 0.94),
    edge_enhancement=0.5,
    distortion=0.4,
    mask_margin=-0.3,
    white_snr=44.0,
    artefacts=0.045,
    white_level=1100.0,
)
SCANNERS = {model.name: model for model in (GE, SIEMENS, PHILIPS)}

QUANTITATIVE_T1W = ScannerModel(
    name="QUANT",
    manufacturer="Siemens",
    model="Prisma (simulated)",
    trains=(ReadoutTrain(inversion_time=900.0, flip_angle=9.0, echo_spacing=7.0, readouts=176),),
    repetition_time=2300.0,
    echo_time=2.9,
    reports_readout=False,
    inversion_ends_at_first_pulse=False,
    inversion_efficiency=0.96,
    transmit=1.1,
    transmit_fall=0.3,
    shading=0.05,
    resolution=(1.0, 1.0, 1.0),
    edge_enhancement=0.0,
    distortion=0.4,
    mask_margin=0.0,
    white_snr=46.0,
    artefacts=0.045,
    white_level=420.0,
)
QUANTITATIVE_MP2RAGE = replace(
    QUANTITATIVE_T1W,
    trains=(
        ReadoutTrain(inversion_time=940.0, flip_angle=4.0, echo_spacing=7.0, readouts=176),
        ReadoutTrain(inversion_time=2830.0, flip_angle=5.0, echo_spacing=7.0, readouts=176),
    ),
    repetition_time=5000.0,
    white_snr=45.0,
)


def chosen(names: Sequence[str]) -> list[ScannerModel]:
    """Look up scanners by name.

    Parameters
    ----------
    names : sequence of str
        Names as in `SCANNERS`.

    Returns
    -------
    list of ScannerModel
        In the order given.

    Raises
    ------
    InputError
        If a name is unknown or given twice, or there is none.

    Examples
    --------
    >>> [model.manufacturer for model in chosen(["GE", "Siemens"])]
    ['GE', 'Siemens']
    """
    known = ", ".join(SCANNERS)
    unknown = [name for name in names if name not in SCANNERS]
    if unknown:
        raise InputError(f"no simulated scanner is called {unknown[0]!r}; choose from {known}.")
    if not names or len(set(names)) < len(names):
        raise InputError(f"scanners {','.join(names)!r}: name one or more of {known}, each once.")
    return [SCANNERS[name] for name in names]
