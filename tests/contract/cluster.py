"""Looks at a real cluster: which of our topics it holds, and with which settings."""

from __future__ import annotations

import time
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType

from streams.kafka.topics import Topic, topics
from streams.settings import Settings

FIVE = topics(Settings())


def clear(admin: Any, *others: str) -> None:
    """Delete our topics and *others*, and wait until nobody hears of them any more."""
    names = {topic.name for topic in FIVE} | {*others}
    while there := names & set(admin.list_topics()):
        admin.delete_topics(sorted(there), raise_errors=False)
        time.sleep(0.05)


def cluster(admin: Any) -> dict[str, tuple[int, dict[str, str]]]:
    """What the broker says of our topics: partitions, and the settings made for each topic."""
    names = [topic.name for topic in FIVE]
    asked = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    made = admin.describe_configs(asked)["topic"]
    return {
        each["name"]: (
            len(each["partitions"]),
            {setting: told["value"] for setting, told in made[each["name"]].items()},
        )
        for each in admin.describe_topics(names)
    }


def alerts(**changes: Any) -> Topic:
    """The topic of the alerts, with changes."""
    plain = {"name": "safety.alerts.v1", "partitions": 4, "copies": -1, "settings": {}}
    return Topic(**{**plain, **changes})
