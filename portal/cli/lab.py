"""`portal lab`: the loopback carriers on their own, until Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import Event

import click

from carriers.lab.accounts import LAB_CREDENTIALS, PLATFORM_TOKENS
from carriers.lab.server import Lab
from portal.bootstrap.carriers import all_adapters
from portal.bootstrap.clock import wall_clock


def make_command(real: Callable[[], datetime]) -> click.Command:
    """The command; `real` tells real time (aware)."""

    @click.command("lab")
    @click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on. Keep it on loopback.")
    @click.option("--port", default=8090, show_default=True, type=click.IntRange(0, 65535), help="0 takes a free one.")
    @click.option("--seed", default=7, show_default=True, help="The same seed gives the same world.")
    @click.option("--speed", default=1.0, show_default=True, type=click.FloatRange(0), help="Virtual seconds a second.")
    @click.option("--state", type=click.Path(dir_okay=False, path_type=Path), help="File that keeps labels and clock.")
    def lab(host: str, port: int, seed: int, speed: float, state: Path | None) -> None:
        """Run carriers on this machine that answer in their own formats about a world of parcels."""
        try:
            server = Lab.open(real=real, seed=seed, start=real(), speed=speed, state_path=state, host=host, port=port)
            server.start()
        except OSError as error:
            raise click.ClickException(f"Cannot listen on {host}:{port} ({error.strerror}). Try --port 0.") from None
        except ValueError as error:
            raise click.ClickException(str(error)) from None
        _introduce(server)
        try:
            Event().wait()
        except KeyboardInterrupt:
            click.echo("\nStopping.")
        finally:
            server.stop()

    return lab


def _introduce(server: Lab) -> None:
    """Where the carriers are, and how the portal is pointed there."""
    click.echo(f"The carrier lab runs at {server.url}/_lab/ with {len(server.world)} parcels.")
    codes = [code for code in server.wires if code in all_adapters()]
    click.echo("\nTo use it, give the carriers these addresses in config/carriers.toml:\n")
    for code in codes:
        click.echo(f'[{code}]\nbase_url = "{server.base_url(code)}"')
    click.echo("\nand these accounts in the environment:\n")
    for code in codes:
        for name, value in LAB_CREDENTIALS.get(code, {}).items():
            click.echo(f"export PORTAL_CARRIER_{code.upper()}_{name.upper()}={value}")
    click.echo("\nA shop that sold on Shopify is connected by its settings and a token:\n")
    click.echo(f'[platform]\nkind = "shopify"\nbase_url = "{server.base_url("shopify")}"')
    click.echo(f"export PORTAL_PLATFORM_<SHOP>_TOKEN={PLATFORM_TOKENS['shopify']}")
    click.echo("\nParcels: GET /_lab/parcels")
    click.echo("Labels:  GET /_lab/labels")
    click.echo('Time:    POST /_lab/clock {"speed": 30} or {"jump_hours": 24}')
    click.echo('Faults:  POST /_lab/faults {"carrier": "ups", "fault": "429", "calls": 3}')
    click.echo(
        'Pushes:  POST /_lab/pushes {"carrier": "easypost", "url": "http://127.0.0.1:8000/...", "secret": "..."}'
    )
    click.echo("\nCtrl-C stops it.")


lab = make_command(wall_clock)
