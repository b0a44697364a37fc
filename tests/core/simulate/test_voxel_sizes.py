"""A scanner stays itself at every voxel size: coarse scans are fine ones averaged."""

import numpy as np
import pytest

from phycharm.simulate.grid import ScanGrid, mean_of_blocks
from phycharm.simulate.people.anatomy import template_anatomy
from phycharm.simulate.people.subject import make_subject
from phycharm.simulate.scanners.brain_extraction import extracted_brain
from phycharm.simulate.scanners.scanner_models import PHILIPS
from phycharm.simulate.scanners.scanning import clean_signals, noisy_scan
from phycharm.simulate.scanners.visit import Visit


def visit(voxel_size):
    grid = ScanGrid(voxel_size=voxel_size)
    person = make_subject("01", anatomy=template_anatomy(), grid=grid, seed=3)
    return Visit(subject=person, scanner=PHILIPS)


@pytest.fixture(scope="module")
def fine():
    return visit(1.0)


@pytest.mark.parametrize("voxel_size", [3.0, 6.0])
def test_a_coarse_scan_is_a_fine_one_averaged(fine, voxel_size):
    coarse, edge = visit(voxel_size), int(voxel_size)
    slow = mean_of_blocks(fine.box.average(np.abs(clean_signals(fine)[0])), edge)
    quick = coarse.box.average(np.abs(clean_signals(coarse)[0]))
    brain = coarse.subject.mask
    assert np.corrcoef(slow[brain], quick[brain])[0, 1] > 0.985
    assert quick[brain].std() == pytest.approx(slow[brain].std(), rel=0.04)
    known = mean_of_blocks(extracted_brain(fine).astype(np.float32), edge) >= 0.5
    found = extracted_brain(coarse)
    assert 2 * (known & found).sum() / (known.sum() + found.sum()) > 0.985


def test_noise_and_artefacts_do_not_know_the_voxel_size(fine):
    """What is left after averaging to 3 mm is the same from 1 mm and from 3 mm straight."""
    coarse = visit(3.0)
    errors = []
    for one, edge in ((fine, 3), (coarse, 1)):
        clean, noisy = clean_signals(one)[0], noisy_scan(one).channels[0].real
        white = np.abs(clean[one.region]).max()
        error = mean_of_blocks(one.box.average(noisy - clean), edge)
        errors.append(error[coarse.subject.mask].std() / white)
    assert errors[0] == pytest.approx(errors[1], rel=0.08)
