"""The built-in engine: a template's brain, brought to the head, its edge corrected."""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
from scipy import ndimage
from scipy.spatial.transform import Rotation
from typing_extensions import override

from ...errors import InputError
from ...utils.arrays import Image, Mask
from ..imaging.itk import (
    from_itk,
    itk_version,
    simple_itk,
    to_affine_transform,
    to_itk,
    to_label,
    to_matrix,
)
from ..imaging.neck_crop import foreground
from ..imaging.space import Space, bounding_box, resample
from ..imaging.volume import Volume
from ..registration.itk_aligner import descend, mutual_information
from .brain_edge import correct_by_intensity
from .brain_engine import BrainEngine

_REVISION = 1
_COARSE, _FINE = 4.0, 2.0  # mm
# From the head's top down to the middle of the brain in mm, and how far the head nods in degrees.
_GUESSES = ((80.0, 0.0), (80.0, 25.0), (80.0, -25.0), (60.0, 0.0))
_SIZE = 0.93  # of the average head against the template's
_VOLUMES = (0.5, 1.25)  # credible brains against the template's 1.88 l
_UPPER_HEAD_MM = 120.0
_HEART_MM = 35.0  # around the middle of the brain there is nothing but brain
_BRIGHTEST = 1.4  # times what is bright there; fat is as dull as that for the registration
_MESH_MM = 45.0  # between the control points of the deformation
_RIM = 4.0  # mm around the template's brain that are looked at: dark fluid and bone
_LEAST_BRAIN = 0.3  # l; what is smaller is no head, or a fragment of one


class _Template(NamedTuple):
    image: Image
    mask: Mask
    space: Space
    middle: Any


class TemplateMask(BrainEngine):
    """The MNI152 template's brain, registered to the head, its edge moved to where the brain ends.

    The template (ICBM 2009a, in nilearn's package) is registered by mutual information, affinely
    from several starts and then by cubic B-splines; what the head's intensities show to be no
    brain is cut off, and brain beyond the template's edge is taken in. It needs no network.

    Notes
    -----
    Fonov V, Evans AC, Botteron K, Almli CR, McKinstry RC, Collins DL. NeuroImage
    2011;54:313-327. Rueckert D, Sonoda LI, Hayes C, Hill DLG, Leach MO, Hawkes DJ. IEEE Trans Med
    Imaging 1999;18:712-721.
    """

    name = "template"

    @property
    @override
    def version(self) -> str:
        return f"{_REVISION}, SimpleITK {itk_version()}"

    @override
    def mask(self, head: Volume) -> Mask:
        fine = _isotropic(head, _FINE)
        found = correct_by_intensity(fine, fitted_template(fine))
        if found.sum() * fine.space.voxel_volume < 1000 * _LEAST_BRAIN:
            raise InputError("no brain was found in the head; give a mask, or another --brain.")
        box = bounding_box(found, margin=2)
        part = found[box].astype(np.float32)
        return resample(part, fine.space.crop(box), head.space, order=1) > 0.5


def fitted_template(head: Volume) -> Mask:
    """Bring the template's brain to a head, by registration alone.

    Parameters
    ----------
    head : Volume
        Of cubic voxels of about 2 mm, along the world's axes.

    Returns
    -------
    ndarray of bool
        The template's brain mask in the head.
    """
    affine = _fitted_affinely(head)
    template = _template(_FINE)
    backwards = np.linalg.inv(affine)
    near = resample(
        template.mask.astype(np.float32), template.space, head.space, matrix=backwards, order=1
    )
    if not (near > 0.5).any():
        return np.asarray(near > 0.5)
    box = bounding_box(near > 0.5, margin=round(3 * _RIM / _FINE))
    part = head.crop(box)
    region = ndimage.binary_dilation(near[box] > 0.5, iterations=round(_RIM / _FINE))
    warp = _deformation(part, np.asarray(region), backwards, template)
    mask = to_itk(template.mask.astype(np.float32), template.space)
    grid = to_itk(part.image, part.space)
    sitk = simple_itk()
    carried = from_itk(sitk.Resample(mask, grid, warp, sitk.sitkLinear, 0.0))
    whole = np.zeros(head.image.shape, dtype=np.bool_)
    whole[box] = carried > 0.5
    return whole


def _fitted_affinely(head: Volume) -> Any:
    """Return the map from the template's world to the head's, the best of several starts."""
    template, coarse = _template(_COARSE), _isotropic(head, _COARSE)
    fixed, region = _with_region(template)
    middle = _guessed_middle(coarse)
    moving = to_itk(_without_fat(coarse, middle - [0, 0, 70.0]), coarse.space)
    best, score = np.eye(4), np.inf
    for below, nod in _GUESSES:
        start = _similarity(middle - [0, 0, below], nod, template)
        descend(fixed, moving, start, levels=(1,), smoothing=(3.0,), mask=region, sampled=0.5)
        found = to_matrix(start)
        value = mutual_information(fixed, moving, start, mask=region)
        low, high = _VOLUMES
        if value < score and low < np.linalg.det(found[:3, :3]) < high:
            best, score = found, value
    if not np.isfinite(score):
        raise InputError("the template's brain fits nowhere in the head; take another --brain.")
    template = _template(_FINE)
    fixed, region = _with_region(template)
    moving = to_itk(_without_fat(head, best[:3, :3] @ template.middle + best[:3, 3]), head.space)
    affine = to_affine_transform(best, centre=template.middle)
    descend(fixed, moving, affine, levels=(1,), smoothing=(1.5,), mask=region)
    return to_matrix(affine)


def _guessed_middle(head: Volume) -> Any:
    """Return the middle of the upper head in mm, at the height of its top."""
    voxels = head.space.world(np.argwhere(foreground(head.image)))
    top = float(voxels[:, 2].max())
    upper = voxels[voxels[:, 2] > top - _UPPER_HEAD_MM]
    middle = (np.quantile(upper, 0.02, axis=0) + np.quantile(upper, 0.98, axis=0)) / 2
    return np.array([middle[0], middle[1], top])


def _similarity(middle: Any, nod: float, template: _Template) -> Any:
    """Place the template's middle at a point of the head, nodding, at the size of most people."""
    start = simple_itk().Similarity3DTransform()
    start.SetCenter(template.middle.tolist())
    turn = Rotation.from_euler("x", nod, degrees=True).as_matrix()
    start.SetMatrix((_SIZE * turn).ravel().tolist())
    start.SetTranslation((middle - template.middle).tolist())
    return start


def _without_fat(head: Volume, middle: Any) -> Image:
    """Scale a head so that nothing is much brighter than its white matter."""
    voxels: Any = np.indices(head.image.shape, sparse=True)
    centre = np.linalg.inv(head.affine)[:3] @ np.array([*middle, 1.0])
    away = np.zeros(head.image.shape)
    for axis, index in enumerate(voxels):
        away += ((index - centre[axis]) * head.space.voxel_size[axis]) ** 2
    heart = head.image[away < _HEART_MM**2]
    values = heart if heart.size else head.image
    top = max(_BRIGHTEST * float(np.percentile(values, 90)), 1e-6)
    return np.asarray(np.clip(head.image / top, 0, 1), dtype=np.float32)


def _deformation(head: Volume, region: Mask, backwards: Any, template: _Template) -> Any:
    """Fit B-splines in the head's world, before the affine way back to the template."""
    sitk = simple_itk()
    middle = head.space.world(np.argwhere(region).mean(axis=0))
    fixed = to_itk(_without_fat(head, middle), head.space)
    extent = np.array(head.image.shape) * head.space.voxel_size
    mesh = [max(2, round(side / _MESH_MM)) for side in extent.tolist()]
    splines = sitk.BSplineTransformInitializer(fixed, mesh, 3)
    method = sitk.ImageRegistrationMethod()
    method.SetMetricAsMattesMutualInformation(32)
    method.SetMetricSamplingStrategy(method.REGULAR)
    method.SetMetricSamplingPercentage(0.25, 1)
    method.SetMetricFixedMask(to_label(region, head.space))
    method.SetInterpolator(sitk.sitkLinear)
    method.SetOptimizerAsLBFGSB(numberOfIterations=30, maximumNumberOfFunctionEvaluations=60)
    method.SetShrinkFactorsPerLevel((1,))
    method.SetSmoothingSigmasPerLevel((1.0,))
    method.SmoothingSigmasAreSpecifiedInPhysicalUnitsOn()
    method.SetMovingInitialTransform(to_affine_transform(backwards))
    method.SetInitialTransform(splines, inPlace=True)
    method.Execute(fixed, to_itk(template.image, template.space))
    # The last of a composite is applied first.
    return sitk.CompositeTransform([to_affine_transform(backwards), splines])


@cache
def _template(voxel_size: float) -> _Template:
    from nilearn import datasets

    image = datasets.load_mni152_template(resolution=int(voxel_size))
    mask = datasets.load_mni152_brain_mask(resolution=int(voxel_size))
    space = Space(shape=image.shape, affine=np.asarray(image.affine, dtype=np.float64))
    brain = ndimage.binary_fill_holes(mask.get_fdata() > 0)
    voxels = np.argwhere(brain)
    return _Template(
        image=np.maximum(image.get_fdata(dtype=np.float32), 0),
        mask=np.asarray(brain),
        space=space,
        middle=space.world((voxels.min(axis=0) + voxels.max(axis=0)) / 2),
    )


def _with_region(template: _Template) -> tuple[Any, Any]:
    rim = max(1, round(_RIM / float(template.space.voxel_size[0])))
    region = np.asarray(ndimage.binary_dilation(template.mask, iterations=rim))
    return to_itk(template.image, template.space), to_label(region, template.space)


def _isotropic(head: Volume, voxel_size: float) -> Volume:
    """Bring a head to cubes along the world's axes, not much finer than its own voxels."""
    space = head.space
    size = max(voxel_size, 0.8 * 10 * space.voxel_volume ** (1 / 3))
    corners = space.world(
        np.array([[x, y, z] for x in (0, 1) for y in (0, 1) for z in (0, 1)])
        * (np.array(space.shape) - 1)
    )
    low, high = corners.min(axis=0), corners.max(axis=0)
    shape = np.ceil((high - low) / size).astype(int) + 1
    target = Space.around((low + high) / 2, shape=shape, voxel_size=size)
    return Volume(image=resample(head.image, space, target, order=1), affine=target.affine)
