"""Writes the secrets of docker-compose.yml, each to its own file: ``make secrets``.

Existing secrets are kept, so a second run changes none.  To replace one, delete its file, run
``make secrets`` again and restart the services that mount it.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import sys
import tomllib
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

HERE = Path(__file__).resolve().parent
KAFKA_ACLS = HERE / "kafka" / "acls.toml"
STORE_USERS = HERE / "redis" / "users.acl"

TOKENS = ("metrics-token", "grafana-admin", "ui-password", "link-secret")
"""Secrets that are random tokens."""

USERS_WITHOUT_GRANTS = ("broker", "admin")
"""Kafka users without a grant: the broker itself, and the super user who applies the grants."""

SERVERS = {
    "kafka-tls": "kafka",
    "store-tls": "valkey",
    "board-closed-tls": "board-closed",
    "board-open-tls": "board-open",
    "intake-tls": "intake",
}
"""The host name in each certificate."""

BOARD_USERS = {
    "closed": {"chair": "board", "statistician": "statistician", "auditor": "auditor"},
    "open": {"sponsor": "sponsor", "operations": "operations"},
}
"""The first users of each page and their roles, until an operator lists the people."""

INTAKE_STUDY, INTAKE_SYSTEM = "PRODERM", "edc"
"""Study and source system of the first client of the intake."""

PASSES, LANES, KIBIBYTES = 3, 4, 64 << 10
"""argon2id by RFC 9106, second recommendation: 64 MiB, 3 passes."""

FOR_ALL, FOR_OWNER = 0o444, 0o400
"""Mode of a file that a container mounts and reads as another user, and of one that none mounts."""

CERTIFICATE_DAYS = 825
"""Validity of a certificate in days; some clients refuse a longer one."""

CertificateAndKey = tuple[x509.Certificate, ec.EllipticCurvePrivateKey]


def make_secrets(folder: Path) -> list[str]:
    """Write the secrets that *folder* lacks; return the names of those written."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    written = [
        name for name in secret_names() if write_new_file(folder / name, secrets.token_urlsafe(32))
    ]
    written += make_certificates(folder)
    for zone in BOARD_USERS:
        written += make_board_users(folder, zone)
    written += make_intake_client(folder)
    # The file is derived from the store passwords, so it is always written again.
    (folder / "users.acl").unlink(missing_ok=True)
    write_new_file(folder / "users.acl", render_store_users(folder))
    return written


def secret_names() -> list[str]:
    """Return the names of all passwords and tokens."""
    kafka_users = [*USERS_WITHOUT_GRANTS, *tomllib.loads(KAFKA_ACLS.read_text())]
    return [
        *(f"kafka-{name}" for name in kafka_users),
        *(f"store-{name}" for name in store_user_names()),
        *TOKENS,
    ]


def store_user_names() -> list[str]:
    """Return the users who may log in to the store."""
    names = [line.split()[1] for line in user_rules()]
    return [name for name in names if name != "default"]


def user_rules() -> list[str]:
    """Return the user lines of the committed ``users.acl``, which contains no password."""
    return [line for line in STORE_USERS.read_text().splitlines() if line.startswith("user ")]


def render_store_users(folder: Path) -> str:
    """Render the ``users.acl`` that the store reads: each rule with its password's SHA-256."""
    lines: list[str] = []
    for line in user_rules():
        _, name, permissions = line.split(maxsplit=2)
        password_file = folder / f"store-{name}"
        password_digest = (
            f"#{sha256(password_file.read_bytes()).hexdigest()} " if name != "default" else ""
        )
        lines.append(f"user {name} {password_digest}{permissions}\n")
    return "".join(lines)


def make_board_users(folder: Path, zone: str) -> list[str]:
    """Write the users of a page, and beside it their passwords, for the operator to hand out.

    Writes nothing if there are users.  No container mounts the passwords, which may be deleted.
    """
    users_file, passwords_file = f"board-{zone}-users", f"board-{zone}-passwords"
    if (folder / users_file).exists():
        return []
    passwords = {name: secrets.token_urlsafe(16) for name in BOARD_USERS[zone]}
    users = [
        render_board_user(name, role, hash_password(passwords[name]))
        for name, role in BOARD_USERS[zone].items()
    ]
    lines = [f"{name} {password}\n" for name, password in passwords.items()]
    (folder / passwords_file).unlink(missing_ok=True)
    write_new_file(folder / passwords_file, "".join(lines), FOR_OWNER)
    write_new_file(folder / users_file, "\n".join(users))
    return [users_file, passwords_file]


def make_intake_client(folder: Path) -> list[str]:
    """Write the first client of the intake, and beside it its token, for the operator to hand out.

    Writes nothing if there are clients.  No container mounts the token, which may be deleted.
    """
    if (folder / "intake-clients").exists():
        return []
    token = f"tocsin_{secrets.token_urlsafe(32)}"
    lines = [
        "[[client]]",
        f'name = "{INTAKE_SYSTEM}"',
        f'studies = ["{INTAKE_STUDY}"]',
        f'systems = ["{INTAKE_SYSTEM}"]',
        f'token_sha256 = ["{sha256(token.encode()).hexdigest()}"]',
    ]
    (folder / "intake-token").unlink(missing_ok=True)
    write_new_file(folder / "intake-token", f"{token}\n", FOR_OWNER)
    write_new_file(folder / "intake-clients", "\n".join(lines) + "\n")
    return ["intake-token", "intake-clients"]


def render_board_user(name: str, role: str, password_hash: str) -> str:
    """Render a user of all studies; one of the board signs as the member of the same name."""
    member = f'member = "{name}"\n' if role == "board" else ""
    return (
        f'[[user]]\nname = "{name}"\nrole = "{role}"\n{member}studies = ["*"]\n'
        f'password = "{password_hash}"\n'
    )


def hash_password(password: str) -> str:
    """Return the argon2id hash of *password*; unlike the page's own code, without the extra."""
    derivation = Argon2id(
        salt=os.urandom(16), length=32, iterations=PASSES, lanes=LANES, memory_cost=KIBIBYTES
    )
    return derivation.derive_phc_encoded(password.encode())


def make_certificates(folder: Path) -> list[str]:
    """Write a certificate authority for this deployment, and a certificate for each server.

    Writes nothing if all files exist.  The key of the authority is discarded, so it cannot sign
    any other certificate.
    """
    if all((folder / name).exists() for name in ("tls-ca", *SERVERS)):
        return []
    key = ec.generate_private_key(ec.SECP256R1())
    authority = (build_certificate("tocsin", key, None), key)
    (folder / "tls-ca").unlink(missing_ok=True)
    write_new_file(folder / "tls-ca", to_pem(authority[0]))
    for name, host in SERVERS.items():
        server_key = ec.generate_private_key(ec.SECP256R1())
        (folder / name).unlink(missing_ok=True)
        write_new_file(
            folder / name,
            to_pem(server_key) + to_pem(build_certificate(host, server_key, authority)),
        )
    return ["tls-ca", *SERVERS]


def build_certificate(
    host: str, key: ec.EllipticCurvePrivateKey, authority: CertificateAndKey | None
) -> x509.Certificate:
    """Build the certificate of *host*; without an *authority*, a self-signed authority."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host)])
    issuer, signer = (authority[0].subject, authority[1]) if authority else (name, key)
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=CERTIFICATE_DAYS))
        .add_extension(x509.BasicConstraints(ca=authority is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(authority_key_identifier(signer), critical=False)
        .add_extension(key_usage(authority is None), critical=True)
    )
    if authority is not None:
        loopback = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
        names = [x509.DNSName(host), x509.DNSName("localhost"), loopback]
        extended_usage = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        builder = builder.add_extension(x509.ExtendedKeyUsage(extended_usage), critical=False)
    return builder.sign(signer, hashes.SHA256())


def authority_key_identifier(signer: ec.EllipticCurvePrivateKey) -> x509.AuthorityKeyIdentifier:
    """Return the identifier of the signing key; strict clients require it in a certificate."""
    return x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())


def key_usage(is_authority: bool) -> x509.KeyUsage:
    """Return the permitted use of a key: an authority signs certificates, a server handshakes."""
    unused = dict.fromkeys(
        (
            "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
            "encipher_only", "decipher_only",
        ),
        False,
    )  # fmt: skip
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        **unused,
    )


def to_pem(certificate_or_key: x509.Certificate | ec.EllipticCurvePrivateKey) -> str:
    """Encode a certificate, or a key in PKCS 8 for Java, as PEM text."""
    if isinstance(certificate_or_key, x509.Certificate):
        return certificate_or_key.public_bytes(serialization.Encoding.PEM).decode()
    return certificate_or_key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def write_new_file(path: Path, text: str, mode: int = FOR_ALL) -> bool:
    """Write a new file; return False if it exists.  Only the owner can enter the folder."""
    if path.exists():
        return False
    path.touch(mode=0o600)
    path.write_text(text)
    path.chmod(mode)
    return True


if __name__ == "__main__":
    secrets_folder = Path(sys.argv[1] if sys.argv[1:] else ".secrets")
    written_names = make_secrets(secrets_folder)
    print(
        f"{secrets_folder}/: {', '.join(written_names) if written_names else 'all secrets exist'}"
    )
