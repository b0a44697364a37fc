"""Opening image files: compressed streams to their end, and every damage told in one line."""

import gzip
import math
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import nibabel

from ..errors import InputError
from .content import absence

MOST_VOXELS = 2**29
"""More than any head has: one of 0.25 mm voxels has 480 million."""

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_STREAM = 16 + zlib.MAX_WBITS
_COMPRESSED = (".gz", ".mgz")
_BLOCK, _MOST_AT_ONCE = 2**16, 2**20
# What may stand before the voxels, and behind them: extensions of the header, and nothing.
_MOST_BESIDE = 2**26
# Where NIfTI-1 and NIfTI-2 say at which byte the voxels begin: size of the header, place, type.
_OFFSETS = {348: (108, "f"), 540: (168, "q")}


def require_file(path: Path) -> None:
    """Make sure that there is a file to read, or say why not.

    Parameters
    ----------
    path : Path
        What the user named.

    Raises
    ------
    InputError
        If it is missing, a folder, a link to content that has not been fetched, or not readable.
    """
    reason = absence(path)
    if reason:
        raise InputError(f"{path}: {reason}.")


@contextmanager
def told_of_damage(path: Path) -> Iterator[None]:
    """Turn whatever goes wrong in the block into one line on the file.

    Readers of headers raise a dozen different exceptions over damaged ones, so that none is left
    out here: what is done in the block must be about the file alone.

    Parameters
    ----------
    path : Path
        The file that is read.

    Raises
    ------
    InputError
        If the block raises an exception.
    """
    log = nibabel.imageglobals.logger
    before = log.disabled
    try:
        # Small faults of headers are repaired, and each logged; great ones are raised all the same.
        log.disabled = True
        yield
    except InputError:
        raise
    except MemoryError as error:
        raise InputError(
            f"{path}: is larger than the memory, or its header is damaged; copy it again."
        ) from error
    except Exception as error:
        reason = " ".join(str(error).split()) or type(error).__name__
        raise InputError(
            f"{path}: not a readable NIfTI file, damaged or truncated ({reason}); copy or convert "
            "it again."
        ) from error
    finally:
        log.disabled = before


def open_image(path: Path) -> Any:
    """Open an image file; the voxels are read only when asked for.

    Parameters
    ----------
    path : Path
        A `.nii` or `.nii.gz` file, or what else nibabel reads.

    Returns
    -------
    nibabel.spatialimages.SpatialImage
        As it is stored.

    Raises
    ------
    InputError
        If there is no such file or it holds no image.
    """
    require_file(path)
    with told_of_damage(path):
        _require_near_voxels(path)
        # No memory map: a file that another program cuts short would end this one.
        image = nibabel.load(path, mmap=False)
        _require_size(image, path)
        return image


def _require_near_voxels(path: Path) -> None:
    """Refuse a header whose extensions would fill the memory: they are read when it is."""
    packed = path.suffix.casefold() == ".gz"
    with gzip.open(path) if packed else path.open("rb") as file:
        start = file.read(max(_OFFSETS))
    for order in "<>":
        size = struct.unpack_from(f"{order}i", start)[0] if len(start) >= 348 else 0
        if size in _OFFSETS and len(start) >= size:
            place, kind = _OFFSETS[size]
            offset = struct.unpack_from(f"{order}{kind}", start, place)[0]
            if offset > _MOST_BESIDE:
                raise InputError(
                    f"{path}: its header says that the voxels begin at byte {offset:.0f}, so it is "
                    "damaged; copy or convert it again."
                )


def _require_size(image: Any, path: Path) -> None:
    """Refuse a header that claims more than any head before memory is taken for it."""
    shape = tuple(int(length) for length in getattr(image, "shape", ()))
    if math.prod(shape[:3]) > MOST_VOXELS or math.prod(shape) > 64 * MOST_VOXELS:
        raise InputError(
            f"{path}: its header claims {' x '.join(map(str, shape))} voxels, more than any head "
            "has, so it is damaged; copy or convert it again."
        )


def _announced_bytes(image: Any) -> int:
    """Return how long the content of a file may be by its header, with room beside the voxels."""
    voxels = math.prod(int(length) for length in image.shape) * image.get_data_dtype().itemsize
    return int(voxels) + _MOST_BESIDE


def whole_image(path: Path) -> Any:
    """Read an image file to its end, where a compressed one has the checksum of its content.

    Parameters
    ----------
    path : Path
        As for `open_image`.

    Returns
    -------
    nibabel.spatialimages.SpatialImage
        As it is stored; of a compressed file the content is in memory.

    Raises
    ------
    InputError
        If there is no such file, it holds no image, or its content is not what its checksum says.
    """
    image = open_image(path)
    with told_of_damage(path):
        places = {Path(part.filename) for part in image.file_map.values() if part.filename}
        packed = {place for place in places if place.suffix.casefold() in _COMPRESSED}
        limit = _announced_bytes(image)
        contents = {}
        for place in packed:
            try:
                with place.open("rb") as file:
                    contents[place] = unpacked(file, limit=limit)
            except OverflowError as error:
                raise InputError(
                    f"{path}: holds more than its header announces, so it is damaged, or was made "
                    "to fill the memory; copy or convert it again."
                ) from error
        if len(places) == 1 and packed:
            return type(image).from_bytes(contents[packed.pop()])
    return image


def unpacked(file: BinaryIO, *, limit: int) -> bytes:
    """Return the content of a gzip file, each member of which is held against its checksum.

    Parameters
    ----------
    file : binary file
        Open for reading. What follows the last member is ignored, as gzip does.
    limit : int
        Bytes that the content may have: no more memory than that is taken.

    Raises
    ------
    EOFError
        If the file ends too early.
    OverflowError
        If the content is longer than `limit`, as in a file that was made to fill the memory.
    zlib.error
        If the content is not what its length and CRC-32 say (RFC 1952).

    Examples
    --------
    >>> import gzip, io
    >>> packed = gzip.compress(b"grey ") + gzip.compress(b"matter") + bytes(8)
    >>> unpacked(io.BytesIO(packed), limit=20)
    b'grey matter'
    """
    content, left = bytearray(), file.read(_BLOCK)
    first = True
    while first or left.startswith(_GZIP_MAGIC):
        first, stream = False, zlib.decompressobj(_GZIP_STREAM)
        while not stream.eof:
            # A block can hold a thousand times its length.
            part = stream.decompress(left, _MOST_AT_ONCE)
            content += part
            if len(content) > limit:
                raise OverflowError("it holds more than its header announces")
            left = stream.unconsumed_tail
            if not (left or stream.eof or len(part) == _MOST_AT_ONCE):
                left = file.read(_BLOCK)
                if not left:
                    raise EOFError("the compressed stream ends too early")
        left = stream.unused_data
        if len(left) < len(_GZIP_MAGIC):
            left += file.read(_BLOCK)
    return bytes(content)
