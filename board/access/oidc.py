"""Single sign-on: the authorization code flow of OpenID Connect, with PKCE (RFC 7636)."""

from __future__ import annotations

import time
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from secrets import compare_digest, token_urlsafe
from typing import Any
from urllib.parse import urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

ALGORITHMS = ["RS256", "PS256", "ES256", "Ed25519", "EdDSA"]
"""Signatures of an ID token that are accepted: none with a shared secret."""

PENDING_SECONDS = 600.0
PENDING_MAX = 1_000
LEEWAY_SECONDS = 60
DISCOVERY = "/.well-known/openid-configuration"


class OidcError(Exception):
    """The provider's answer is not valid, or it does not answer; the message has no secret."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OidcConfig:
    """The registration of the board at the provider *issuer*.

    *redirect* is the address of this board's ``/login/oidc/done``.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingLogin:
    """A login that the provider has not answered; *state* also stands in the browser's cookie."""

    state: str
    nonce: str
    verifier: str
    destination: str
    expires_at: float


@dataclass(slots=True)
class OidcClient:
    """Sends browsers to the provider, and verifies whom it returns."""

    config: OidcConfig
    http: httpx.AsyncClient
    clock: Callable[[], float] = time.monotonic
    pending: dict[str, PendingLogin] = field(default_factory=dict[str, PendingLogin], repr=False)
    metadata: Mapping[str, Any] = field(default_factory=dict[str, Any])
    keys: KeySet | None = None

    async def begin(self, destination: str) -> tuple[str, str]:
        """Return the provider's address for a new login, and the state for the cookie."""
        login = PendingLogin(
            state=token_urlsafe(32),
            nonce=token_urlsafe(32),
            verifier=token_urlsafe(48),
            destination=destination,
            expires_at=self.clock() + PENDING_SECONDS,
        )
        self.pending[login.state] = login
        while len(self.pending) > PENDING_MAX:
            del self.pending[next(iter(self.pending))]
        challenge = urlsafe_b64encode(sha256(login.verifier.encode()).digest()).rstrip(b"=")
        query = {
            "response_type": "code",
            "scope": "openid",
            "client_id": self.config.client_id,
            "redirect_uri": self.config.redirect,
            "state": login.state,
            "nonce": login.nonce,
            "code_challenge": challenge.decode(),
            "code_challenge_method": "S256",
        }
        address = (await self._discover())["authorization_endpoint"]
        return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", login.state

    async def finish(self, state: str, cookie: str, code: str) -> tuple[str, str]:
        """Return the subject that logged in, and the destination.  Raises OidcError."""
        login = self.pending.pop(state, None)
        if login is None or self.clock() > login.expires_at:
            raise OidcError("The login is unknown or has expired: begin again.")
        if not compare_digest(state.encode(), cookie.encode(errors="replace")):
            raise OidcError("Another browser began this login: begin again.")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.config.redirect,
            "code_verifier": login.verifier,
        }
        answer = await self._send(
            "POST",
            (await self._discover())["token_endpoint"],
            data=form,
            auth=(self.config.client_id, self.config.client_secret),
        )
        return await self._verify(str(answer.get("id_token", "")), login.nonce), login.destination

    async def close(self) -> None:
        """Close the connections."""
        await self.http.aclose()

    async def _verify(self, token: str, nonce: str) -> str:
        """Return the subject of an ID token; fetch the provider's keys again if none fits."""
        if self.keys is not None:
            with suppress(JoseError, ValueError):
                claims = jwt.decode(token, self.keys, algorithms=ALGORITHMS).claims
                return self._check_claims(claims, nonce)
        self.keys = await self._fetch_keys()
        try:
            claims = jwt.decode(token, self.keys, algorithms=ALGORITHMS).claims
        except (JoseError, ValueError) as error:
            raise OidcError(f"The ID token is invalid: {type(error).__name__}.") from None
        return self._check_claims(claims, nonce)

    def _check_claims(self, claims: Mapping[str, Any], nonce: str) -> str:
        registry = jwt.JWTClaimsRegistry(
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": self.config.issuer},
            aud={"essential": True, "value": self.config.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        try:
            registry.validate(dict(claims))
        except JoseError as error:
            raise OidcError(f"The ID token is invalid: {type(error).__name__}.") from None
        client_id = self.config.client_id
        alone = claims["aud"] in (client_id, [client_id])
        if (not alone or "azp" in claims) and claims.get("azp") != client_id:
            raise OidcError("The ID token is for another party.")
        if not compare_digest(str(claims.get("nonce", "")).encode(), nonce.encode()):
            raise OidcError("The ID token belongs to another login.")
        return str(claims["sub"])

    async def _fetch_keys(self) -> KeySet:
        document = await self._send("GET", (await self._discover())["jwks_uri"])
        try:
            return KeySet.import_key_set(document)  # pyright: ignore[reportArgumentType]
        except (JoseError, ValueError, LookupError, TypeError):
            raise OidcError("The provider's keys cannot be read.") from None

    async def _discover(self) -> Mapping[str, Any]:
        if not self.metadata:
            metadata = await self._send("GET", self.config.issuer.rstrip("/") + DISCOVERY)
            if metadata.get("issuer") != self.config.issuer:
                raise OidcError("The provider names another issuer than the settings.")
            self.metadata = metadata
        return self.metadata

    async def _send(self, method: str, address: str, **options: Any) -> dict[str, Any]:
        try:
            response = await self.http.request(method, address, **options)
            response.raise_for_status()
            document: object = response.json()
        except (httpx.HTTPError, ValueError) as error:
            raise OidcError(f"The provider does not answer: {type(error).__name__}.") from None
        if not isinstance(document, dict):
            raise OidcError("The provider's answer is no object.")
        return document  # pyright: ignore[reportUnknownVariableType]
