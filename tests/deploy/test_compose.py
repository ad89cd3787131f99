"""What docker-compose.yml promises, read from the file: nothing loose, nothing open, all there."""

from __future__ import annotations

import re
import tomllib
from typing import Any

import pytest

from deploy.make_secrets import make_secrets
from streams.settings import ENV_PREFIX, Settings
from tests.deploy.compose import (
    ONE_SHOT,
    OWN_IMAGE,
    PINNED,
    binds,
    compose,
    dependencies,
    services,
    volumes,
)
from tests.deploy.vault import Vault
from tests.paths import ROOT

EACH_SERVICE = pytest.mark.parametrize(("name", "service"), services().items(), ids=services())

PUBLISHED = {"grafana": ["127.0.0.1:3000:3000"], "kafka-ui": ["127.0.0.1:8080:8080"]}
"""All that the host sees, and only from itself."""

NETWORKS = {
    "log": {
        "kafka", "access", "init", "worker", "produce", "tick", "deliver", "kafka-ui",
        "operator", "board",
    },
    "store": {"valkey", "init", "worker", "operator", "board"},
    "open": {"worker", "prometheus-open", "alertmanager-open", "grafana", "grafana-init"},
    "closed": {"worker", "deliver", "prometheus-closed", "alertmanager-closed", "grafana"},
    "front": {"grafana", "kafka-ui"},
    "out": {"deliver"},
}  # fmt: skip
"""Who is where; only the last two lead anywhere."""

PRINCIPALS = {
    "access": "admin",
    "init": "init",
    "worker": "worker",
    "produce": "operator",
    "tick": "tick",
    "deliver": "deliver",
    "operator": "operator",
    "board": "board",
}
STORE_USERS = {"init": "deploy", "worker": "worker", "operator": "worker", "board": "reader"}


@EACH_SERVICE
def test_every_image_is_pinned(name: str, service: dict[str, Any]):
    """By its whole version; the one that is built here has the version of the project."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert PINNED.fullmatch(service["image"])
    if OWN_IMAGE.fullmatch(service["image"]):
        assert service["image"] == f"tocsin:{version}"
        assert ("build" in service) is (service.get("pull_policy") != "never")
    else:
        assert "build" not in service and "pull_policy" not in service


def test_waiting_is_documented_only_for_services_by_name():
    """`up --wait` fails on one that ends and for which nobody waits: `produce` is such a one."""
    pages = [ROOT / "README.md", ROOT / "docs" / "deploy.md", ROOT / "docker-compose.yml"]
    asked = [line for page in pages for line in re.findall(r"--wait [^`\n]*", page.read_text())]
    named = [set(line.split()) & set(services()) for line in asked if "is for" not in line]

    awaited = {other for each in services().values() for other in dependencies(each)}
    assert "produce" not in awaited
    assert named and all(each and not each & ONE_SHOT for each in named)


def test_one_service_builds_the_image_of_all():
    """It is the one that every other waits for: two builds of one name may end in neither."""
    building = {name: each for name, each in services().items() if "build" in each}

    assert list(building) == ["access"]
    assert (ROOT / building["access"]["build"]["dockerfile"]).is_file()


@EACH_SERVICE
def test_every_service_is_hardened(name: str, service: dict[str, Any]):
    """Nobody is root, nobody writes but where it must, nobody can gain a right."""
    user, group = (int(part) for part in service["user"].split(":"))

    assert user > 0 and (group > 0 or name.startswith("grafana"))  # Grafana's files are group 0's.
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"] and "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] > 0
    assert not {"privileged", "pid", "ipc", "network_mode", "devices"} & set(service)


@EACH_SERVICE
def test_every_service_hears_that_it_shall_end(name: str, service: dict[str, Any]):
    """As process 1 a command without a handler would run on until it is killed."""
    assert service["init"] is True


@EACH_SERVICE
def test_what_is_mounted_is_in_the_tree_and_read_only(name: str, service: dict[str, Any]):
    """A missing file would come up as an empty folder; a writable one could be altered."""
    for here, _, how in binds(service):
        assert here.exists(), f"{here.relative_to(ROOT)} is not there"
        assert how == "ro"
    assert set(volumes(service)) <= set(compose()["volumes"])


@EACH_SERVICE
def test_every_setting_is_known(name: str, service: dict[str, Any]):
    """A misspelt name would be ignored without a word."""
    ours = [each for each in service.get("environment", {}) if each.startswith(ENV_PREFIX)]

    assert {each.removeprefix(ENV_PREFIX).lower() for each in ours} <= set(Settings.model_fields)


@EACH_SERVICE
def test_the_environment_holds_no_secret(name: str, service: dict[str, Any], vault: Vault):
    """What is secret is a file, named by a setting and mounted under /run/secrets."""
    environment = service.get("environment", {})
    paths = [value for value in environment.values() if str(value).startswith("/run/secrets/")]

    assert {path.removeprefix("/run/secrets/") for path in paths} <= set(service.get("secrets", []))
    for each, value in environment.items():
        if any(word in each for word in ("PASSWORD", "TOKEN", "SECRET")):
            assert each.endswith("FILE") and str(value).startswith("/run/secrets/")
    assert "env_file" not in service


def test_every_secret_is_a_file_that_is_made(vault: Vault):
    """`make secrets` makes what compose mounts, no less and no more, and git never sees it."""
    asked = {name: told["file"] for name, told in compose()["secrets"].items()}
    used = {name for service in services().values() for name in service.get("secrets", [])}

    made = {path.name for path in vault.folder.iterdir()} - {"kafka-sponsor"}
    assert asked == {name: f".secrets/{name}" for name in asked}
    assert set(asked) == used == made
    assert ".secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert make_secrets(vault.folder) == []


@EACH_SERVICE
def test_nothing_is_published_but_what_is_meant_to_be(name: str, service: dict[str, Any]):
    """Kafka, the store, the metrics: none of them has a port on the host."""
    assert service.get("ports", []) == PUBLISHED.get(name, [])


def test_each_network_holds_whom_it_must():
    """Who watches the open side reaches neither Kafka, nor the store, nor the closed side."""
    found = {
        network: {name for name, each in services().items() if network in each["networks"]}
        for network in compose()["networks"]
    }

    assert found == NETWORKS
    internal = {name for name, told in compose()["networks"].items() if told.get("internal")}
    assert internal == {"log", "store", "open", "closed"}


@EACH_SERVICE
def test_services_start_in_order_by_health(name: str, service: dict[str, Any]):
    """What a service needs is healthy, or has done its one thing; nobody guesses a delay."""
    assert ("healthcheck" in service) or name in {*ONE_SHOT, "tick"}
    assert (service["restart"] == "no") is (name in ONE_SHOT)
    for other, condition in dependencies(service).items():
        assert other in services()
        ended = other in ONE_SHOT
        assert condition == ("service_completed_successfully" if ended else "service_healthy")
        assert ended or "healthcheck" in services()[other]


def test_every_process_is_known_by_its_own_name():
    """One name and one password each: what is stolen from one opens nothing of another."""
    kafka = {
        name: (told["TOCSIN_KAFKA_USER"], told["TOCSIN_KAFKA_PASSWORD_FILE"])
        for name, each in services().items()
        if "TOCSIN_KAFKA_USER" in (told := each.get("environment", {}))
    }
    store = {
        name: (told["TOCSIN_STORE"].partition("@")[0], told["TOCSIN_STORE_PASSWORD_FILE"])
        for name, each in services().items()
        if "TOCSIN_STORE" in (told := each.get("environment", {}))
    }

    assert kafka == {
        name: (user, f"/run/secrets/kafka-{user}") for name, user in PRINCIPALS.items()
    }
    assert store == {
        name: (f"rediss://{user}", f"/run/secrets/store-{user}")
        for name, user in STORE_USERS.items()
    }


def test_the_super_user_serves_one_service_alone():
    """Who may grant everything is there for a second, and its password nowhere else."""
    holders = {
        name for name, each in services().items() if "kafka-admin" in each.get("secrets", [])
    }

    assert holders == {"kafka", "access"}


def test_the_tools_are_there_only_when_asked_for():
    """The Kafka UI shows records by treatment; a plain `up` does not start it."""
    assert {name: each["profiles"] for name, each in services().items() if "profiles" in each} == {
        "kafka-ui": ["tools"],
        "tick": ["live"],
        "operator": ["people"],
        "board": ["people"],
    }
