"""Plain classes as harmonizers: at work, and in a common domain."""

import pickle
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from phycharm.errors import InputError
from phycharm.harmonizers.common_domain import CommonDomainHarmonizer
from phycharm.harmonizers.external import (
    create_harmonizer,
    outsider_at_work,
)
from phycharm.harmonizers.external.wrapped import WrappedHarmonizer
from phycharm.laws.phantom import TRAINING, VALIDATION

from support import outsiders
from support.outsider_modules import ALPHA, BETA, GAMMA, TRAIN, VALID, unseen

# --- wrapped objects ------------------------------------------------------------------------------


def test_fit_gets_only_the_context_it_takes():
    class Some(outsiders.TakesNothing):
        def fit(self, train, maps=None):
            self.maps = maps

    taking_all = create_harmonizer("support.outsiders:Offset").fit(
        TRAIN, VALID, maps=1, quantitative=2
    )
    assert taking_all.method.seen["maps"] == 1
    assert taking_all.method.seen["validation"].subjects == VALIDATION
    create_harmonizer("support.outsiders:TakesNothing").fit(TRAIN, VALID, maps=1)
    wrapped = create_harmonizer("support.outsiders:TakesNothing")
    wrapped.method = Some()
    wrapped.fit(TRAIN, None, maps="m", quantitative="q")
    assert wrapped.method.maps == "m"


def test_training_curves_get_the_columns_of_the_results_folder():
    harmonizer = create_harmonizer("support.outsiders:Offset").fit(TRAIN)
    assert harmonizer.history == [
        {"network": "", "source": "", "target": "", "split": "train", "term": "loss"}
        | {"epoch": 1, "value": 0.5},
        {"network": "", "source": "", "target": "", "split": "train", "term": "mean"}
        | {"epoch": 2, "value": 0.25},
    ]
    assert create_harmonizer("support.outsiders:StrangeHistory").fit(TRAIN).history == []


def test_an_outsider_who_writes_into_his_input_spoils_nothing():
    scan = unseen()
    before = scan.image.copy()
    trained = TRAIN.scan(TRAINING[0], ALPHA).image.copy()
    create_harmonizer("support.outsiders:WritesIntoInput").fit(TRAIN).harmonize(scan, BETA)
    create_harmonizer("support.outsiders:WritesIntoTraining").fit(TRAIN)
    assert np.array_equal(scan.image, before)
    assert np.array_equal(TRAIN.scan(TRAINING[0], ALPHA).image, trained)


def test_returning_nothing_is_said():
    with pytest.raises(ValueError, match="returned nothing"):
        create_harmonizer("support.outsiders:ReturnsNothing").fit(TRAIN).harmonize(unseen(), BETA)


def test_learned_numbers_are_counted_once():
    harmonizer = create_harmonizer("support.outsiders:TakesNothing")
    assert harmonizer.parameters == 0
    network = torch.nn.Linear(3, 2)
    harmonizer.method.network = network
    harmonizer.method.also = torch.nn.Sequential(network)
    assert harmonizer.parameters == 8


def test_wrapped_objects_can_be_pickled():
    harmonizer = create_harmonizer("support.outsiders:Named", settings={"weight": 2.0}).fit(TRAIN)
    again = pickle.loads(pickle.dumps(harmonizer))
    assert again.card == harmonizer.card
    assert np.array_equal(again.harmonize(unseen(), BETA), harmonizer.harmonize(unseen(), BETA))


# --- common domain --------------------------------------------------------------------------------


def test_a_plain_class_with_to_common_maps_to_a_common_domain():
    harmonizer = create_harmonizer("support.outsiders:Centred").fit(TRAIN)
    assert isinstance(harmonizer, CommonDomainHarmonizer)
    assert isinstance(harmonizer, WrappedHarmonizer)
    assert harmonizer.card.scope == "common-domain"
    scan = unseen()
    common = harmonizer.to_common(scan)
    assert abs(common[scan.mask].mean()) < 1e-5
    assert not common[~scan.mask].any()
    for target in (BETA, GAMMA):
        assert np.array_equal(harmonizer.harmonize(scan, target), common)


def test_a_class_with_both_may_choose_the_target():
    harmonizer = create_harmonizer("support.outsiders:SaysTarget")
    assert not isinstance(harmonizer, CommonDomainHarmonizer)
    assert harmonizer.card.scope == "all"


def test_random_numbers_of_a_common_domain_follow_the_seed():
    scan = unseen()
    images = [
        create_harmonizer("support.outsiders:InheritsCommon", seed=seed).to_common(scan)
        for seed in (1, 1, 2)
    ]
    assert np.array_equal(images[0], images[1])
    assert not np.array_equal(images[0], images[2])
    harmonizer = create_harmonizer("support.outsiders:InheritsCommon", seed=1)
    assert np.array_equal(harmonizer.harmonize(scan, GAMMA), images[0])


def test_common_domain_images_are_checked_like_others():
    harmonizer = create_harmonizer("support.outsiders:Centred")
    harmonizer.method = SimpleNamespace(to_common=lambda scan: scan.image[1:])
    with pytest.raises(ValueError, match="returned shape"):
        harmonizer.to_common(unseen())


# --- at work --------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["Raises", "Quits"])
def test_what_an_outsider_raises_is_one_line_that_says_where(name):
    method = create_harmonizer(f"support.outsiders:{name}").fit(TRAIN)
    with pytest.raises(InputError) as error, outsider_at_work(method, doing="in.nii"):
        method.harmonize(unseen(), BETA)
    text = str(error.value)
    assert text.startswith(f"in.nii: '{name}' failed at outsiders.py line ")
    assert "\n" not in text


def test_nobody_is_blamed_for_what_is_not_his():
    outsider, ours = create_harmonizer("support.outsiders:Offset"), create_harmonizer("linear")
    with pytest.raises(ZeroDivisionError), outsider_at_work(ours, doing="in.nii"):
        1 / 0  # noqa: B018
    with pytest.raises(PermissionError), outsider_at_work(outsider, doing="in.nii"):
        raise PermissionError(13, "Permission denied", "out.nii")
    said = pytest.raises(InputError, match=r"^in.nii: is empty.$")
    with said, outsider_at_work(outsider, doing="x"):
        raise InputError("in.nii: is empty.")
    with pytest.raises(KeyboardInterrupt), outsider_at_work(outsider, doing="in.nii"):
        raise KeyboardInterrupt
