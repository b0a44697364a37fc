"""What the tests of outsiders' methods share."""

from phycharm.laws.phantom import TESTED, TRAINING, VALIDATION, Phantom

PHANTOM = Phantom()

ALPHA, BETA, GAMMA = PHANTOM.scanners

TRAIN, VALID = PHANTOM.cohort(TRAINING), PHANTOM.cohort(VALIDATION)


def unseen():
    return PHANTOM.scan(TESTED[0], ALPHA)
