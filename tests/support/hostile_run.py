"""A run folder whose names try to become code."""

import json

import pandas as pd

from .synthetic_results import make_results

NASTY = "</script><script>window.pwned=1</script>"
QUOTES = "\"><img src=x onerror='window.pwned=1'>"


def make_hostile_run(folder):
    """A run whose every name tries to become code; its images are there under such names too."""
    run = make_results(
        folder / "run<b>'\"",
        scanners=("GE", "A&'\"<b>"),
        methods=("none", "phycharm"),
        external=("05", QUOTES),
        folds=(),
        shape=(14, 14, 12),
    )
    for name in ("scores.parquet", "histograms.parquet", "volumes.parquet", "features.parquet"):
        table = pd.read_parquet(run / name)
        table["subject"] = table["subject"].replace("05", NASTY)
        table["harmonizer"] = table["harmonizer"].replace("phycharm", NASTY)
        if "metric" in table:
            table["metric"] = table["metric"].replace("nrmse", "../" + NASTY)
        table.to_parquet(run / name)
    for name in ("run.json", "methods.json", "metrics.json"):
        text = (run / name).read_text()
        text = text.replace("phycharm", json.dumps(NASTY)[1:-1]).replace("sigma 1.5", "sigma <i>")
        text = text.replace("digital travelling", json.dumps(NASTY + "{{ 7 * 7 }}")[1:-1])
        (run / name).write_text(text)
    return run
