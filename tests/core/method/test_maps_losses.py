"""The loss of the maps generator: what the preprint's consistency term says, and the cured one."""

import pytest
import torch

from phycharm.method.maps.map_losses import LOSS_CASES, LossWeights, consistency_loss, masked_mse
from phycharm.method.maps.objective import MapObjective
from phycharm.method.maps.samples import MapSamples
from phycharm.physics.acquisition import Acquisition


@pytest.fixture
def slices():
    """Image, mask, and what wrong maps would give: T1 and M0 with gradients."""
    generator = torch.Generator().manual_seed(0)
    shape = (3, 1, 16, 16)
    image = 0.2 + torch.rand(shape, generator=generator)
    mask = torch.rand(shape, generator=generator) > 0.3
    t1 = (500 + 2500 * torch.rand(shape, generator=generator)).requires_grad_()
    m0 = (0.3 + torch.rand(shape, generator=generator)).requires_grad_()
    return image * mask, mask, t1, m0


def signal(t1, m0):
    return m0 * (1 - 2 * torch.exp(-1200 / t1) + torch.exp(-2400 / t1)).abs()


def relative(image, mask, value):
    return value.item() / float(masked_mse(image, torch.zeros_like(image), mask))


@pytest.mark.parametrize(
    ("case", "weights"),
    [(1, (1.0, 1.0, 0.0)), (2, (0.5, 0.5, 1e-6)), (3, (1.0, 1.0, 1e-8)), (4, (1.0, 1.0, 1e-6))],
)
def test_weights_of_the_preprints_cases(case, weights):
    assert LOSS_CASES[case] == LossWeights(*weights)


class TestPaper:
    """C = image / cons0 makes C cons0 the image: the term says nothing (fault a)."""

    def test_vanishes_whatever_the_maps_are(self, slices):
        image, mask, t1, m0 = slices
        loss = consistency_loss(image, signal(t1, m0), mask, consistency="paper")
        assert relative(image, mask, loss) < 1e-12

    def test_teaches_nothing(self, slices):
        image, mask, t1, m0 = slices
        consistency_loss(image, signal(t1, m0), mask, consistency="paper").backward()
        assert t1.grad.abs().max() * 1000 < 1e-6
        assert m0.grad.abs().max() < 1e-6

    def test_vanishes_where_linear_outputs_are_negative(self, slices):
        image, mask, t1, m0 = slices
        loss = consistency_loss(image, signal(t1, m0 - 0.8), mask, consistency="paper")
        assert relative(image, mask, loss) < 1e-12


class TestCorrected:
    def test_wrong_maps_cost_something(self, slices):
        image, mask, t1, m0 = slices
        loss = consistency_loss(image, signal(t1, m0), mask, consistency="corrected")
        assert relative(image, mask, loss) > 0.01

    def test_gradient_reaches_both_maps(self, slices):
        image, mask, t1, m0 = slices
        consistency_loss(image, signal(t1, m0), mask, consistency="corrected").backward()
        inside = mask & (signal(t1, m0) > 0.01)
        for values, scale in ((t1, 1000), (m0, 1)):
            assert (values.grad[inside].abs() * scale > 1e-9).float().mean() > 0.99
            assert not values.grad[~mask].any()

    def test_true_maps_cost_nothing_on_any_scale(self, slices):
        _, mask, t1, m0 = slices
        for gain in (1.0, 4095.0, 1e-3):
            image = (signal(t1, m0) * gain * mask).detach()
            loss = consistency_loss(image, signal(t1, m0), mask, consistency="corrected")
            assert relative(image, mask, loss) < 1e-10

    def test_factor_is_the_least_squares_one_of_each_slice(self, slices):
        image, mask, t1, m0 = slices
        found = consistency_loss(image, signal(t1, m0), mask, consistency="corrected")
        residuals = []
        for n in range(len(image)):
            inside = mask[n, 0]
            a, b = signal(t1, m0)[n, 0][inside].detach()[:, None], image[n, 0][inside][:, None]
            factor = torch.linalg.lstsq(a, b).solution
            residuals.append((factor * a - b).square())
        assert found.item() == pytest.approx(float(torch.cat(residuals).mean()), rel=1e-5)

    def test_one_slices_gain_does_not_reach_another(self, slices):
        image, mask, t1, m0 = slices
        gains = torch.tensor([1.0, 50.0, 0.1])[:, None, None, None]
        gradients = []
        for batch in (image, image * gains):
            (gradient,) = torch.autograd.grad(
                consistency_loss(batch, signal(t1, m0), mask, consistency="corrected"), m0
            )
            gradients.append(gradient)
        torch.testing.assert_close(gradients[0][0], gradients[1][0])
        assert not torch.allclose(gradients[0][1], gradients[1][1])

    def test_descending_it_improves_t1_when_m0_is_known(self, slices):
        _, mask, t1, m0 = slices
        truth, known = t1.detach().clone(), m0.detach()
        image = signal(truth, known) * mask
        # A common factor would be the gain's; the contrast between voxels is the maps'.
        uneven = torch.rand(truth.shape, generator=torch.Generator().manual_seed(1)) - 0.5
        guess = (truth * (1 + 0.5 * uneven)).requires_grad_()
        optimizer = torch.optim.Adam([guess], lr=10.0)
        before = (guess - truth)[mask].abs().mean().item()
        for _ in range(60):
            optimizer.zero_grad()
            consistency_loss(image, signal(guess, known), mask, consistency="corrected").backward()
            optimizer.step()
        assert (guess - truth)[mask].abs().mean().item() < 0.6 * before


class TestMaskedMse:
    def test_is_the_mean_inside_the_mask(self, slices):
        image, mask, _, m0 = slices
        expected = ((image - m0)[mask] ** 2).mean()
        torch.testing.assert_close(masked_mse(image, m0, mask), expected)

    def test_ignores_everything_outside(self, slices):
        image, mask, _, m0 = slices
        outside = torch.where(mask, image, torch.full_like(image, 1e6))
        assert torch.equal(masked_mse(outside, m0, mask), masked_mse(image, m0, mask))

    def test_empty_mask(self, slices):
        image, mask, _, m0 = slices
        assert masked_mse(image, m0, torch.zeros_like(mask)) == 0


@pytest.mark.parametrize("consistency", ["paper", "corrected"])
def test_empty_slices_stay_finite(consistency):
    empty = torch.zeros(2, 1, 4, 4)
    m0 = torch.zeros(2, 1, 4, 4, requires_grad=True)
    mask = torch.zeros(2, 1, 4, 4, dtype=torch.bool)
    loss = consistency_loss(empty, m0, mask, consistency=consistency)
    loss.backward()
    assert loss == 0
    assert m0.grad.isfinite().all()


class TestObjective:
    """Several acquisitions in one batch, each with its own signal equation."""

    @staticmethod
    def samples(slices):
        image, mask, t1, m0 = (values.detach() for values in slices)
        timings = [
            {"inversion_time": ti, "repetition_time": tr, "echo_time": 3, "flip_angle": 9}
            for ti, tr in ((900, 1700), (1200, 2400))
        ]
        return MapSamples(
            image=image,
            maps=torch.cat([t1, m0, mask.float()], dim=1),
            place=torch.tensor([2, 0, 1]),
            acquisition=torch.tensor([1, 0, 1]),
            acquisitions=tuple(Acquisition(**timing) for timing in timings),
        )

    @staticmethod
    def objective(**settings):
        settings = {"consistency": "corrected", **settings}
        return MapObjective(weights=LOSS_CASES[4], t1_unit=1000.0, model="ir", **settings)

    def test_every_image_has_its_own_equation(self, slices):
        samples = self.samples(slices)
        t1, m0 = samples.t1 * 1.1, samples.m0 * 0.9
        found = self.objective().terms(samples, t1, m0)["consistency"]
        errors = []
        for n, (ti, tr) in enumerate(((1200, 2400), (900, 1700), (1200, 2400))):
            inside = samples.mask[n]
            signal = m0[n] * (1 - 2 * torch.exp(-ti / t1[n]) + torch.exp(-tr / t1[n])).abs()
            a, b = signal[inside][:, None], samples.image[n][inside][:, None]
            errors.append((torch.linalg.lstsq(a, b).solution * a - b).square())
        assert found.item() == pytest.approx(torch.cat(errors).mean().item(), rel=1e-4)

    def test_errors_outside_the_brain_count_on_the_whole_image_alone(self, slices):
        samples = self.samples(slices)
        t1 = torch.where(samples.mask, samples.t1, samples.t1 + 500)
        inside, whole = (
            self.objective(whole_image=whole).terms(samples, t1, samples.m0)["T1"].item()
            for whole in (False, True)
        )
        assert inside == 0
        assert whole == pytest.approx(0.25 * (~samples.mask).float().mean().item(), rel=1e-5)
