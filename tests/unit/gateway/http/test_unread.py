"""Answers that nobody takes: bounded, and those who read slowest are left."""

from dataclasses import dataclass, field

from unshelf.gateway.http.unread import UnreadAnswers


@dataclass(eq=False)
class Client:
    unsent: int
    aborted: bool = field(default=False)

    def abort(self) -> None:
        self.aborted = True


def test_nobody_is_left_while_there_is_room() -> None:
    answers = UnreadAnswers(capacity=100_000_000)
    clients = [Client(20_000_000) for _ in range(5)]
    for client in clients:
        answers.begin(client, 0.0)
    answers.relieve(1e9)
    assert not any(client.aborted for client in clients)


def test_the_slowest_are_left_and_those_who_read_are_not() -> None:
    answers = UnreadAnswers(capacity=100_000_000)
    silent, slow, quick = Client(50_000_000), Client(50_000_000), Client(50_000_000)
    for client in (quick, silent, slow):
        answers.begin(client, 0.0)
    quick.unsent, slow.unsent = 10_000_000, 49_000_000
    answers.relieve(10.0)
    assert [client.aborted for client in (silent, slow, quick)] == [True, False, False]
    assert answers.held == 59_000_000


def test_one_that_takes_a_byte_now_and_then_is_slower_than_one_that_just_came() -> None:
    answers = UnreadAnswers(capacity=100_000_000)
    trickling, fresh = Client(60_000_000), Client(60_000_000)
    answers.begin(trickling, 0.0)
    trickling.unsent -= 100
    answers.begin(fresh, 100.0)
    assert (trickling.aborted, fresh.aborted) == (True, False)


def test_many_at_once_may_be_twice_as_much_for_a_moment_and_no_more() -> None:
    answers = UnreadAnswers(capacity=100_000_000)
    clients = [Client(20_000_000) for _ in range(40)]
    for client in clients:
        answers.begin(client, 0.0)
        assert answers.held <= 200_000_000
    answers.relieve(2.0)
    assert answers.held <= 100_000_000


def test_one_large_answer_is_taken_in_its_time_beside_others_that_are_not() -> None:
    answers = UnreadAnswers(capacity=100_000_000)
    large, silent = Client(1_000_000_000), Client(60_000_000)
    answers.begin(silent, 0.0)
    answers.begin(large, 5.0)
    assert (large.aborted, silent.aborted) == (False, True)
    for second in range(6, 16):
        large.unsent -= 50_000_000
        answers.relieve(float(second))
    assert not large.aborted


def test_those_who_read_well_are_kept_up_to_twice_the_bound() -> None:
    answers = UnreadAnswers(capacity=100_000_000)
    clients = [Client(20_000_000) for _ in range(9)]
    for client in clients:
        answers.begin(client, 0.0)
    for client in clients:
        client.unsent -= 2_000_000
    answers.relieve(2.0)
    assert not any(client.aborted for client in clients)
    answers.relieve(60.0)
    assert 0 < sum(client.aborted for client in clients) < 9


def test_what_is_added_counts_and_who_took_it_is_forgotten() -> None:
    answers = UnreadAnswers(capacity=100)
    client = Client(60)
    unread = answers.begin(client, 0.0)
    client.unsent += 30
    answers.more(unread, 30, 0.0)
    assert answers.held == 90
    answers.end(unread)
    answers.end(unread)
    assert answers.held == 0
