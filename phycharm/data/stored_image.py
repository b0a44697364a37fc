"""Opening image files: compressed streams to their end, and every damage told in one line."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import nibabel

from ..errors import InputError

_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_STREAM = 16 + zlib.MAX_WBITS
_COMPRESSED = (".gz", ".mgz")
# What git-annex and git-lfs leave in a file whose content they have not fetched.
_POINTERS = (b"/annex/objects/", b"version https://git-lfs")


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
    try:
        if path.is_file():
            with path.open("rb") as file:
                start = file.read(max(map(len, _POINTERS)))
            if not start.startswith(_POINTERS):
                return
            what = "its content has not been fetched; run `datalad get` (or `git lfs pull`) on it"
        elif path.is_symlink():
            what = f"is a link to {path.readlink()}, which is not there; run `datalad get` on it"
        elif path.is_dir():
            what = "is a folder; name a NIfTI file"
        elif path.exists():
            what = "is no file; name a NIfTI file"
        else:
            what = "no such file; check the path"
    except PermissionError:
        what = "permission denied; make it, and the folders it lies in, readable"
    except OSError as error:
        what = f"cannot be read ({error.strerror}); check the path and the disk"
    raise InputError(f"{path}: {what}.")


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
        # No memory map: a file that another program cuts short would end this one.
        return nibabel.load(path, mmap=False)


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
        contents = {place: unpacked(place.read_bytes()) for place in packed}
        if len(places) == 1 and packed:
            return type(image).from_bytes(contents[packed.pop()])
    return image


def unpacked(data: bytes) -> bytes:
    """Return the content of a gzip file, each member of which is held against its checksum.

    Parameters
    ----------
    data : bytes
        The file. What follows the last member is ignored, as gzip does.

    Raises
    ------
    EOFError
        If the file ends too early.
    zlib.error
        If the content is not what its length and CRC-32 say (RFC 1952).

    Examples
    --------
    >>> import gzip
    >>> packed = gzip.compress(b"grey ") + gzip.compress(b"matter") + bytes(8)
    >>> unpacked(packed)
    b'grey matter'
    """
    parts: list[bytes] = []
    while not parts or data.startswith(_GZIP_MAGIC):
        stream = zlib.decompressobj(_GZIP_STREAM)
        parts.append(stream.decompress(data))
        if not stream.eof:
            raise EOFError("the compressed stream ends too early")
        data = stream.unused_data
    return b"".join(parts)
