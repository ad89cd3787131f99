"""The members' signing keys: one file a member, encrypted under the member's passphrase.

PKCS #8 as the library writes it derives its key by 2,048 rounds of PBKDF2, in half a millisecond:
a stolen file would soon be guessed.  So the raw key is sealed by AES-256-GCM under a key that
argon2id derives from the passphrase; what is readable of the file is authenticated with it.
"""

from __future__ import annotations

import os
import re
from base64 import b64decode, b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from streams.records.key_files import NON_OWNER_BITS, InvalidKeyFile, encode_public_key
from streams.records.signing import Signer

MEMBER_PATTERN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Matches the name of a member, which is also the name of a file."""

PASSPHRASE_CHARACTERS_MIN = 12
PASSPHRASE_CHARACTERS_MAX = 1_000

FORMAT = "tocsin-member-key/1"
PASSES, THREADS, KIBIBYTES = 3, 4, 64 << 10
"""argon2id by RFC 9106, second recommendation: 64 MiB, 3 passes."""

SALT_BYTES, NONCE_BYTES, KEY_BYTES = 16, 12, 32


class WrongPassphrase(Exception):
    """The passphrase does not open the member's key."""


@dataclass(frozen=True, slots=True)
class MemberKeys:
    """The folder of the members' encrypted keys: ``<member>.json``, mode 0600."""

    folder: Path

    def path_of(self, member: str) -> Path:
        """Return the path of the key of *member*.  Raises InvalidKeyFile for an unusable name."""
        if not MEMBER_PATTERN.fullmatch(member):
            raise InvalidKeyFile("A member's name has letters, digits, dot, dash and underscore.")
        return self.folder / f"{member}.json"

    def is_enrolled(self, member: str) -> bool:
        """Return whether there is a key of *member*."""
        return bool(MEMBER_PATTERN.fullmatch(member)) and self.path_of(member).is_file()

    def enrol(self, member: str, passphrase: str) -> Signer:
        """Generate a key for *member*, store it encrypted under *passphrase*, and return it.

        Raises InvalidKeyFile where the passphrase is too short, or the member has a key already.
        """
        if not PASSPHRASE_CHARACTERS_MIN <= len(passphrase) <= PASSPHRASE_CHARACTERS_MAX:
            least = PASSPHRASE_CHARACTERS_MIN
            raise InvalidKeyFile(f"The passphrase needs at least {least} characters.")
        path, signer = self.path_of(member), Signer(Ed25519PrivateKey.generate())
        content = _seal(signer, member, passphrase)
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
                os.fchmod(file.fileno(), 0o600)  # Independent of the umask.
                file.write(content)
        except FileExistsError:
            raise InvalidKeyFile(f"{path} exists already: remove it to enrol again") from None
        except OSError as error:
            raise InvalidKeyFile(f"{path} cannot be written: {error.strerror}") from None
        return signer

    def unlock(self, member: str, passphrase: str) -> Signer:
        """Return the key of *member*.

        Raises WrongPassphrase, or InvalidKeyFile where there is no usable file.  It takes a tenth
        of a second and 64 MiB: call it in a thread.
        """
        path = self.path_of(member)
        try:
            with path.open("rb") as file:
                if os.fstat(file.fileno()).st_mode & NON_OWNER_BITS:
                    raise InvalidKeyFile(f"{path} may be read by others: `chmod 600 {path}`")
                content = file.read()
        except OSError as error:
            raise InvalidKeyFile(f"{path} cannot be read: {error.strerror}") from None
        try:
            stored = orjson.loads(content)
            header = {name: stored[name] for name in _header(b"", member, b"", b"")}
            if (stored["format"], stored["member"]) != (FORMAT, member):
                raise ValueError
            return _unseal(header, b64decode(stored["sealed"]), passphrase)
        except (ValueError, LookupError, TypeError):
            raise InvalidKeyFile(f"{path} holds no key of {member}: enrol the member") from None


def _header(public: bytes, member: str, salt: bytes, nonce: bytes) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "member": member,
        "key": encode_public_key(public),
        "argon2id": [PASSES, THREADS, KIBIBYTES],
        "salt": b64encode(salt).decode(),
        "nonce": b64encode(nonce).decode(),
    }


def _seal(signer: Signer, member: str, passphrase: str) -> bytes:
    salt, nonce = os.urandom(SALT_BYTES), os.urandom(NONCE_BYTES)
    header = _header(signer.public_key, member, salt, nonce)
    cipher = AESGCM(_derive(passphrase, salt))
    raw = signer.private_key.private_bytes_raw()
    sealed = cipher.encrypt(nonce, raw, _authenticated(header))
    return orjson.dumps(header | {"sealed": b64encode(sealed).decode()}) + b"\n"


def _unseal(header: dict[str, Any], sealed: bytes, passphrase: str) -> Signer:
    """Decrypt a key.  The parameters are those of this version, not what the file asks for."""
    if not passphrase or len(passphrase) > PASSPHRASE_CHARACTERS_MAX:
        raise WrongPassphrase("The passphrase is wrong.")
    cipher = AESGCM(_derive(passphrase, b64decode(header["salt"])))
    try:
        raw = cipher.decrypt(b64decode(header["nonce"]), sealed, _authenticated(header))
    except InvalidTag:
        raise WrongPassphrase("The passphrase is wrong.") from None
    return Signer(Ed25519PrivateKey.from_private_bytes(raw))


def _derive(passphrase: str, salt: bytes) -> bytes:
    derivation = Argon2id(
        salt=salt, length=KEY_BYTES, iterations=PASSES, lanes=THREADS, memory_cost=KIBIBYTES
    )
    return derivation.derive(passphrase.encode(errors="replace"))


def _authenticated(header: dict[str, Any]) -> bytes:
    return orjson.dumps(header, option=orjson.OPT_SORT_KEYS)
