"""The settings of the simulation: arms, hazard, dropout, crossover and reporting delay."""

from __future__ import annotations

from dataclasses import dataclass, replace

ANALYSES = ("as_treated", "as_randomised")


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One kind of trial, with the description of its table row.

    The hazard falls *hazard_fall*-fold with a time constant of *constant_days*; *with_event* is
    the proportion of control patients with an event in *follow_up_days*.  *dropout* is the
    proportion of control and of treated patients who leave.  The proportion *crossover* of the
    controls switches at random; on study day *escape_day* the proportion *escape* of them
    switches, the frailest without an event.  Calendar time is evaluated for comparison in the
    first *calendar_trials* of the *trials*.
    """

    name: str
    description: str
    trials: int = 5000
    calendar_trials: int = 1000
    treated: int = 47
    control: int = 47
    entry_days: int = 360
    follow_up_days: int = 112
    with_event: float = 0.9
    hazard_fall: float = 20.0
    constant_days: float = 7.0
    rate_ratio: float = 1.0
    dropout: tuple[float, float] = (0.0, 0.0)
    crossover: float = 0.0
    escape: float = 0.0
    escape_day: int = 7
    frailty_variance: float = 0.0
    lag_days: float = 0.0
    tick_every_days: int = 0

    @property
    def null(self) -> bool:
        """Whether the drug has no effect, so that every signal is a false alarm."""
        return self.rate_ratio == 1.0

    @property
    def analyses(self) -> tuple[str, ...]:
        """The analyses to report: as randomised too if switching depends on frailty."""
        return ANALYSES if self.escape else ANALYSES[:1]

    @property
    def claimed_analyses(self) -> tuple[str, ...]:
        """The analyses whose false alarm rate is claimed; escape leaves as randomised only."""
        return () if not self.null else ANALYSES[1:] if self.escape else self.analyses


MAIN = Setting(name="main", description="47 v 47, nobody leaves or switches", calendar_trials=5000)
TWO_TO_ONE = Setting(name="two-to-one", description="62 v 31", treated=62, control=31)
BY_LOT = Setting(name="crossover-50", description="50 % of controls switch by lot", crossover=0.5)
TRIPLE = Setting(
    name="triple", description="as main, three times the rate", rate_ratio=3.0, trials=1000
)

# Each day is split into ten, so fewer patients have an event on one day and ties are rare.
FINE = replace(
    MAIN,
    name="fine",
    description="as main, each day split into ten",
    entry_days=3600,
    follow_up_days=1120,
    constant_days=70.0,
    trials=1000,
    calendar_trials=0,
)
FRAIL = Setting(name="frail", description="frail patients", frailty_variance=1.0, with_event=0.5)

SETTINGS = (
    MAIN,
    TWO_TO_ONE,
    Setting(
        name="daily",
        description="as main, judged on every day besides",
        tick_every_days=1,
        trials=1000,
    ),
    Setting(name="late", description="as main, reported 14 days late on average", lag_days=14.0),
    FINE,
    Setting(
        name="dropout", description="20 % of controls and 40 % of treated leave", dropout=(0.2, 0.4)
    ),
    Setting(name="crossover-20", description="20 % of controls switch by lot", crossover=0.2),
    BY_LOT,
    replace(FRAIL, name="escape-10", description="10 % of controls escape", escape=0.1),
    replace(FRAIL, name="escape-20", description="20 % of controls escape", escape=0.2),
    replace(FRAIL, name="escape-50", description="50 % of controls escape", escape=0.5),
    replace(
        FRAIL,
        name="escape-later",
        description="50 % of controls escape, on day 28",
        escape=0.5,
        escape_day=28,
        trials=1000,
    ),
    Setting(name="double", description="as main, twice the rate", rate_ratio=2.0, trials=1000),
    TRIPLE,
    replace(FINE, name="fine-double", description="split into ten, twice the rate", rate_ratio=2.0),
)
"""Names never change: with the seed they determine the trials, so figures are reproducible."""

TRIALS_SHORT = 150
"""The number of trials of a setting in `make test`."""
