"""How long a report of many scores takes, in CPU seconds."""

import itertools
import json
import time

import numpy as np
import pandas as pd
import pytest

from phycharm.benchmarks.statistics import SCORE_COLUMNS
from phycharm.reports import write_report

ROWS = 100_000
CPU_SECONDS = 60
BYTES = 15_000_000


@pytest.mark.slow
def test_a_hundred_thousand_scores_take_a_minute(tmp_path):
    scanners = [f"scanner{i}" for i in range(4)]
    subjects = [f"{i:03d}" for i in range(50)]
    methods = ["none", "phycharm", "unet", "oracle", "blurred", "constant", "a", "b", "c", "d"]
    metrics = ["ssim", "psnr", "nrmse", *(f"metric{i}" for i in range(14))]
    keys = itertools.product(itertools.permutations(scanners, 2), subjects, methods, metrics)
    rows = [
        ("many", 1, "external", 1, source, target, subject, method, 0, metric, "", 0.0)
        for (source, target), subject, method, metric in keys
    ]
    scores = pd.DataFrame(rows, columns=list(SCORE_COLUMNS))
    assert len(scores) >= ROWS
    scores["value"] = np.random.default_rng(0).uniform(0.5, 1, len(scores))
    scores.to_parquet(tmp_path / "scores.parquet")
    records = [{"name": m, "definition": "Any.", "higher_is_better": True} for m in metrics]
    (tmp_path / "metrics.json").write_text(json.dumps(records))
    start = time.process_time()
    path = write_report([tmp_path])
    spent = time.process_time() - start
    print(f"{len(scores)} rows: {spent:.1f} CPU s, {path.stat().st_size / 1e6:.1f} MB")
    assert path.stat().st_size <= BYTES
    assert spent <= CPU_SECONDS
