"""Models of GANs that were saved before they could make differences: the same answers for ever."""

import json
from pathlib import Path

import numpy as np

from phycharm.baselines.calamiti.calamiti import Calamiti
from phycharm.baselines.pix2pix.pix2pix import Pix2Pix

from support.toy_cohort import A, B, toy_cohort, toy_scan

SAVED = Path(__file__).parent / "saved_models"


def test_pix2pix_of_revision_1():
    method = Pix2Pix.load(SAVED / "pix2pix-1")
    assert not method.residual
    with np.load(SAVED / "answers.npz") as stored:
        wanted = stored["pix2pix-1"]
    assert np.std(wanted) > 0.05
    image = method.harmonize(toy_scan("05", A), B)[::2, ::2, ::2]
    np.testing.assert_allclose(image, wanted, rtol=1e-4, atol=1e-4)


def test_calamiti_of_revision_1_makes_whole_images(tmp_path):
    plan = {"epochs": 1, "batch_size": 8}
    method = Calamiti(training=plan, base=2, residual=False).fit(toy_cohort("01"))
    method.save(tmp_path)
    facts = tmp_path / "harmonizer.json"
    record = json.loads(facts.read_text())
    del record["settings"]["residual"]
    facts.write_text(json.dumps(record))
    loaded = Calamiti.load(tmp_path)
    assert not loaded.residual
    scan = toy_scan("05", A)
    np.testing.assert_array_equal(loaded.harmonize(scan, B), method.harmonize(scan, B))
