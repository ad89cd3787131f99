"""The board section of a plan, and faults of it."""

from __future__ import annotations

from base64 import b64encode


def public_key(number: int) -> str:
    """A public key in base64, as in a plan."""
    return b64encode(bytes([number] * 32)).decode()


def seat(number: int) -> str:
    """The plan section of one board member."""
    return f'[[board]]\nmember = "board-{number}"\nkey = "{public_key(number)}"\n'


BOARD = f'\n{seat(1)}role = "chair"\n\n{seat(2)}'
MANY_SEATS = "".join(map(seat, range(3, 66)))

FAULTS = {
    "member unnamed": (
        f"{seat(2)}",
        f'[[board]] #!\nkey = "{public_key(2)}"',
        "no `member`",
        "Name the",
    ),
    "key left out": (
        f'"board-2"\nkey = "{public_key(2)}"\n',
        '"board-2"\n',
        "has no `key`",
        "keys new",
    ),
    "key cut short": (
        public_key(2),
        'ICEiIyQl" #!\n#',
        "board[2].key: is not a public key",
        "printed",
    ),
    "key of nobody": (
        public_key(2),
        f'{b64encode(bytes(32)).decode()}" #!\n#',
        "is a key that anybody can sign with",
        "printed",
    ),
    "key not base64": (public_key(2), 'é" #!\n#', "board[2].key: is not a public key", "printed"),
    "key of another": (
        public_key(2),
        f'{public_key(1)}" #!\n#',
        "is already the key of `board-1`",
        "a key of their own",
    ),
    "board beyond count": (seat(2), f"{seat(2)}{MANY_SEATS[:-1]} #!\n", "one too many", "most 64"),
}
"""As in `plans`: a piece of the plan, its replacement, the problem and the remedy."""

LINE_STARTS = {"key left out": "[[board]] 2"}
