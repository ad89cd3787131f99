"""Looks at a real cluster: which of our topics it holds, and with which settings."""

from __future__ import annotations

import time
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType

from streams.kafka.topics import Topic, required_topics
from streams.settings import Settings

OUR_TOPICS = required_topics(Settings())


def delete_topics(admin: Any, *others: str) -> None:
    """Delete our topics and *others*, and wait until nobody hears of them any more."""
    names = {topic.name for topic in OUR_TOPICS} | {*others}
    while there := names & set(admin.list_topics()):
        admin.delete_topics(sorted(there), raise_errors=False)
        time.sleep(0.05)


def topics_found(admin: Any) -> dict[str, tuple[int, dict[str, str]]]:
    """What the broker says of our topics: partitions, and the settings made for each topic."""
    names = [topic.name for topic in OUR_TOPICS]
    resources = [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
    configs = admin.describe_configs(resources)["topic"]
    return {
        each["name"]: (
            len(each["partitions"]),
            {setting: value["value"] for setting, value in configs[each["name"]].items()},
        )
        for each in admin.describe_topics(names)
    }


def alerts_topic(**changes: Any) -> Topic:
    """The topic of the alerts, with changes."""
    plain = {"name": "safety.alerts.v1", "partitions": 4, "copies": -1, "settings": {}}
    return Topic(**{**plain, **changes})
