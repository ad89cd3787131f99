"""Reads and deletes the topics of a real cluster."""

from __future__ import annotations

import time
from typing import Any

from kafka.admin import ConfigResource, ConfigResourceType

from streams.kafka.topics import Topic, required_topics
from streams.settings import Settings

OUR_TOPICS = required_topics(Settings())


def delete_topics(admin: Any, *others: str) -> None:
    """Delete Tocsin's topics and *others*, and wait until the broker lists none of them."""
    names = {topic.name for topic in OUR_TOPICS} | {*others}
    while existing := names & set(admin.list_topics()):
        admin.delete_topics(sorted(existing), raise_errors=False)
        time.sleep(0.05)


def topics_found(admin: Any) -> dict[str, tuple[int, dict[str, str]]]:
    """By topic, the number of partitions and the settings that are set on the topic."""
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
    """The alert topic with *changes* to its fields."""
    defaults = {
        "name": "safety.alerts.v1",
        "partitions": 4,
        "replication_factor": -1,
        "configs": {},
    }
    return Topic(**{**defaults, **changes})
