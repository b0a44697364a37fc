"""Work in threads."""

import threading
import time

import pytest
import torch
from threadpoolctl import threadpool_info

from phycharm.simulate.side_by_side import side_by_side

SMALL = 1000


@pytest.fixture
def two_threads():
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("two_threads")
class TestTwoAtOnce:
    def test_they_are_under_way_together(self):
        meeting = threading.Barrier(2)
        side_by_side([lambda: meeting.wait(timeout=30)] * 2, memory=SMALL)

    def test_each_of_them_computes_on_one_thread(self):
        seen = []
        side_by_side([lambda: seen.extend(threadpool_info())] * 2, memory=SMALL)
        blas = [one["num_threads"] for one in seen if one["user_api"] == "blas"]
        assert blas
        assert set(blas) == {1}

    def test_a_failure_is_told_and_what_has_not_begun_is_left(self):
        begun = []

        def fail():
            raise ValueError("no head")

        def later():
            begun.append(1)
            time.sleep(0.05)

        with pytest.raises(ValueError, match="no head"):
            side_by_side([fail, *[later] * 50], memory=SMALL)
        assert len(begun) < 50

    def test_one_at_a_time_where_memory_holds_no_two(self):
        places = set()
        work = [lambda: places.add(threading.current_thread().name)] * 3
        side_by_side(work, memory=10**15)
        assert places == {threading.current_thread().name}
