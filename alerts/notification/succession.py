"""Continues alerts whose id an earlier version computed from a term as it was spelled.

The notification log and the receivers know such an alert by its first id.  What this version
publishes under the id of the folded term is delivered as further revisions of it, so what was
announced is announced to nobody a second time.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from itertools import dropwhile

from alerts.lifecycle import Move
from alerts.notification.published import PublishedAlert
from alerts.register.former_ids import following_id

Revisions = Mapping[int, PublishedAlert]


@dataclass(slots=True)
class Succession:
    """The alerts with an id of an earlier version, and those that follow them.

    *followed_by* holds the current id by the former one, *former_ids* the former ids by the
    current one: several where a term was spelled in several ways.
    """

    followed_by: dict[str, str] = field(default_factory=dict[str, str])
    former_ids: dict[str, set[str]] = field(default_factory=dict[str, set[str]])

    def add(self, alert: PublishedAlert) -> None:
        """Add a published revision; it is cheap for an alert that has its id still."""
        if alert.id in self.followed_by:
            return
        if (current := following_id(alert.study, alert.watch, alert.id)) is not None:
            self.followed_by[alert.id] = current
            self.former_ids.setdefault(current, set()).add(alert.id)

    def delivered(self, alerts: Mapping[str, Revisions]) -> Iterator[Revisions]:
        """Yield the revisions of each of *alerts* under the id by which receivers know it."""
        for name, revisions in alerts.items():
            if name in self.followed_by:
                yield self._continued(alerts, name)
            elif name not in self.former_ids:
                yield revisions

    def current(self, alerts: Mapping[str, Revisions]) -> Iterator[tuple[Revisions, ...]]:
        """Yield, for each alert under its current id, the revisions under each id it had."""
        for name, revisions in alerts.items():
            if name in self.former_ids:
                yield tuple(self._continued(alerts, each) for each in sorted(self.former_ids[name]))
            elif name not in self.followed_by:
                yield (revisions,)

    def _continued(self, alerts: Mapping[str, Revisions], name: str) -> Revisions:
        """Return the revisions of the alert with the former id *name*, and those that follow."""
        own, current = alerts[name], self.followed_by[name]
        following = self._unannounced(alerts, current)
        if not following and current in alerts:
            latest = alerts[current][max(alerts[current])]
            # Another former id was closed: the alert has ended for the receivers of this one too.
            following = [latest] if latest.is_closed and not own[max(own)].is_closed else []
        return {
            **own,
            **{
                number: replace(alert, id=name, revision=number)
                for number, alert in enumerate(following, max(own) + 1)
            },
        }

    def _unannounced(self, alerts: Mapping[str, Revisions], current: str) -> list[PublishedAlert]:
        """Return the revisions of *current* from the first that no former id had.

        Two revisions are the same if one record of the log made the same move.  The raise was
        announced in any case, also where all spellings together cross the level earlier.
        """
        announced = {
            cause_of(alert) for each in self.former_ids[current] for alert in alerts[each].values()
        }
        return list(
            dropwhile(
                lambda alert: alert.move == Move.RAISE or cause_of(alert) in announced,
                (alert for _, alert in sorted(alerts.get(current, {}).items())),
            )
        )


def cause_of(alert: PublishedAlert) -> tuple[str, object]:
    """The move that made the revision, and the offset in the log of the record that caused it."""
    return alert.move, alert.fields.get("line")
