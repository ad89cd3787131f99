"""Key files: private keys readable by their owner only, and public keys of a deployment."""

from __future__ import annotations

import os
import re
from base64 import b64decode, b64encode
from binascii import Error
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from monitor.plan.board import PUBLIC_KEY_BYTES, is_small_order
from streams.records.signing import TRUST_ANYONE, Signer, Trust

NON_OWNER_BITS = 0o077
"""Permission bits of a file's group and of others."""

BOARD_KEY_LINE = re.compile(r'key\s*=\s*"([^"]*)"')
"""Matches a public key as a line of [[board]]."""


class InvalidKeyFile(Exception):
    """A key file is invalid; the message gives the reason and contains no key."""


def create_key(path: Path) -> Signer:
    """Generate an Ed25519 key, and write its private half to a new file at *path*, mode 0600.

    Raises InvalidKeyFile where the file cannot be written, or exists: overwriting would destroy a
    key.
    """
    signer = Signer(Ed25519PrivateKey.generate())
    pem = signer.private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        # O_EXCL does not follow a symbolic link at *path*.
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            os.fchmod(file.fileno(), 0o600)  # Independent of the umask.
            file.write(pem)
    except FileExistsError:
        raise InvalidKeyFile(f"{path} exists already: choose another path") from None
    except OSError as error:
        raise InvalidKeyFile(f"{path} cannot be written: {error.strerror}") from None
    return signer


def load_key(path: Path) -> Signer:
    """Return the key in the file at *path*.

    Raises InvalidKeyFile where the file has no Ed25519 key, or others may read it.
    """
    try:
        with path.open("rb") as file:
            if os.fstat(file.fileno()).st_mode & NON_OWNER_BITS:
                raise InvalidKeyFile(f"{path} may be read by others: `chmod 600 {path}`")
            private_key = load_pem_private_key(file.read(), password=None)
    except OSError as error:
        raise InvalidKeyFile(f"{path} cannot be read: {error.strerror}") from None
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidKeyFile(f"{path} holds no key: `tocsin keys new` creates one") from None
    if not isinstance(private_key, Ed25519PrivateKey):
        raise InvalidKeyFile(f"{path} holds a key of another kind than Ed25519")
    return Signer(private_key)


def encode_public_key(public: bytes) -> str:
    """Encode a public key in base64, as plans and key files contain it."""
    return b64encode(public).decode()


def read_trust(path: str | None, signers: int = 1) -> Trust:
    """Read the public keys of the file at *path*, of which *signers* must sign a plan.

    A line is a key in base64 or the line that `tocsin keys new` prints; `#` starts a comment.
    Without *path*, plans need no signature.  Raises InvalidKeyFile where the file is invalid, or
    where fewer than *signers* keys are known: no plan could be accepted.
    """
    if path is None:
        if signers > 1:
            message = (
                f"plans need {signers} signers (TOCSIN_PLAN_SIGNERS), but no key is configured"
            )
            raise InvalidKeyFile(f"{message}: name a file of keys in TOCSIN_PLAN_KEYS_FILE")
        return TRUST_ANYONE
    try:
        lines = Path(path).read_text(encoding="ascii").splitlines()
    except OSError as error:
        raise InvalidKeyFile(f"{path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise InvalidKeyFile(f"{path} is not a list of public keys") from None
    texts = {number: line.partition("#")[0].strip() for number, line in enumerate(lines, start=1)}
    keys = tuple(
        _parse_public_key(text, f"{path}, line {number}") for number, text in texts.items() if text
    )
    if not keys:
        raise InvalidKeyFile(f"{path} holds no key, so no plan could be accepted")
    if len(set(keys)) < signers:
        count = f"{len(set(keys))} key{'s' * (len(set(keys)) != 1)}"
        message = f"{path} holds {count}, and a plan needs {signers} signers (TOCSIN_PLAN_SIGNERS)"
        raise InvalidKeyFile(f"{message}, so no plan could be accepted")
    return Trust(keys, signers)


def _parse_public_key(text: str, location: str) -> bytes:
    match = BOARD_KEY_LINE.fullmatch(text)
    try:
        key = b64decode(match[1] if match else text, validate=True)
    except (Error, ValueError):
        key = b""
    if len(key) != PUBLIC_KEY_BYTES or is_small_order(key):
        raise InvalidKeyFile(f"{location}: not a public key as `tocsin keys new` prints it")
    return key
