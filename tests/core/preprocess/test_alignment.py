"""Checks of registrations, the starts that are tried, and other programs as engines."""

import sys

import numpy as np
import pytest

from phycharm.errors import InputError
from phycharm.preprocess.imaging.volume import Volume
from phycharm.preprocess.registration.aligners import aligner
from phycharm.preprocess.registration.alignment import Alignment
from phycharm.preprocess.registration.companion import align_companion
from phycharm.preprocess.registration.head import Head
from phycharm.preprocess.registration.search import align_checked
from phycharm.preprocess.stages.person_plan import _half_way

from support.whole_heads import Person, native_grid, pose_of

MOVED = pose_of((12, -6, 8), (9, -14, 11))


def head(scanner, pose, person=0):
    shape, affine = native_grid(6, extent=(204, 228, 216), shift=pose[:3, 3])
    image, mask = Person(person).scan(scanner, pose, shape=shape, affine=affine)
    return Head(volume=Volume(image=image, affine=affine), mask=mask)


@pytest.fixture(scope="module")
def fixed():
    return head("GE", pose_of())


@pytest.fixture(scope="module")
def moving():
    return head("Philips", MOVED)


class FromList:
    """An engine that answers what it was given, one after the other."""

    name, version = "list", "1"

    def __init__(self, answers):
        self.answers = iter(answers)

    def align(self, fixed, moving, start, *, affine):
        answer = next(self.answers)
        if isinstance(answer, Exception):
            raise answer
        return answer


class TestChecks:
    def test_true_map_passes(self, fixed, moving):
        found = Alignment.measure(fixed, moving, MOVED)
        assert found.problem == ""
        assert found.rotation == pytest.approx(15.6, abs=1)
        assert found.shift < 1

    @pytest.mark.parametrize(
        ("wrong", "told"),
        [
            (pose_of((0, 0, 0), (30, 0, 0)), "mm apart"),
            (pose_of((60, 0, 0)), "turned by"),
            (pose_of((0, 0, 18)), "correlation"),
            (np.diag([1.25, 1, 1, 1.0]), "scaled by"),
            (np.diag([-1, 1, 1, 1.0]), "turned by 180"),
        ],
    )
    def test_wrong_map_is_told(self, fixed, moving, wrong, told):
        assert told in Alignment.measure(fixed, moving, MOVED @ wrong).problem

    def test_record_gives_it_back(self, fixed, moving):
        found = Alignment.measure(fixed, moving, MOVED, start="header", attempts=3)
        again = Alignment.from_record(found.as_record())
        assert again.as_record() == found.as_record()


class TestSearch:
    def test_starts_elsewhere_after_a_failure(self, fixed, moving):
        answers = [pose_of((60, 0, 0)), InputError("died"), MOVED]
        found = align_checked(FromList(answers), fixed, moving)
        assert np.array_equal(found.matrix, MOVED)
        assert found.attempts == 3

    def test_best_of_all_failures_is_kept(self, fixed, moving):
        near = MOVED @ pose_of((0, 0, 0), (0, 8, 0))
        answers = [pose_of((90, 0, 0)), near, *[pose_of((90, 0, 0))] * 20]
        found = align_checked(FromList(answers), fixed, moving)
        assert found.problem
        assert np.array_equal(found.matrix, near)

    def test_engine_that_never_answers(self, fixed, moving):
        with pytest.raises(InputError, match="died"):
            align_checked(FromList([InputError("died")] * 20), fixed, moving)


class TestCommand:
    def script(self, tmp_path, text):
        path = tmp_path / "register.py"
        path.write_text(text)
        return f"command:{sys.executable} {path}"

    def test_its_matrix_is_taken_from_the_start_on(self, fixed, moving, tmp_path):
        line = self.script(
            tmp_path,
            "import sys, numpy as np\nm = np.eye(4); m[0, 3] = float(sys.argv[4])\n"
            "np.savetxt(sys.argv[3], m)\n",
        )
        engine = aligner(f"{line} {{fixed}} {{moving}} {{matrix}} {{dof}}")
        found = engine.align(fixed, moving, MOVED, affine=True)
        assert found == pytest.approx(MOVED @ pose_of((0, 0, 0), (12, 0, 0)))

    def test_failure_is_one_line(self, fixed, moving, tmp_path):
        line = self.script(tmp_path, "raise SystemExit('no licence')\n")
        engine = aligner(f"{line} {{fixed}} {{moving}} {{matrix}}")
        with pytest.raises(InputError, match="status 1: no licence"):
            engine.align(fixed, moving, np.eye(4), affine=True)

    def test_silence_is_told(self, fixed, moving, tmp_path):
        engine = aligner(f"{self.script(tmp_path, '')} {{fixed}} {{moving}} {{matrix}}")
        with pytest.raises(InputError, match="matrix is not readable"):
            engine.align(fixed, moving, np.eye(4), affine=True)

    @pytest.mark.parametrize(
        ("name", "told"),
        [
            ("flirrt", "did you mean 'flirt'"),
            ("command:nothing-of-that-name {fixed} {moving}", "no program"),
            ("command:python {fixed}", "{moving} must stand in it"),
            ("command:python {fixed} {moving} {x}", "no other field"),
            ("command:python '{fixed} {moving}", "correct the line"),
        ],
    )
    def test_line_that_cannot_be_used(self, name, told):
        with pytest.raises(InputError, match=told):
            aligner(name)

    def test_flirt_that_is_not_there(self, monkeypatch):
        monkeypatch.setenv("PATH", "")
        with pytest.raises(InputError, match="no program 'flirt'"):
            aligner("flirt")


def test_companion_of_another_contrast_is_found(fixed):
    moved = pose_of((2, -1, 1), (3, -2, 4))
    other = head("Siemens", moved)
    matrix, note = align_companion(fixed, other.volume)
    points = fixed.volume.space.world(np.argwhere(fixed.mask)[::50])
    error = points @ (matrix - moved)[:3, :3].T + (matrix - moved)[:3, 3]
    assert note == ""
    assert np.median(np.linalg.norm(error, axis=1)) < 1.0


def test_companion_that_shows_nothing_keeps_its_header(fixed):
    empty = Volume(image=np.zeros_like(fixed.volume.image), affine=fixed.volume.affine)
    matrix, note = align_companion(fixed, empty)
    assert np.array_equal(matrix, np.eye(4))
    assert "shows nothing" in note


def test_mid_space_is_as_far_from_all():
    maps = [np.eye(4), MOVED, pose_of((-8, 10, 3), (2, 6, -9))]
    way_in = _half_way(maps)
    from scipy.linalg import logm

    mean = np.mean([np.real(logm(one @ way_in)) for one in maps], axis=0)
    assert np.abs(mean).max() < 1e-9
