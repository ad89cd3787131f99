"""``tocsin intake``: receives records over HTTP, and answers once they are in the log."""

from __future__ import annotations

import asyncio
import logging
import sys
from pathlib import Path

from cyclopts import App

from streams.intake.clients import ClientsError, new_token, read_clients, token_digest
from streams.intake.pulls import read_projects
from streams.intake.service import IntakeConfig, NoTls, run_intake, tls_context
from streams.kafka.topics import DEAD_LETTERS, LOG
from streams.settings import Settings
from tocsin.common.exits import Exit, Stop
from tocsin.common.long_running import check_topics, daemon_errors
from tocsin.common.services import silence_libraries
from tocsin.common.settings import load_settings

app = App(name="intake", help="Receive records over HTTP, and create tokens of its clients.")

CLIENTS_REMEDY = "Set TOCSIN_INTAKE_CLIENTS_FILE to the file of clients (docs/intake.md)."
TLS_REMEDY = (
    "Set TOCSIN_INTAKE_TLS to `own` with TOCSIN_INTAKE_TLS_CERT_FILE and _KEY_FILE, or to `proxy`."
)


@app.default
def intake() -> None:
    """Receive records by POST, produce them to the log, and answer once all replicas have them.

    Kafka is TOCSIN_BROKER, Redis TOCSIN_STORE, which is only asked what the fold made of records.
    The intake is at TOCSIN_INTAKE; its clients, TLS and limits are those of TOCSIN_INTAKE_*.
    SIGTERM stops it in order.  Each answer is described at /v1/openapi.json.

    Exit codes: 0 stopped in order, 2 a setting or a topic is wrong, 4 the broker does not answer.
    """
    logging.basicConfig(stream=sys.stderr, format="tocsin: %(message)s", level=logging.WARNING)
    silence_libraries()
    settings = load_settings()
    config = load_config(settings)
    check_topics(settings, {LOG: settings.log_partitions, DEAD_LETTERS: 1})
    print(f"tocsin: the intake is at {settings.intake}", file=sys.stderr)
    with daemon_errors():
        asyncio.run(run_intake(settings, config))


@app.command
def token() -> None:
    """Print a new token for a client, and the line for the file of clients.

    Only the line is stored: hand the token to the client, nobody can read it again.
    """
    secret = new_token()
    print(f'token         {secret}\ntoken_sha256 = ["{token_digest(secret).hex()}"]')


def load_config(settings: Settings) -> IntakeConfig:
    """Read the files of the intake and its certificate; raises Stop where one is wrong."""
    if settings.intake_clients_file is None:
        raise Stop(Exit.USAGE, CLIENTS_REMEDY)
    projects = settings.intake_redcap_file
    try:
        return IntakeConfig(
            clients=read_clients(Path(settings.intake_clients_file)),
            projects=read_projects(Path(projects)) if projects else {},
            tls=tls_context(settings),
        )
    except ClientsError as error:
        raise Stop(Exit.USAGE, f"{error}.") from None
    except NoTls as error:
        raise Stop(Exit.USAGE, f"{error}. {TLS_REMEDY}") from None
