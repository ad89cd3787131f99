"""Checks docker-compose.yml: pinned images, hardened services, networks, ports and secrets."""

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

PUBLISHED = {
    "grafana": ["127.0.0.1:3000:3000"],
    "kafka-ui": ["127.0.0.1:8080:8080"],
    "board-closed": ["127.0.0.1:8020:8020"],
    "board-open": ["127.0.0.1:8021:8021"],
    "intake": ["127.0.0.1:8030:8030"],
}
"""The only published ports, on loopback addresses of the host."""

NETWORKS = {
    "log": {
        "kafka", "access", "init", "worker", "produce", "tick", "deliver", "kafka-ui",
        "operator", "board", "board-closed", "intake",
    },
    "store": {"valkey", "init", "worker", "operator", "board", "board-closed", "intake"},
    "open": {"worker", "intake", "prometheus-open", "alertmanager-open", "grafana", "grafana-init"},
    "closed": {"worker", "deliver", "prometheus-closed", "alertmanager-closed", "grafana"},
    "front": {"grafana", "kafka-ui", "board-closed", "board-open", "intake"},
    "out": {"deliver"},
}  # fmt: skip
"""Services by network; only the last two networks reach outside."""

PRINCIPALS = {
    "access": "admin",
    "init": "init",
    "worker": "worker",
    "produce": "operator",
    "tick": "tick",
    "deliver": "deliver",
    "operator": "operator",
    "board": "board",
    "board-closed": "page",
    "intake": "intake",
}
STORE_USERS = {
    "init": "deploy",
    "worker": "worker",
    "operator": "worker",
    "board": "reader",
    "board-closed": "reader",
    "intake": "intake",
}

NOT_MOUNTED = {"board-closed-passwords", "board-open-passwords", "intake-token"}
"""Generated files that the operator hands out, and no container reads."""


@EACH_SERVICE
def test_every_image_is_pinned(name: str, service: dict[str, Any]):
    """Each image has its full version; the own image has the version of the project."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]

    assert PINNED.fullmatch(service["image"])
    if OWN_IMAGE.fullmatch(service["image"]):
        assert service["image"] == f"tocsin:{version}"
        assert ("build" in service) is (service.get("pull_policy") != "never")
    else:
        assert "build" not in service and "pull_policy" not in service


def test_documented_waits_name_only_services_that_stay_up():
    """`up --wait` fails on a service that exits and that no other awaits, such as `produce`."""
    pages = [ROOT / "README.md", ROOT / "docs" / "deploy.md", ROOT / "docker-compose.yml"]
    wait_commands = [
        line for page in pages for line in re.findall(r"--wait [^`\n]*", page.read_text())
    ]
    waited_services = [
        set(line.split()) & set(services()) for line in wait_commands if "is for" not in line
    ]

    awaited = {other for each in services().values() for other in dependencies(each)}
    assert "produce" not in awaited
    assert waited_services and all(each and not each & ONE_SHOT for each in waited_services)


def test_one_service_builds_the_image_that_all_use():
    """Every other service waits for it: two concurrent builds of one tag can both fail."""
    builders = {name: each for name, each in services().items() if "build" in each}

    assert list(builders) == ["access"]
    assert (ROOT / builders["access"]["build"]["dockerfile"]).is_file()


@EACH_SERVICE
def test_every_service_is_hardened(name: str, service: dict[str, Any]):
    """No service is root, has a writable root file system, or can gain privileges."""
    user, group = (int(part) for part in service["user"].split(":"))

    # Grafana's files belong to group 0.
    assert user > 0 and (group > 0 or name.startswith("grafana"))
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"] and "cap_add" not in service
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert service["pids_limit"] > 0
    assert not {"privileged", "pid", "ipc", "network_mode", "devices"} & set(service)


@EACH_SERVICE
def test_every_service_receives_termination_signals(name: str, service: dict[str, Any]):
    """Process 1 ignores signals without a handler, so it would run until it is killed."""
    assert service["init"] is True


@EACH_SERVICE
def test_mounted_paths_exist_and_are_read_only(name: str, service: dict[str, Any]):
    """Docker mounts a missing file as an empty folder; a writable file could be altered."""
    for host_path, _, mode in binds(service):
        assert host_path.exists(), f"{host_path.relative_to(ROOT)} does not exist"
        assert mode == "ro"
    assert set(volumes(service)) <= set(compose()["volumes"])


@EACH_SERVICE
def test_every_setting_is_known(name: str, service: dict[str, Any]):
    """A misspelt setting would be ignored silently."""
    variables = [each for each in service.get("environment", {}) if each.startswith(ENV_PREFIX)]

    assert {each.removeprefix(ENV_PREFIX).lower() for each in variables} <= set(
        Settings.model_fields
    )


@EACH_SERVICE
def test_the_environment_holds_no_secret(name: str, service: dict[str, Any], vault: Vault):
    """Each secret is a file under /run/secrets that a setting names."""
    environment = service.get("environment", {})
    paths = [value for value in environment.values() if str(value).startswith("/run/secrets/")]

    assert {path.removeprefix("/run/secrets/") for path in paths} <= set(service.get("secrets", []))
    for each, value in environment.items():
        if any(word in each for word in ("PASSWORD", "TOKEN", "SECRET")):
            assert each.endswith("FILE") and str(value).startswith("/run/secrets/")
    assert "env_file" not in service


def test_every_secret_is_a_generated_file(vault: Vault):
    """`make secrets` generates exactly the secrets that compose mounts, and git ignores them."""
    secret_files = {name: secret["file"] for name, secret in compose()["secrets"].items()}
    used = {name for service in services().values() for name in service.get("secrets", [])}

    generated = {path.name for path in vault.folder.iterdir()} - {"kafka-sponsor"} - NOT_MOUNTED
    assert secret_files == {name: f".secrets/{name}" for name in secret_files}
    assert set(secret_files) == used == generated
    assert ".secrets/" in (ROOT / ".gitignore").read_text().splitlines()
    assert make_secrets(vault.folder) == []


@EACH_SERVICE
def test_only_the_expected_ports_are_published(name: str, service: dict[str, Any]):
    """Kafka, the store and the metrics have no port on the host."""
    assert service.get("ports", []) == PUBLISHED.get(name, [])


def test_each_network_has_only_the_expected_services():
    """The open monitoring reaches neither Kafka nor the store nor the closed services."""
    services_by_network = {
        network: {name for name, each in services().items() if network in each["networks"]}
        for network in compose()["networks"]
    }

    assert services_by_network == NETWORKS
    internal = {name for name, network in compose()["networks"].items() if network.get("internal")}
    assert internal == {"log", "store", "open", "closed"}


@EACH_SERVICE
def test_services_start_in_order_by_health(name: str, service: dict[str, Any]):
    """Each dependency is healthy or has completed before a service starts."""
    assert ("healthcheck" in service) or name in {*ONE_SHOT, "tick"}
    assert (service["restart"] == "no") is (name in ONE_SHOT)
    for other, condition in dependencies(service).items():
        assert other in services()
        one_shot = other in ONE_SHOT
        assert condition == ("service_completed_successfully" if one_shot else "service_healthy")
        assert one_shot or "healthcheck" in services()[other]


def test_every_process_has_its_own_login():
    """A stolen password gives access to the rights of one process only."""
    kafka_logins = {
        name: (environment["TOCSIN_KAFKA_USER"], environment["TOCSIN_KAFKA_PASSWORD_FILE"])
        for name, each in services().items()
        if "TOCSIN_KAFKA_USER" in (environment := each.get("environment", {}))
    }
    store_logins = {
        name: (
            environment["TOCSIN_STORE"].partition("@")[0],
            environment["TOCSIN_STORE_PASSWORD_FILE"],
        )
        for name, each in services().items()
        if "TOCSIN_STORE" in (environment := each.get("environment", {}))
    }

    assert kafka_logins == {
        name: (user, f"/run/secrets/kafka-{user}") for name, user in PRINCIPALS.items()
    }
    assert store_logins == {
        name: (f"rediss://{user}", f"/run/secrets/store-{user}")
        for name, user in STORE_USERS.items()
    }


def test_only_the_broker_and_one_service_have_the_super_user_password():
    """The super user may grant everything; the service exits once the grants are applied."""
    holders = {
        name for name, each in services().items() if "kafka-admin" in each.get("secrets", [])
    }

    assert holders == {"kafka", "access"}


def test_optional_services_start_only_with_their_profile():
    """A plain `up` does not start them; the Kafka UI shows records by treatment."""
    assert {name: each["profiles"] for name, each in services().items() if "profiles" in each} == {
        "kafka-ui": ["tools"],
        "tick": ["live"],
        "operator": ["people"],
        "board": ["people"],
    }
