"""The settings in which the bell is tried: who enters, at what risk, who leaves or switches."""

from __future__ import annotations

from dataclasses import dataclass

BOTH = ("as_treated", "as_randomised")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One way a trial can be, and what its table row says of it.

    The hazard falls *fall*-fold with a time constant of *constant_days*; *with_event* is the
    share of control patients that would have an event in *follow_up_days*.  *dropout* is the
    share that leaves, of control and of treated patients.  Of the controls the share *crossover*
    switches by lot, and the share *escape* because it is the frailest.  Calendar time, which is
    there to be compared with, is tried in the first *companions* of the *trials*.
    """

    name: str
    says: str
    trials: int = 5000
    companions: int = 1000
    treated: int = 47
    control: int = 47
    entry_days: int = 360
    follow_up_days: int = 112
    with_event: float = 0.9
    fall: float = 20.0
    constant_days: float = 7.0
    rate_ratio: float = 1.0
    dropout: tuple[float, float] = (0.0, 0.0)
    crossover: float = 0.0
    escape: float = 0.0
    frailty_variance: float = 0.0
    lag_days: float = 0.0
    tick_every_days: int = 0

    @property
    def null(self) -> bool:
        """Whether every alarm is false."""
        return self.rate_ratio == 1.0

    @property
    def analyses(self) -> tuple[str, ...]:
        """How patients are read; the two differ only where some switch."""
        return BOTH if self.crossover or self.escape else BOTH[:1]

    @property
    def promised(self) -> tuple[str, ...]:
        """The readings in which the promise holds: escape breaks the one as treated."""
        return () if not self.null else BOTH[1:] if self.escape else self.analyses


MAIN = Setting(name="main", says="47 v 47, nobody leaves or switches", companions=5000)
TWO_TO_ONE = Setting(name="two-to-one", says="62 v 31", treated=62, control=31)
BY_LOT = Setting(name="crossover-50", says="50 % of controls switch by lot", crossover=0.5)
TRIPLE = Setting(name="triple", says="as main, three times the rate", rate_ratio=3.0, trials=1000)

SETTINGS = (
    MAIN,
    TWO_TO_ONE,
    Setting(name="daily", says="as main, judged on every day besides", tick_every_days=1),
    Setting(name="late", says="as main, reported 14 days late on average", lag_days=14.0),
    Setting(name="dropout", says="20 % of controls and 40 % of treated leave", dropout=(0.2, 0.4)),
    Setting(name="crossover-20", says="20 % of controls switch by lot", crossover=0.2),
    BY_LOT,
    *(
        Setting(
            name=f"escape-{percent}",
            says=f"the frailest {percent} % of controls switch",
            escape=percent / 100,
            frailty_variance=1.0,
            with_event=0.5,
        )
        for percent in (10, 20, 50)
    ),
    Setting(name="double", says="as main, twice the rate", rate_ratio=2.0, trials=1000),
    TRIPLE,
)
"""Names are permanent: with the seed they name the trials, so a figure can be drawn again."""

SHORT = 150
"""So many trials of a setting are drawn where there are only seconds for them."""
