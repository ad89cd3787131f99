"""The closed page of a process that was started with it, for whoever has the token."""

from __future__ import annotations

from pathlib import Path
from urllib.request import Request, urlopen

from streams.local.ports import free_ports

TOKEN = "a-token-of-many-characters"


def closed_page_settings(folder: Path) -> dict[str, str]:
    """Settings by which a deliverer shows its numbers to whoever has the token."""
    (folder / "token").write_text(TOKEN)
    address = f"127.0.0.1:{free_ports(1)[0]}"
    return {"METRICS_CLOSED": address, "METRICS_TOKEN_FILE": str(folder / "token")}


def read_closed_page(address: str) -> str:
    """What the closed page shows to whoever has the token."""
    request = Request(f"http://{address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urlopen(request, timeout=5) as response:
        return response.read().decode()
