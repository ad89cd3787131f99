"""The file of users, their passwords, and the members' encrypted keys."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest

from board.access.attempts import KEYS_MAX, AttemptLimit
from board.access.member_keys import MemberKeys, WrongPassphrase
from board.access.roles import RIGHTS, Right, Role, Zone
from board.access.sessions import SESSIONS_OF_USER_MAX, Sessions
from board.access.users import User, UsersError, hash_password, read_users
from streams.records.key_files import InvalidKeyFile

HASH = hash_password("right")
PASSPHRASE = "twelve or more"


def users_file(folder: Path, text: str) -> Path:
    """A file of users with this text."""
    path = folder / "users.toml"
    path.write_text(text)
    return path


def test_users_are_read_with_role_member_and_studies(tmp_path: Path):
    """A user without a password logs in by single sign-on only."""
    text = f"""
    [[user]]
    name = "dr-lee"
    role = "board"
    member = "board-2"
    studies = ["PRODERM"]
    password = "{HASH}"

    [[user]]
    name = "ops"
    role = "operations"
    studies = ["*"]
    subject = "0815"
    """
    users = read_users(users_file(tmp_path, text))
    lee = users.verify("dr-lee", "right", Zone.CLOSED)

    assert lee is not None and (lee.member, lee.role) == ("board-2", Role.BOARD)
    assert lee.may_read("PRODERM") and not lee.may_read("OTHER")
    assert users.verify("dr-lee", "right", Zone.OPEN) is None
    assert users.verify("dr-lee", "wrong", Zone.CLOSED) is None
    assert users.verify("dr-lee", "x" * 1_001, Zone.CLOSED) is None
    assert users.verify("ops", "nobody has this password", Zone.OPEN) is None
    assert users.verify("none", "nobody has this password", Zone.OPEN) is None
    ops = users.find_subject("0815", Zone.OPEN)
    assert ops is not None and ops.may_read("ANY")
    assert users.find_subject("0815", Zone.CLOSED) is None
    assert HASH not in repr(users)


ROW = f'[[user]]\nname = "a"\nrole = "board"\nstudies = ["*"]\npassword = "{HASH}"\n'


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (ROW, "", "one [[user]] table"),
        (ROW, "x =", "not TOML"),
        (ROW, ROW + ROW, "user 2: the name 'a' is taken"),
        (ROW, f"other = 1\n{ROW}", "nothing else"),
        (ROW, f"{ROW}admin = true\n", "unknown key 'admin'"),
        ('"board"', '"king"', "role is one of board, statistician"),
        (HASH, "right", "no argon2id hash"),
        ("password", "member", "give a password"),
        ('"board"', '"auditor"\nmember = "x"', "only the role board"),
        ('["*"]', "[]", "list the studies"),
        ('["*"]', '"*"', "list the studies"),
        ('"a"', "1", "name is no text"),
        ('"a"', f'"{"a" * 65}"', "give a name"),
    ],
    ids=map(str, range(13)),  # A hash has another salt in each process of the tests.
)
def test_an_invalid_file_says_where(tmp_path: Path, old: str, new: str, message: str):
    """And never shows a hash."""
    with pytest.raises(UsersError) as error:
        read_users(users_file(tmp_path, ROW.replace(old, new)))
    assert message in str(error.value)
    assert HASH not in str(error.value)


def test_a_missing_file_is_named(tmp_path: Path):
    """The operator sees which file."""
    with pytest.raises(UsersError, match=r"none\.toml cannot be read"):
        read_users(tmp_path / "none.toml")


def test_no_role_has_rights_on_both_boards():
    """Blinding is by process: a role of one board reads nothing of the other."""
    closed = {Right.READ_CLOSED, Right.READ_AUDIT, Right.MOVE}
    for role, rights in RIGHTS.items():
        assert bool(rights & closed) != (Right.READ_OPEN in rights)
        assert (role.zone is Zone.OPEN) == (Right.READ_OPEN in rights)


def test_a_key_opens_with_its_passphrase_only(tmp_path: Path):
    """The file holds nothing that signs without it, and is the owner's alone."""
    keys = MemberKeys(tmp_path / "keys")
    signer = keys.enrol("board-1", PASSPHRASE)

    assert keys.is_enrolled("board-1") and not keys.is_enrolled("board-2")
    assert keys.unlock("board-1", PASSPHRASE).key_id == signer.key_id
    for wrong in ("", "wrong", PASSPHRASE + " ", "x" * 2_000, "\udcff"):
        with pytest.raises(WrongPassphrase):
            keys.unlock("board-1", wrong)
    path = keys.path_of("board-1")
    assert path.stat().st_mode & 0o777 == 0o600
    assert signer.private_key.private_bytes_raw() not in path.read_bytes()
    with pytest.raises(InvalidKeyFile, match="exists already"):
        keys.enrol("board-1", PASSPHRASE)


@pytest.mark.parametrize(
    "field", ["format", "member", "key", "argon2id", "salt", "nonce", "sealed"]
)
def test_a_key_file_that_was_changed_does_not_open(tmp_path: Path, field: str):
    """What can be read of the file is authenticated: it cannot be given another member's name."""
    keys = MemberKeys(tmp_path)
    keys.enrol("board-1", PASSPHRASE)
    path = keys.path_of("board-1")
    stored = orjson.loads(path.read_bytes())
    stored[field] = [1, 1, 8] if field == "argon2id" else stored[field][::-1]
    path.write_bytes(orjson.dumps(stored))

    with pytest.raises((InvalidKeyFile, WrongPassphrase)):
        keys.unlock("board-1", PASSPHRASE)


def test_keys_that_cannot_be_used_are_named(tmp_path: Path):
    """A short passphrase, a name that is a path, a file that others read, a missing one."""
    keys = MemberKeys(tmp_path)
    with pytest.raises(InvalidKeyFile, match="at least 12"):
        keys.enrol("board-1", "short")
    with pytest.raises(InvalidKeyFile, match="letters"):
        keys.enrol("../board-1", PASSPHRASE)
    with pytest.raises(InvalidKeyFile, match="cannot be read"):
        keys.unlock("board-1", PASSPHRASE)
    keys.enrol("board-1", PASSPHRASE)
    keys.path_of("board-1").chmod(0o644)
    with pytest.raises(InvalidKeyFile, match="chmod 600"):
        keys.unlock("board-1", PASSPHRASE)


def test_limits_are_bounded_in_memory():
    """An attacker with many names or sessions fills no memory."""
    limit, sessions = AttemptLimit(clock=lambda: 0.0), Sessions(lambda: 0.0)
    limit.add_failure(*map(str, range(KEYS_MAX + 10)))
    assert len(limit.failed_at) == KEYS_MAX

    user = User(name="a", role=Role.BOARD)
    ids = [sessions.begin(user)[0] for _ in range(SESSIONS_OF_USER_MAX + 3)]
    assert len(sessions.by_key) == SESSIONS_OF_USER_MAX
    assert sessions.find(ids[0]) is None and sessions.find(ids[-1]) is not None
