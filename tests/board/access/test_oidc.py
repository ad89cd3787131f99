"""Single sign-on against a provider in the process: code flow, PKCE, and forged answers."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, RSAKey

from board.access.oidc import PENDING_SECONDS, OidcClient, OidcConfig, OidcError
from tests.board.web.boards import Board, ManualClock
from tests.board.web.facts_client import STUDY

ISSUER = "https://id.example"
NOW = 1_700_000_000
KEYS = [RSAKey.generate_key(2048, {"kid": name}) for name in ("first", "second")]


@dataclass
class Provider(httpx.AsyncBaseTransport):
    """A provider that logs everybody in as *subject*; *claims* override those of its tokens."""

    subject: str = "sub-board"
    claims: dict[str, Any] = field(default_factory=dict[str, Any])
    algorithm: str = "RS256"
    signing: RSAKey = field(default_factory=lambda: KEYS[0])
    published: list[RSAKey] = field(default_factory=lambda: [KEYS[0]])
    codes: dict[str, dict[str, str]] = field(default_factory=dict[str, Any])
    issuer: str = ISSUER

    def authorize(self, address: str) -> dict[str, str]:
        """What the browser brings back from the provider's page at *address*."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        assert query["response_type"] == "code" and query["code_challenge_method"] == "S256"
        code = f"code-{len(self.codes)}"
        self.codes[code] = query
        return {"state": query["state"], "code": code}

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        path = request.url.path
        if path.startswith("/.well-known"):
            names = ("authorization_endpoint", "token_endpoint", "jwks_uri")
            endpoints = {name: f"{ISSUER}/{name}" for name in names}
            return httpx.Response(200, json=endpoints | {"issuer": self.issuer})
        if path == "/jwks_uri":
            return httpx.Response(200, json=KeySet([*self.published]).as_dict(private=False))
        return self.token(request)

    def token(self, request: httpx.Request) -> httpx.Response:
        """Exchange a code once, for whoever has its verifier and the client's secret."""
        form = {name: values[0] for name, values in parse_qs(request.content.decode()).items()}
        query = self.codes.pop(form["code"], None)
        digest = sha256(form["code_verifier"].encode()).digest()
        challenge = urlsafe_b64encode(digest).rstrip(b"=").decode()
        secret = request.headers["authorization"].startswith("Basic ")
        if query is None or challenge != query["code_challenge"] or not secret:
            return httpx.Response(400, json={"error": "invalid_grant"})
        claims = {
            "iss": ISSUER, "aud": query["client_id"], "sub": self.subject, "iat": NOW,
            "exp": 4_000_000_000, "nonce": query["nonce"],
        } | self.claims  # fmt: skip
        claims = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.algorithm, "kid": self.signing.kid}
        return httpx.Response(200, json={"id_token": jwt.encode(header, claims, self.signing)})


def client_of(provider: Provider, clock: ManualClock) -> OidcClient:
    """The board's client of *provider*."""
    config = OidcConfig(
        issuer=ISSUER, client_id="tocsin", client_secret="secret",
        redirect="http://127.0.0.1/login/oidc/done",
    )  # fmt: skip
    return OidcClient(config, httpx.AsyncClient(transport=provider), clock)


def board_of(provider: Provider) -> Board:
    """A board with single sign-on by *provider*."""
    board = Board()
    board.settings["oidc"] = client_of(provider, board.clock)
    return board


def test_a_user_logs_in_at_the_provider_and_comes_back_to_the_page():
    """The provider names a subject; the file of users says who that is here."""
    provider = Provider()
    board = board_of(provider)
    visitor = board.visitor()
    assert "Log in with your organisation" in visitor.get("/login").text
    sent = visitor.get("/login/oidc", params={"next": f"/s/{STUDY}/alerts"})
    back = visitor.get("/login/oidc/done", params=provider.authorize(sent.headers["location"]))

    assert back.headers["location"] == f"/s/{STUDY}/alerts"
    assert visitor.get("/").status_code == 200


@pytest.mark.parametrize("subject", ["sub-sponsor", "unknown"])
def test_whom_this_board_does_not_know_stays_outside(subject: str):
    """The provider knows a whole hospital."""
    provider = Provider(subject=subject)
    board = board_of(provider)
    visitor = board.visitor()
    sent = visitor.get("/login/oidc")
    answer = visitor.get("/login/oidc/done", params=provider.authorize(sent.headers["location"]))

    assert answer.status_code == 401 and "this board does not" in answer.text
    assert visitor.get("/").status_code == 303
    assert board.trail.facts() == [("nobody known", "/login", "", "refused")]


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"}, {"aud": "another"}, {"aud": ["tocsin", "another"]},
        {"azp": "another"}, {"exp": NOW}, {"exp": None}, {"nonce": "another"}, {"nonce": None},
        {"sub": None}, {"iat": None},
    ],
)  # fmt: skip
async def test_a_token_for_another_party_or_login_is_refused(claims: dict[str, Any]):
    """Each claim is checked."""
    provider = Provider(claims=claims)
    client = client_of(provider, ManualClock())
    address, state = await client.begin("/")

    with pytest.raises(OidcError):
        await client.finish(state, state, provider.authorize(address)["code"])


async def test_a_token_of_a_foreign_key_is_refused_and_a_new_key_is_fetched():
    """A provider changes its keys without notice; an attacker has none that it publishes."""
    provider = Provider()
    client = client_of(provider, ManualClock())

    async def log_in() -> str:
        address, state = await client.begin("/")
        return (await client.finish(state, state, provider.authorize(address)["code"]))[0]

    assert await log_in() == "sub-board"
    provider.signing = KEYS[1]
    with pytest.raises(OidcError, match="invalid"):
        await log_in()
    provider.published = [KEYS[1]]
    assert await log_in() == "sub-board"


async def test_a_login_belongs_to_one_browser_once_and_for_ten_minutes():
    """A victim must not finish the login that an attacker began."""
    provider, clock = Provider(), ManualClock()
    client = client_of(provider, clock)
    address, state = await client.begin("/")
    code = provider.authorize(address)["code"]
    with pytest.raises(OidcError, match="Another browser"):
        await client.finish(state, "", code)
    with pytest.raises(OidcError, match="unknown"):
        await client.finish(state, state, code)

    _, state = await client.begin("/")
    clock.now += PENDING_SECONDS + 1
    with pytest.raises(OidcError, match="expired"):
        await client.finish(state, state, code)


async def test_a_code_needs_its_own_verifier():
    """A stolen code is worth nothing: that is what PKCE is for."""
    provider = Provider()
    client = client_of(provider, ManualClock())
    stolen = provider.authorize((await client.begin("/"))[0])["code"]
    _, state = await client.begin("/")

    with pytest.raises(OidcError, match="HTTPStatusError"):
        await client.finish(state, state, stolen)


async def test_another_issuer_in_the_discovery_is_refused():
    """The settings name the issuer, not the network."""
    with pytest.raises(OidcError, match="another issuer"):
        await client_of(Provider(issuer="https://evil.example"), ManualClock()).begin("/")
