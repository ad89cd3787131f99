"""How large a model is walked: seconds in every test run, minutes in the storm."""

from __future__ import annotations

from tests.simulation.model import Faults
from tests.simulation.protocol import Protocol

LAST = frozenset({2})

SMALL = {
    "a fall and a dropped batch": Protocol("ABA", LAST, Faults(falls=1, drops=1)),
    "a late apply and a dropped batch": Protocol("ABA", LAST, Faults(strays=1, drops=1)),
    "a fall between two alerts": Protocol("AB", frozenset({0, 1}), Faults(falls=1)),
}

LARGE = {
    "a fall, a late apply and a dropped batch": Protocol(
        "ABA", LAST, Faults(falls=1, strays=1, drops=1)
    ),
    "two falls": Protocol("ABA", LAST, Faults(falls=2)),
    "four records": Protocol("ABAB", frozenset({3}), Faults(falls=1, drops=1)),
    "two alerts and a late apply": Protocol("AB", frozenset({0, 1}), Faults(falls=1, strays=1)),
}
