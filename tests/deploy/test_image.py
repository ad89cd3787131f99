"""Checks the Dockerfile: lock files with hashes, two stages, and an unprivileged user."""

from __future__ import annotations

import re

from hatchling.builders.wheel import WheelBuilder

from tests.paths import ROOT
from tests.test_house import PIN, lock_text

DOCKERFILE = ROOT / "deploy" / "Dockerfile"


def instructions() -> list[str]:
    """Return the instructions of the Dockerfile, each on one line."""
    text = DOCKERFILE.read_text().replace("\\\n", "")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def copied_sources() -> list[str]:
    """Return the paths of the repository that the Dockerfile copies."""
    copied = [line.split()[1:-1] for line in instructions() if re.match(r"COPY (?!--from)", line)]
    return [name for names in copied for name in names]


def test_copied_paths_exist_and_are_not_ignored():
    """`.dockerignore` admits only the copied paths, so no secret and no history."""
    ignored = (ROOT / ".dockerignore").read_text().splitlines()

    assert all((ROOT / name).exists() for name in copied_sources())
    assert next(line for line in ignored if not line.startswith("#")) == "*"
    assert {line[1:] for line in ignored if line.startswith("!")} == set(copied_sources())


def test_the_image_has_two_stages_and_no_root_user():
    """The build tools stay in the first stage; the second runs as an unprivileged user."""
    stages = [line for line in instructions() if line.startswith("FROM ")]
    users = [line for line in instructions() if line.startswith("USER ")]

    assert len(stages) == 2 and stages[0].endswith(" AS build")
    assert re.fullmatch(r"FROM python:\d+\.\d+\.\d+-slim-\w+", stages[1])
    assert stages[0] == f"{stages[1].replace('-slim', '')} AS build"
    assert users == ["USER 10001:10001"] and instructions().index(users[0]) > instructions().index(
        stages[1]
    )


def test_the_image_is_compiled_or_is_not_built():
    """A wheel that is pure Python by mistake ends the build, and the compiler stays behind."""
    (build,) = [each for each in instructions() if "hatchling build" in each]

    assert build.startswith("RUN HATCH_BUILD_HOOK_ENABLE_MYPYC=1 ")
    assert "tocsin-*-cp311-*.whl" in build and "tocsin --version | grep -F '(compiled)'" in build
    assert "; " not in build and "||" not in build
    assert instructions().index(build) < max(
        index for index, line in enumerate(instructions()) if line.startswith("FROM ")
    )


def test_everything_installed_is_in_a_lock():
    """Each pin has a hash and the same version as in development."""
    all_pins = {pin["name"]: pin["version"] for pin in PIN.finditer(lock_text())}
    for name in ("requirements.lock", "build.lock"):
        text = (ROOT / "deploy" / name).read_text()
        pins = {pin["name"]: pin["version"] for pin in PIN.finditer(text)}
        assert PIN.sub("", text) == ""
        assert pins.items() <= all_pins.items()
    installs = [
        part for line in instructions() for part in line.split("&&") if "pip install" in part
    ]
    assert all("--require-hashes" in each or "--no-deps --no-index" in each for each in installs)


def test_no_development_tool_is_in_the_image():
    """Packages that only tests need are not deployed."""
    text = (ROOT / "deploy" / "requirements.lock").read_text()
    names = {pin["name"] for pin in PIN.finditer(text)}

    assert not names & {"pytest", "hypothesis", "ortools", "pyright", "ruff", "confluent-kafka"}
    assert {"faust-streaming", "redis", "cryptography", "apprise"} <= names
    assert {"fastapi", "uvicorn", "jinja2", "argon2-cffi", "python-multipart"} <= names


def test_the_wheel_has_all_files_of_the_page():
    """The page renders its templates and serves its static files from the installed package."""
    packed = {each.distribution_path for each in WheelBuilder(str(ROOT)).recurse_included_files()}
    folders = [ROOT / "board" / "web" / name for name in ("templates", "static")]
    files = [path for each in folders for path in each.rglob("*") if path.is_file()]

    assert len(files) > 20
    assert {str(path.relative_to(ROOT)) for path in files} <= packed
