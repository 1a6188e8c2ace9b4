"""A carrier on loopback that answers at once, in its own process: UPS-shaped, ten activities, some six kilobytes.

`python -m benchmarks.stub 0.1` prints its port and serves until its standard input ends; each parcel's answer takes a
tenth of a second.
"""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from tests.support.doubles import NOON

ACTIVITIES = 10
CREDENTIALS = {"client_id": "bench", "client_secret": "bench"}
_NUMBER = b"1Z0000000000000000"


def answer() -> dict[str, Any]:
    """A parcel on its way: ten scans, the newest first (Tracking.yaml)."""
    package = {
        "trackingNumber": _NUMBER.decode(),
        "deliveryDate": [{"type": "SDD", "date": f"{NOON + timedelta(days=2):%Y%m%d}"}],
        "activity": [_activity(n) for n in reversed(range(ACTIVITIES))],
        "currentStatus": {"description": "On the Way", "code": "005"},
        "packageAddress": [_address("ORIGIN"), _address("DESTINATION")],
        "weight": {"unitOfMeasurement": "LBS", "weight": "4.20"},
        "service": {"code": "518", "levelCode": "003", "description": "Ground"},
        "milestones": [
            {"category": "M", "code": str(n), "current": n == 5, "description": "x" * 150} for n in range(9)
        ],
        "packageCount": 1,
    }
    return {"trackResponse": {"shipment": [{"inquiryNumber": _NUMBER.decode(), "package": [package]}]}}


def _address(kind: str) -> dict[str, Any]:
    place = {"city": "Albany", "stateProvince": "NY", "countryCode": "US", "country": "US", "postalCode": "12207"}
    return {"type": kind, "name": "", "attentionName": "", "address": place}


def _activity(n: int) -> dict[str, Any]:
    gmt = NOON - timedelta(hours=3 * (ACTIVITIES - n))
    local = gmt - timedelta(hours=5)
    place = {"city": f"Town {n}", "stateProvince": "NY", "countryCode": "US", "country": "US"}
    return {
        "location": {"address": place, "slic": f"12{n:02d}"},
        "status": {"type": "I", "description": "Departed from Facility", "code": "DP", "statusCode": "005"},
        "date": f"{local:%Y%m%d}",
        "time": f"{local:%H%M%S}",
        "gmtDate": f"{gmt:%Y%m%d}",
        "gmtOffset": "-05:00",
        "gmtTime": f"{gmt:%H:%M:%S}",
    }


def _http(body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode() + body


class _Carrier(asyncio.Protocol):
    latency = 0.0  # seconds
    token = _http(json.dumps({"access_token": "t", "expires_in": "14399", "token_type": "Bearer"}).encode())
    tracking = _http(json.dumps(answer()).encode())

    def connection_made(self, transport: Any) -> None:
        self.transport, self.held = transport, b""

    def data_received(self, data: bytes) -> None:
        self.held += data
        if b"\r\n\r\n" not in self.held:
            return
        head, _, body = self.held.partition(b"\r\n\r\n")
        if head.startswith(b"POST") and not body:
            return  # the form comes in a packet of its own
        self.held = b""
        if head.startswith(b"POST"):
            self.transport.write(self.token)
            return
        number = head[: head.index(b" HTTP")].rpartition(b"/")[2].partition(b"?")[0]
        found = self.tracking.replace(_NUMBER, number)
        if self.latency:
            asyncio.get_running_loop().call_later(self.latency, self.transport.write, found)
        else:
            self.transport.write(found)


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(_Carrier, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)


@contextmanager
def running(latency: float = 0.0) -> Iterator[str]:
    """Yields the stub's address. Its answers take `latency` seconds."""
    command = [sys.executable, "-m", "benchmarks.stub", str(latency)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.communicate()


if __name__ == "__main__":
    _Carrier.latency = float(sys.argv[1]) if len(sys.argv) > 1 else 0.0
    asyncio.run(_serve())
