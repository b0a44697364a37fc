"""The linear discriminant: the answers of scikit-learn's, whatever is lacking or never varies."""

import numpy as np
import pytest
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from phycharm.benchmarks.statistics.reliability.linear_discriminant import classify


def _of_scikit_learn(learned, asked):
    pipeline = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto"),
    )
    names = np.tile(np.arange(learned.shape[1]), len(learned))
    pipeline.fit(learned.reshape(names.size, -1), names)
    return pipeline.predict(asked.reshape(-1, asked.shape[-1])).reshape(asked.shape[:-1])


def _images(rng):
    people, scanners, features = rng.integers(4, 15), rng.integers(2, 9), rng.integers(1, 30)
    table = rng.normal(size=(people, scanners, features)) * rng.uniform(0.01, 100, features)
    return table + rng.uniform() * rng.normal(size=(scanners, features))


def _whole(table, rng):
    return table


def _holes(table, rng):
    return np.where(rng.uniform(size=table.shape) < 0.05, np.nan, table)


def _flat(table, rng):
    table[..., 0] = 7.1
    return table


def _absent(table, rng):
    table[..., -1] = np.nan
    return table


@pytest.mark.parametrize("change", [_whole, _holes, _flat, _absent])
def test_scikit_learn_answers_the_same(change):
    rng = np.random.default_rng(5)
    for _ in range(40):
        table = change(_images(rng), rng)
        learned, asked = table[2:], table[:2]
        np.testing.assert_array_equal(classify(learned, asked), _of_scikit_learn(learned, asked))


def test_classes_that_are_the_same_are_no_reason_to_choose():
    same = np.ones((4, 3, 2))
    assert (classify(same, same[0]) == 0).all()
