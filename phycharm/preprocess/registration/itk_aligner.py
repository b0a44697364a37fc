"""Registration by SimpleITK: mutual information, first rigid, then affine."""

from typing import Any

import numpy as np
from scipy import ndimage
from typing_extensions import override

from ..imaging.itk import itk_version, simple_itk, to_affine_transform, to_itk, to_label, to_matrix
from ..imaging.space import Matrix
from .aligner import Aligner
from .head import Head

_BINS = 32
_SAMPLED = 0.5
_RIM_VOXELS = 2
_SEED = 1
_LEVELS = (2, 1)  # of the heads' 2 mm: 4 and 2 mm
_SMOOTHING_MM = (2.0, 0.0)
_FIRST_STEP_MM, _FINE_STEP_MM, _LAST_STEP_MM, _STEPS = 2.0, 0.5, 0.005, 100
_RELAXATION = 0.8  # halving ends before the optimum where the metric is rough


class ItkAligner(Aligner):
    """Mattes mutual information in and around the brain, by descent in shrinking steps.

    Notes
    -----
    Mattes D, Haynor DR, Vesselle H, Lewellen TK, Eubank W. IEEE Trans Med Imaging
    2003;22:120-128. Lowekamp BC, Chen DT, Ibáñez L, Blezek D. Front Neuroinform 2013;7:45.
    """

    name = "simpleitk"

    @property
    @override
    def version(self) -> str:
        return f"SimpleITK {itk_version()}"

    @override
    def align(self, fixed: Head, moving: Head, start: Matrix, *, affine: bool) -> Matrix:
        images = (to_itk(fixed.image, fixed.space), to_itk(moving.image, moving.space))
        # The brain and what is next to it; masks may err, and no edge of theirs is looked at.
        near = ndimage.binary_dilation(fixed.coarse_mask > 0.5, iterations=_RIM_VOXELS)
        region = to_label(np.asarray(near), fixed.space)
        rigid = simple_itk().Euler3DTransform()
        rigid.SetCenter(fixed.centre.tolist())
        rigid.SetMatrix(start[:3, :3].ravel().tolist(), 1e-6)
        centre = fixed.centre
        rigid.SetTranslation((start[:3, :3] @ centre + start[:3, 3] - centre).tolist())
        descend(*images, rigid, levels=_LEVELS, smoothing=_SMOOTHING_MM, mask=region)
        found = to_matrix(rigid)
        if not affine:
            return found
        wider = to_affine_transform(found, centre=centre)
        descend(
            *images,
            wider,
            levels=_LEVELS[-1:],
            smoothing=_SMOOTHING_MM[-1:],
            mask=region,
            first_step=_FINE_STEP_MM,
        )
        # Descent may end where it is worse than where it began.
        before, after = (mutual_information(*images, one, mask=region) for one in (rigid, wider))
        return to_matrix(wider) if after < before else found


def descend(
    fixed: Any,
    moving: Any,
    transform: Any,
    *,
    levels: tuple[int, ...],
    smoothing: tuple[float, ...],
    mask: Any = None,
    sampled: float = _SAMPLED,
    first_step: float = _FIRST_STEP_MM,
) -> None:
    """Improve a transform of SimpleITK by mutual information.

    Parameters
    ----------
    fixed, moving : SimpleITK.Image
        Images of type float32.
    transform : SimpleITK.Transform
        Where to start; changed in place.
    levels : tuple of int
        By how much the images are shrunk, from coarse to fine.
    smoothing : tuple of float
        Standard deviation in mm of the smoothing at each level.
    mask : SimpleITK.Image, optional
        Where the fixed image is looked at; everywhere by default.
    sampled : float
        Part of the voxels that are looked at.
    first_step : float
        Length of the first step in mm, as the farthest voxel moves.
    """
    sitk = simple_itk()
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(_BINS)
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(sampled, _SEED)
    if mask is not None:
        method.SetMetricFixedMask(mask)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsRegularStepGradientDescent(
        learningRate=first_step,
        minStep=_LAST_STEP_MM,
        numberOfIterations=_STEPS,
        relaxationFactor=_RELAXATION,
    )
    method.SetOptimizerScalesFromPhysicalShift()
    method.SetShrinkFactorsPerLevel(levels)
    method.SetSmoothingSigmasPerLevel(smoothing)
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    method.SetInitialTransform(transform, inPlace=True)
    method.Execute(fixed, moving)


def mutual_information(fixed: Any, moving: Any, transform: Any, *, mask: Any) -> float:
    """Return the metric of `descend` at one transform: the less, the better the images agree."""
    sitk = simple_itk()
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(_BINS)
    method.SetMetricFixedMask(mask)
    method.SetInterpolator(sitk.sitkLinear)
    method.SetInitialTransform(transform)
    return float(method.MetricEvaluate(fixed, moving))
