"""Data that moves while it is written: a table in four steps, and a range of rows."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mini_stripe.migration import STATES, ForgottenReader, Subscriptions
from mini_stripe.moving import Directory, Move, Proxy, Route, Shard, StaleRoute

CUSTOMERS = ["ann", "bob"]
CALLS = st.lists(
    st.tuples(
        st.sampled_from(["write", "read", "copy", "forward", "forward", "back"]),
        st.sampled_from(CUSTOMERS),
    ),
    max_size=40,
)


@given(CALLS)
def test_every_read_is_the_last_write_whatever_moves(calls: list[tuple[str, str]]) -> None:
    written = dict.fromkeys(CUSTOMERS, "first")
    held = Subscriptions(dict(written))
    for number, (call, customer) in enumerate(calls):
        if call == "write":
            written[customer] = str(number)
            held.write(customer, written[customer])
        elif call == "copy":
            held.copy(customer)
        elif call != "read":
            getattr(held, call)()
        assert {who: held.read(who) for who in CUSTOMERS} == written


def moved(steps: int) -> Subscriptions:
    held = Subscriptions(dict.fromkeys(CUSTOMERS, "first"))
    for _ in range(steps):
        assert held.forward()
        for customer in CUSTOMERS:
            held.copy(customer)
    return held


def test_the_table_is_served_only_when_its_last_row_is_there() -> None:
    held = Subscriptions(dict.fromkeys(CUSTOMERS, "first"))
    assert held.forward()
    assert held.forward()
    held.copy("ann")
    assert (held.read("ann"), held.read("bob"), held.differences) == ("first", "first", 1)
    assert not held.forward()
    assert held.differing() == ["bob"]
    held.copy("bob")
    assert (held.read("bob"), held.differences) == ("first", 1)
    assert held.forward()


def test_a_row_that_differs_is_counted_and_nobody_sees_it() -> None:
    held = moved(2)
    held.places["new"]["bob"] = "spoilt"
    assert (held.read("bob"), held.differences) == ("first", 1)
    assert not held.forward()


@pytest.mark.parametrize("at", range(len(STATES)))
def test_a_row_is_copied_only_while_both_places_are_written_and_the_old_one_first(at: int) -> None:
    held = moved(at)
    held.places = {"old": {"ann": "old"}, "new": {"ann": "new"}}
    held.copy("ann")
    assert held.places["new"] == {"ann": "old" if at in (1, 2, 3) else "new"}


def test_each_step_but_the_last_can_be_taken_back() -> None:
    held = moved(4)
    held.write("ann", "second")
    assert [held.back() for _ in STATES] == [True] * 4 + [False] * 2
    assert held.read_array("ann") == held.read("ann") == "second"
    held = moved(5)
    assert not held.back()
    assert not held.forward()


@pytest.mark.parametrize("at", range(len(STATES)))
def test_the_old_way_in_raises_once_the_table_is_written_first(at: int) -> None:
    held = moved(at)
    if STATES[at].writes[0] == "old":
        assert held.read_array("ann") == "first"
    else:
        with pytest.raises(ForgottenReader, match="ann"):
            held.read_array("ann")


# -- A range of rows


def world(proxies: int) -> tuple[Directory, Move, list[Proxy]]:
    directory = Directory(Route(Shard({"a": 0, "b": 0}), 1))
    return directory, Move(directory, Shard()), [Proxy(directory) for _ in range(proxies)]


@given(st.lists(st.sampled_from(["move", "0 a", "0 b", "1 a", "2 b"]), max_size=20))
def test_what_is_done_is_where_the_directory_points(names: list[str]) -> None:
    directory, mover, proxies = world(3)
    done = {"a": 0, "b": 0}
    for value, name in enumerate(names, 1):
        if name == "move":
            mover.go_on()
        elif proxies[int(name[0])].write(name[2], value):
            done[name[2]] = value
        assert directory.route.shard.rows == done


def test_a_write_is_refused_only_between_the_gate_and_the_switch() -> None:
    _, mover, (proxy,) = world(1)
    steps, accepted = [], []
    for value in range(8):
        accepted.append(proxy.write("a", value))
        steps.append(mover.go_on())
    assert steps == [
        "position noted",
        "copied",
        "2 caught up",
        "old route refused",
        "1 caught up",
        "new route",
        "done",
        "done",
    ]
    assert accepted == [True, True, True, True, False, False, True, True]


@pytest.mark.parametrize("before", range(6))
def test_a_write_before_any_step_is_in_the_target(before: int) -> None:
    """Also one between the position in the stream and the copy, which is then applied twice."""
    _, mover, (proxy,) = world(1)
    for step in range(6):
        if step == before:
            written = proxy.write("a", 1)
        mover.go_on()
    assert mover.target.rows == {"a": int(written), "b": 0}
    assert written == (before < 4)


def test_the_source_refuses_a_proxy_that_was_away_during_the_move() -> None:
    directory, mover, (proxy,) = world(1)
    old = proxy.route
    while mover.go_on() != "done":
        pass
    with pytest.raises(StaleRoute):
        old.shard.write("a", 1, old.number)
    assert proxy.write("a", 1)
    assert (directory.route.shard.rows["a"], old.shard.rows["a"]) == (1, 0)


def test_a_shard_refuses_what_is_older_than_its_lowest_route() -> None:
    shard = Shard(min_route=2)
    shard.write("a", 1, 2)
    with pytest.raises(StaleRoute):
        shard.write("a", 2, 1)
    assert (shard.rows, shard.stream) == ({"a": 1}, [("a", 1)])


def test_rows_move_to_another_shard_and_back() -> None:
    directory, there, (proxy, away) = world(2)
    while there.go_on() != "done":
        pass
    assert proxy.write("a", 1)
    back = Move(directory, there.source)
    while back.go_on() != "done":
        pass
    assert directory.route == Route(there.source, 3)
    assert proxy.write("b", 2)
    assert away.write("a", 3)
    assert there.source.rows == {"a": 3, "b": 2}
    assert there.target.rows == {"a": 1, "b": 0}, "nobody writes there any more"
