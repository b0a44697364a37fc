from dataclasses import replace

import numpy as np
import pytest
import torch

from phycharm.errors import InputError
from phycharm.physics.mprage import inversion_train_signals
from phycharm.simulate.people.anatomy import CLASSES, TISSUES
from phycharm.simulate.people.pose import Pose
from phycharm.simulate.scanners import coil_fields
from phycharm.simulate.scanners.distortion import Distortion
from phycharm.simulate.scanners.mp2rage import measured_t1
from phycharm.simulate.scanners.placement import Placement
from phycharm.simulate.scanners.scanner_models import (
    GE,
    PHILIPS,
    QUANTITATIVE_MP2RAGE,
    SCANNERS,
    SIEMENS,
    chosen,
)
from phycharm.simulate.scanners.scanning import clean_signals, noisy_scan
from phycharm.simulate.scanners.visit import Visit

STILL = Placement(
    pose=Pose(matrix=np.eye(3), translation=np.zeros(3)),
    distortion=Distortion(coefficients=np.zeros((3, 7), dtype=np.float32)),
)


@pytest.mark.parametrize("scanner", SCANNERS.values(), ids=lambda model: model.name)
def test_image_is_the_signal_equation_where_nothing_else_acts(person, scanner, monkeypatch):
    """Even fields, no blur, no motion: the mixture's signals, with the times of the visit."""
    monkeypatch.setattr(coil_fields, "_TRANSMIT_OWN", 0.0)
    plain = replace(
        scanner, transmit_fall=0.0, shading=0.0, resolution=(0.01,) * 3, edge_enhancement=0.0
    )
    visit = Visit(subject=person, scanner=plain)
    (image,) = clean_signals(visit, STILL)
    run = visit.protocol
    expected = np.zeros(person.t1.shape[1])
    for t1, m0, t2star, fraction in zip(
        person.t1, person.m0, person.t2star, person.fractions, strict=True
    ):
        (signal,) = inversion_train_signals(
            torch.from_numpy(t1.astype(np.float64)),
            torch.from_numpy((m0 * fraction).astype(np.float64)),
            trains=run.trains,
            repetition_time=run.repetition_time,
            inversion_efficiency=run.inversion_efficiency,
            b1=plain.transmit,
        )
        expected += signal.numpy() * np.exp(-run.echo_time / t2star)
    flip = np.deg2rad(plain.trains[0].flip_angle)
    expected /= (np.sin(flip * plain.transmit) / np.sin(flip)) ** 0.75  # see _SHADING_LEFT
    scale = expected.max()
    np.testing.assert_allclose(image[visit.region], expected, atol=3e-3 * scale)
    pure = person.fractions[CLASSES.index("WM")] > 0.999
    np.testing.assert_allclose(image[visit.region][pure].mean(), expected[pure].mean(), rtol=1e-3)


def test_tissues_are_told_apart_as_in_t1_weighted_images(person):
    for model in SCANNERS.values():
        image = noisy_scan(Visit(subject=person, scanner=model)).magnitudes[0]
        fluid, grey, white = (
            float(np.average(image[person.mask], weights=part[person.mask] ** 4))
            for part in (person.fraction_maps[TISSUES.index(name)] for name in ("CSF", "GM", "WM"))
        )
        assert fluid < grey < white


def test_same_scan_twice_and_different_scans(person):
    first, again = (noisy_scan(Visit(subject=person, scanner=GE)) for _ in range(2))
    np.testing.assert_array_equal(first.magnitudes[0], again.magnitudes[0])
    np.testing.assert_array_equal(first.mask, again.mask)
    assert first.protocol == again.protocol
    assert first.magnitudes[0].dtype == np.int16
    assert not first.magnitudes[0][~first.mask].any()
    other = noisy_scan(Visit(subject=person, scanner=SIEMENS))
    mask = first.mask & other.mask
    assert np.median(first.magnitudes[0][mask]) > 3 * np.median(other.magnitudes[0][mask])


def test_a_repeat_is_the_same_head_on_another_day(person):
    first, repeat = (Visit(subject=person, scanner=GE, run=run) for run in (1, 2))
    scans = [noisy_scan(visit) for visit in (first, repeat)]
    one, two = (scan.magnitudes[0].astype(float) for scan in scans)
    both = scans[0].mask & scans[1].mask
    assert 0.9 < np.corrcoef(one[both], two[both])[0, 1] < 0.999
    assert (scans[0].mask != scans[1].mask).any()
    assert first.protocol.echo_time != repeat.protocol.echo_time
    assert abs(np.median(one[both]) / np.median(two[both]) - 1) > 1e-3


@pytest.mark.parametrize("scanner", SCANNERS.values(), ids=lambda model: model.name)
def test_noise_is_rician_of_the_declared_level(person, scanner):
    quiet = replace(scanner, artefacts=0.0)
    visit = Visit(subject=person, scanner=quiet)
    scan, clean = noisy_scan(visit), clean_signals(visit)[0]
    white = np.abs(clean[visit.region])[person.fractions[CLASSES.index("WM")] > 0.9].mean()
    residual = scan.channels[0] - clean
    # Fine voxels of 2 mm hold several that were acquired; see test_reconstruction for the level.
    size = np.prod(quiet.resolution) / person.grid.fine_size**3
    for part in (residual.real, residual.imag):
        level = part.std() / (white / quiet.white_snr) / np.sqrt(size)
        assert 0.5 < level < 1.2
        assert abs(part.mean()) < 0.05 * part.std()
    magnitude = visit.box.average(np.abs(scan.channels[0]))[scan.mask]
    gain = scan.magnitudes[0][scan.mask].mean() / magnitude.mean()
    np.testing.assert_allclose(
        scan.magnitudes[0][scan.mask],
        magnitude * gain,
        atol=0.6 + 1e-3 * scan.magnitudes[0].max(),
    )


def test_artefacts_are_of_the_declared_size_and_reach_over_millimetres(person):
    still = replace(GE, white_snr=1e6, artefacts=0.02)
    visit = Visit(subject=person, scanner=still)
    scan, clean = noisy_scan(visit), clean_signals(visit)[0]
    white = np.abs(clean[visit.region])[person.fractions[CLASSES.index("WM")] > 0.9].mean()
    error = (scan.channels[0] - clean).real
    assert error.std() == pytest.approx(0.02 * white, rel=0.1)
    assert np.corrcoef(error[1:].ravel(), error[:-1].ravel())[0, 1] > 0.7  # 2 mm apart


def test_both_inversions_of_an_mp2rage_have_the_artefacts_of_one_head(person):
    still = replace(QUANTITATIVE_MP2RAGE, white_snr=1e6, artefacts=0.02)
    visit = Visit(subject=person, scanner=still)
    pure = person.fractions[CLASSES.index("WM")] > 0.9
    scan, clean = noisy_scan(visit), clean_signals(visit)
    first, second = (
        (channel - signal).real / signal[visit.region][pure].mean()
        for channel, signal in zip(scan.channels, clean, strict=True)
    )
    assert first.std() == pytest.approx(0.02, rel=0.1)
    np.testing.assert_allclose(first, second, atol=1e-3)


def test_times_wander_by_a_per_cent_and_the_train_still_fits(person):
    for model in (*SCANNERS.values(), QUANTITATIVE_MP2RAGE):
        runs = [Visit(subject=person, scanner=model, run=run).protocol for run in range(1, 61)]
        reported = [run.reported_inversion_time(run.trains[0]) for run in runs]
        nominal = model.reported_inversion_time(model.trains[0])
        for values, usual in (
            (reported, nominal),
            ([run.repetition_time for run in runs], model.repetition_time),
            ([run.echo_time for run in runs], model.echo_time),
        ):
            deviation = np.array(values) / usual - 1
            assert 0.004 < deviation.std() < 0.014
            assert np.ptp(values) < 0.05 * min(values)  # what the reader takes for one protocol
        for run in runs:
            assert run.trains[-1].end <= run.repetition_time + 1e-6
            assert [train.centre for train in run.trains] == [
                train.centre for train in model.trains
            ]
    assert PHILIPS.trains[0].centre == 0


def test_mp2rage_measures_t1(person):
    visit = Visit(subject=person, scanner=QUANTITATIVE_MP2RAGE)
    scan = noisy_scan(visit)
    assert len(scan.magnitudes) == 2
    t1 = visit.box.average(measured_t1(*scan.channels, scan.protocol))
    truth = person.truth_maps()["T1map"]
    for name in ("GM", "WM"):
        pure = person.fraction_maps[TISSUES.index(name)] > 0.9
        assert np.median(t1[pure]) == pytest.approx(np.median(truth[pure]), rel=0.08)


def test_lookup_inverts_the_signal_equation():
    times = torch.tensor([600.0, 838.0, 1460.0, 2500.0, 4300.0], dtype=torch.float64)
    first, second = inversion_train_signals(
        times,
        trains=QUANTITATIVE_MP2RAGE.trains,
        repetition_time=QUANTITATIVE_MP2RAGE.repetition_time,
        inversion_efficiency=QUANTITATIVE_MP2RAGE.inversion_efficiency,
    )
    as_image = (part.numpy().astype(np.complex64).reshape(-1, 1, 1) for part in (first, second))
    measured = measured_t1(*as_image, QUANTITATIVE_MP2RAGE)
    np.testing.assert_allclose(measured.ravel(), times.numpy(), rtol=2e-3)


@pytest.mark.parametrize(
    ("names", "complaint"),
    [(["GE", "Canon"], "'Canon'"), ([], "each once"), (["GE", "GE"], "each once")],
)
def test_unknown_or_repeated_scanners_are_refused(names, complaint):
    with pytest.raises(InputError, match=complaint):
        chosen(names)
