from .benchmarks.metrics import data_range, nrmse, psnr, ssim
from .benchmarks.protocol.loading import load_protocol
from .benchmarks.run.runner import run_benchmark
from .benchmarks.segmentation import segment
from .data.bids.bids_dataset import BidsDataset
from .data.cohort import Cohort
from .data.scan import Scan
from .data.scanner import Scanner
from .errors import InputError
from .harmonizers.card import MethodCard
from .harmonizers.common_domain import CommonDomainHarmonizer
from .harmonizers.external import load_harmonizer
from .harmonizers.harmonizer import Harmonizer
from .harmonizers.storage import FittedState
from .laws import check_harmonizer
from .physics.acquisition import Acquisition
from .reports.report import write_report
from .reports.results import load_results
from .simulate.dataset import simulate_dataset
from .version import __version__

__all__ = [
    "Acquisition",
    "BidsDataset",
    "Cohort",
    "CommonDomainHarmonizer",
    "FittedState",
    "Harmonizer",
    "InputError",
    "MethodCard",
    "Scan",
    "Scanner",
    "__version__",
    "check_harmonizer",
    "data_range",
    "load_harmonizer",
    "load_protocol",
    "load_results",
    "nrmse",
    "psnr",
    "run_benchmark",
    "segment",
    "simulate_dataset",
    "ssim",
    "write_report",
]
