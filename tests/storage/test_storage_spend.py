"""The spend counter: processes and threads add to one file, and the sum is exact."""

import decimal
import multiprocessing
import threading
from decimal import Decimal

import pytest

from pytest_llmcost.storage.spend import SpendFile


def spend(path, start, worker):
    """What one xdist worker does: 500 calls, each with an amount of its own."""
    counter = SpendFile(path)
    start.wait()
    for call in range(500):
        counter.add(Decimal(worker * 500 + call) / 10**12)
        counter.total()


def test_four_processes_add_up_exactly(tmp_path):
    path = tmp_path / "spend"
    context = multiprocessing.get_context("spawn")
    start = context.Barrier(4)
    workers = [context.Process(target=spend, args=(path, start, worker)) for worker in range(4)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)

    assert [worker.exitcode for worker in workers] == [0, 0, 0, 0]
    assert SpendFile(path).total() == (Decimal(sum(range(2000))) / 10**12, False)
    assert len(path.read_bytes().splitlines()) == 2000


def test_threads_share_one_counter(tmp_path):
    counter = SpendFile(tmp_path / "spend")

    def work():
        for _ in range(200):
            counter.add(Decimal("0.001"))
            counter.total()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert counter.total() == (Decimal("0.800"), False)


def test_before_the_first_call_nothing_is_spent(tmp_path):
    assert SpendFile(tmp_path / "spend").total() == (Decimal(0), False)


def test_one_process_sees_what_another_one_spent_since_the_last_look(tmp_path):
    ours, theirs = SpendFile(tmp_path / "spend"), SpendFile(tmp_path / "spend")
    ours.add(Decimal("0.25"))
    assert theirs.total() == (Decimal("0.25"), False)

    ours.add(Decimal("1E-12"))
    assert theirs.total() == (Decimal("0.250000000001"), False)
    assert theirs.total() == (Decimal("0.250000000001"), False)


def test_only_what_was_appended_is_read_again(tmp_path):
    path = tmp_path / "spend"
    counter = SpendFile(path)
    counter.add(Decimal(1))
    counter.total()
    # A second look at this line would show.
    path.write_bytes(b"9\n")
    counter.add(Decimal(2))

    assert counter.total() == (Decimal(3), False)


def test_a_call_without_a_price_is_remembered_and_is_not_zero(tmp_path):
    counter = SpendFile(tmp_path / "spend")
    counter.add(Decimal("0.5"))
    counter.add(None)
    counter.add(Decimal("0.5"))

    assert counter.total() == (Decimal(1), True)
    assert counter.total() == (Decimal(1), True)


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("Infinity"), Decimal("sNaN")])
def test_what_is_no_number_counts_as_unpriced(tmp_path, amount):
    counter = SpendFile(tmp_path / "spend")
    counter.add(amount)

    assert counter.total() == (Decimal(0), True)


def test_a_test_that_changes_the_decimal_context_does_not_change_the_sum(tmp_path):
    counter = SpendFile(tmp_path / "spend")
    with decimal.localcontext(prec=2):
        counter.add(Decimal("123456789.000000000001"))
        counter.add(Decimal("0.000000000002"))
        total, _ = counter.total()

    assert total == Decimal("123456789.000000000003")


def test_a_line_that_is_not_finished_waits_for_its_end(tmp_path):
    path = tmp_path / "spend"
    counter = SpendFile(path)
    path.write_bytes(b"1\n2")
    assert counter.total() == (Decimal(1), False)

    path.write_bytes(b"1\n25\n")
    assert counter.total() == (Decimal(26), False)


def test_a_counter_that_cannot_be_written_says_so(tmp_path):
    with pytest.raises(OSError, match="No such file"):
        SpendFile(tmp_path / "gone" / "spend").add(Decimal(1))
