"""How long a run takes is told from a little of each of its methods."""

import re
import time

import pytest
import torch
from torch import nn

import phycharm
from phycharm.baselines.unet import UNet
from phycharm.benchmarks.protocol.run_data import RunData
from phycharm.benchmarks.run.budget import cost_estimate
from phycharm.benchmarks.run.budget.attempt import Attempt
from phycharm.benchmarks.run.budget.cost_estimate import CostEstimate
from phycharm.benchmarks.run.budget.method_cost import MethodCost
from phycharm.benchmarks.run.budget.tried_cell import TriedCell
from phycharm.benchmarks.run.methods import Methods
from phycharm.benchmarks.run.run_folder import RunFolder
from phycharm.benchmarks.run.run_plan import make_runner
from phycharm.benchmarks.run.runner import run_benchmark
from phycharm.benchmarks.run.tasks import run_tasks
from phycharm.benchmarks.run.workers.execution import Execution
from phycharm.data.bids.bids_dataset import BidsDataset
from phycharm.networks.basic_unet import BasicUNet
from phycharm.networks.lessons.regression import Regression
from phycharm.networks.plan import TrainingPlan
from phycharm.networks.stacking.stacked_training import StackedTraining
from phycharm.networks.stacking.together import fits_together
from phycharm.networks.training import Training, adam
from phycharm.networks.trial_run import current_trial, trial
from phycharm.utils.seeding import derived_seed

from support.tiny_protocols import pair_protocol

PAUSE_S = 0.02


def training(steps, calls, *, turns=1):
    network, plan = nn.Linear(1, 1), TrainingPlan(epochs=1, batch_size=2, learning_rate=0.1)
    plan = plan.of_steps(steps)

    def step(indices):
        calls.append(len(indices))
        time.sleep(PAUSE_S)
        return {"loss": torch.zeros(())}

    return Training(
        label="one",
        plan=plan,
        samples=9,
        step=step,
        modules={"net": network},
        optimizers=[adam(network, plan)],
        turns=turns,
    )


class TestTrial:
    def test_a_few_steps_tell_of_all(self):
        calls = []
        with trial() as found:
            training(500, calls, turns=2).run()
        assert len(calls) == 4
        assert found.trainings == 1
        assert found.whole == pytest.approx(500 * 2 * PAUSE_S, rel=0.5)
        assert 4 * PAUSE_S <= found.spent < 1

    def test_outside_of_it_everything_is_done(self):
        calls = []
        training(5, calls).run()
        assert len(calls) == 5
        assert current_trial() is None

    def test_validation_counts_once_a_round(self):
        calls = []
        one = training(40, calls)
        one.validate = lambda: time.sleep(0.1) or {"loss": torch.ones(())}
        with trial() as found:
            one.run()
        assert found.whole == pytest.approx(40 * PAUSE_S + 20 * 0.1, rel=0.5)


class TestTrialOfAStack:
    """Trainings that would be done as one are tried as one."""

    COUNT, STEPS, BATCH = 3, 50, 2

    @pytest.fixture
    def steps(self, monkeypatch):
        """Count the steps of a stack; each takes a while."""
        done, step = [], StackedTraining._step

        def slow(stack):
            done.append(len(stack._members))
            time.sleep(PAUSE_S)
            step(stack)

        monkeypatch.setattr(StackedTraining, "_step", slow)
        return done

    def regression(self, seed):
        network = BasicUNet(features=(2,) * 6)
        plan = TrainingPlan(epochs=1, batch_size=self.BATCH, learning_rate=0.1)
        plan = plan.of_steps(self.STEPS)
        slices = torch.rand(4, 1, 32, 32, generator=torch.Generator().manual_seed(seed))
        regression = Regression(
            networks={"net": network},
            optimizer=adam(network, plan),
            batch=lambda indices: slices[indices],
            shape=(1, 32, 32),
            inputs=lambda batch: batch,
            loss=lambda made, batch: {"loss": (made["net"] - batch).square().mean()},
        )
        return Training(
            label="one",
            plan=plan,
            samples=len(slices),
            step=regression.lesson.step,
            modules=regression.networks,
            optimizers=[regression.optimizer],
            lesson=regression.lesson,
        )

    def test_a_few_steps_of_all_tell_of_all(self, steps):
        with trial() as found:
            fits = fits_together([self.regression(seed).run for seed in range(self.COUNT)])
        assert [fit.error for fit in fits] == [None] * self.COUNT
        assert steps == [self.COUNT] * 4
        assert (found.trainings, found.together) == (self.COUNT, self.COUNT)
        assert self.STEPS * PAUSE_S < found.whole < 20 * self.STEPS * PAUSE_S
        assert found.slices_per_second == pytest.approx(self.BATCH * found.steps_per_second)
        assert found.steps_per_second < self.COUNT / PAUSE_S

    def test_what_has_no_like_is_tried_alone(self, steps):
        with trial(steps=1) as found:
            fits_together([self.regression(0).run])
        assert not steps
        assert (found.trainings, found.together) == (1, 1)
        assert found.steps_per_second > 0

    def test_nothing_is_trained(self):
        with trial() as found:
            pass
        assert found.steps_per_second != found.steps_per_second


class TestText:
    costs = (
        MethodCost(
            harmonizer="unet",
            cells=6,
            tried=TriedCell(fit_seconds=900.0, evaluate_seconds=300.0, together=4),
        ),
        MethodCost(harmonizer="mine", cells=1, tried=None),
    )

    def test_lines(self):
        estimate = CostEstimate(costs=self.costs, jobs=2)
        assert estimate.text().splitlines() == [
            "About 1:00 h on this machine, without mine in 2 processes:",
            "  unet: 6 cells, 20 min each, 4 fitted as one",
            "  mine: 1 cell, not tried: it is not ours",
        ]

    def test_nothing_is_left(self):
        assert CostEstimate(costs=(), jobs=1).text() == "Everything is done."


class TestRun:
    LOTTERY = "unet_GE-Siemens_fold-1_seed-{}"
    METHODS = ("none", "unet", "phycharm", "support.tiny_methods:MeanOne")

    @pytest.fixture(scope="class")
    @classmethod
    def dry(cls, shared_dataset, tmp_path_factory):
        out = tmp_path_factory.mktemp("dry") / "run"
        return run_benchmark(
            pair_protocol(),
            out=out,
            dataset=shared_dataset,
            harmonizers=list(cls.METHODS),
            device="cpu",
            execution=Execution(dry_run=True),
        )

    def test_no_cell_is_done(self, dry):
        assert not list(dry.folder.glob("cells/*"))

    def test_every_method_has_its_line(self, shared_dataset, tmp_path, capsys):
        options = {"dataset": shared_dataset, "harmonizers": list(self.METHODS), "device": "cpu"}
        run_benchmark(
            pair_protocol(), out=tmp_path / "a", execution=Execution(dry_run=True), **options
        )
        told = capsys.readouterr().out.splitlines()
        assert told[0].startswith("About ")
        assert told[0].endswith("on this machine, without mean-one in 1 process:")
        names = [line.split(":")[0].strip() for line in told[1:]]
        assert names == [
            "oracle", "blurred", "constant", "none", "unet", "maps_corrected_case-4", "phycharm",
            "mean-one",
        ]  # fmt: skip

    def test_fits_of_a_stack_are_tried_as_one(self, shared_dataset, tmp_path, capsys):
        run_benchmark(
            pair_protocol(seeds=(0, 1, 2)),
            out=tmp_path / "a",
            dataset=shared_dataset,
            harmonizers=list(self.METHODS),
            device="cpu",
            execution=Execution(dry_run=True, stack=2),
        )
        lines = capsys.readouterr().out.splitlines()[1:]
        told = {line.split(":")[0].strip(): line for line in lines}
        together = {name for name, line in told.items() if line.endswith(", 2 fitted as one")}
        assert together == {"unet", "maps_corrected_case-4", "phycharm"}
        assert told["unet"].startswith("  unet: 3 cells, ")
        assert not list((tmp_path / "a").glob("cells/*"))

    def test_each_of_a_stack_takes_its_part(self, shared_dataset, dry):
        """Each takes as long as all of them divided by their number."""
        protocol = pair_protocol(seeds=(0, 1), harmonizers=["unet"])
        data = RunData(BidsDataset(shared_dataset), protocol)
        methods = Methods(protocol, ("unet",))
        runner = make_runner(RunFolder(dry.folder), data, methods, configuration="x", device="cpu")
        tasks = [task for task in run_tasks(runner, methods.cards) if task.kind == "method"]
        attempt = Attempt.of(runner, steps=1)
        start = time.perf_counter()
        found = [attempt.tried(task, tasks) for task in tasks]
        spent = time.perf_counter() - start
        assert [one.together for one in found] == [2, 2]
        assert found[0].fit_seconds == found[1].fit_seconds < spent
        assert found[0].slices_per_second == pytest.approx(8 * found[0].steps_per_second)
        assert found[0].harmonize_seconds > 0 < found[0].score_seconds

    @pytest.mark.parametrize("bad", [{0}, {1}, {0, 1}], ids=["first", "other", "both"])
    def test_what_fails_is_told_and_ends_nothing(
        self, bad, shared_dataset, tmp_path, capsys, monkeypatch
    ):
        learn, numbers = UNet.learn, {derived_seed(n, self.LOTTERY.format(n)): n for n in (0, 1)}

        def learned(self, *cohorts, **context):
            if numbers[self.seed] in bad:
                raise ValueError("no memory")
            learn(self, *cohorts, **context)

        monkeypatch.setattr(UNet, "learn", learned)
        run_benchmark(
            pair_protocol(seeds=(0, 1)),
            out=tmp_path / "a",
            dataset=shared_dataset,
            harmonizers=["unet", "none"],
            device="cpu",
            execution=Execution(dry_run=True, stack=2),
        )
        *_, unet = sorted(line.strip() for line in capsys.readouterr().out.splitlines()[1:])
        if 0 in bad:
            assert unet == "unet: 2 cells, not tried: ValueError: no memory"
        else:
            assert re.fullmatch(r"unet: 2 cells, \d+ s each", unet)

    def test_a_dataset_with_repeats_has_a_control_more(self, tmp_path, capsys):
        people = phycharm.simulate_dataset(
            tmp_path / "people",
            subjects=3,
            quantitative_subjects=0,
            voxel_size=12,
            scanners=["GE", "Siemens"],
            rescans=True,
        )
        run_benchmark(
            pair_protocol(),
            out=tmp_path / "a",
            dataset=people,
            harmonizers="none",
            device="cpu",
            execution=Execution(dry_run=True),
        )
        assert "  rescan: 1 cell" in capsys.readouterr().out

    def test_what_is_done_is_not_counted(self, shared_dataset, tmp_path, capsys):
        options = {
            "out": tmp_path / "a", "dataset": shared_dataset, "harmonizers": "none",
            "device": "cpu",
        }  # fmt: skip
        run_benchmark(pair_protocol(), **options)
        capsys.readouterr()
        run_benchmark(pair_protocol(), **options, execution=Execution(dry_run=True))
        assert capsys.readouterr().out.strip() == "Everything is done."

    @pytest.mark.parametrize(("epochs", "long"), [(1, False), (100_000, True)])
    def test_epochs_are_reckoned_as_steps(self, dry, shared_dataset, epochs, long):
        protocol = pair_protocol(training={"epochs": epochs, "batch_size": 8})
        data = RunData(BidsDataset(shared_dataset), protocol)
        methods = Methods(protocol, ("unet",))
        runner = make_runner(RunFolder(dry.folder), data, methods, configuration="x", device="cpu")
        tasks = run_tasks(runner, methods.cards)
        assert cost_estimate.worth_telling(runner, tasks) is long
        assert not cost_estimate.worth_telling(runner, [t for t in tasks if t.kind == "control"])

    def test_a_long_run_says_so_beforehand(self, shared_dataset, tmp_path, capsys, monkeypatch):
        options = {"dataset": shared_dataset, "harmonizers": "unet", "device": "cpu"}
        long = pair_protocol(training={"steps": 2, "batch_size": 4})
        run_benchmark(long, out=tmp_path / "short", **options)
        assert "benchmark: about" not in capsys.readouterr().err
        monkeypatch.setattr(cost_estimate, "_MANY_STEPS", 3)  # two steps in two directions
        run_benchmark(long, out=tmp_path / "a", **options)
        assert "benchmark: about" in capsys.readouterr().err
        assert len(list((tmp_path / "a").glob("cells/unet*/cell.json"))) == 1
