"""The closed metrics page of a process, which is served to requests with its token."""

from __future__ import annotations

from pathlib import Path
from urllib.request import Request, urlopen

from streams.local.ports import free_ports

TOKEN = "a-token-of-many-characters"


def closed_page_settings(folder: Path) -> dict[str, str]:
    """Write the token file to *folder*, and return the settings that enable the closed page."""
    (folder / "token").write_text(TOKEN)
    address = f"127.0.0.1:{free_ports(1)[0]}"
    return {"METRICS_CLOSED": address, "METRICS_TOKEN_FILE": str(folder / "token")}


def read_closed_page(address: str) -> str:
    """Fetch the closed page at *address* with the token."""
    request = Request(f"http://{address}/metrics", headers={"Authorization": f"Bearer {TOKEN}"})
    with urlopen(request, timeout=5) as response:
        return response.read().decode()
