"""Independent pieces of work, several at once in threads."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

import torch
from threadpoolctl import threadpool_limits

from ..utils.memory import usable_memory


def side_by_side(works: Sequence[Callable[[], object]], *, memory: int) -> None:
    """Do pieces of work that need nothing of each other, several at once.

    There are as many at once as numerical libraries may use threads (`OMP_NUM_THREADS`), if half of
    the memory holds them. NumPy, SciPy and torch compute without Python's lock.

    Parameters
    ----------
    works : sequence of callable
        What is to be done; begun in their order.
    memory : int
        Bytes that one of them holds.

    Raises
    ------
    Exception
        Of the first one that fails; what has not begun by then is left.

    Examples
    --------
    >>> done = []
    >>> side_by_side([lambda: done.append(1), lambda: done.append(2)], memory=1000)
    >>> sorted(done)
    [1, 2]
    """
    at_once = min(len(works), torch.get_num_threads(), usable_memory() // 2 // memory)
    if at_once <= 1:
        for work in works:
            work()
        return
    # Threads of threads wait for each other more than they compute.
    with threadpool_limits(1), ThreadPoolExecutor(at_once) as pool:
        under_way = [pool.submit(work) for work in works]
        try:
            for one in as_completed(under_way):
                one.result()
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
