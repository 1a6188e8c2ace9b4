"""`portal demo`."""

from __future__ import annotations

import shutil
import signal
import threading
from pathlib import Path

import click

from portal.cli.demo.controls import make_controls
from portal.cli.demo.stage import Stage, free_port, open_stage
from portal.cli.demo.story import let_days_pass, open_shops
from portal.cli.serve import WebServer, make_app
from portal.jobs.runner import Worker
from portal.logs import configure
from portal.settings import ROOT
from portal.usecases.shops import list_shops
from portal.web.demo.controls import DemoControls


@click.command()
@click.option(
    "--port",
    default=8000,
    show_default=True,
    type=click.IntRange(1, 65_535),
    envvar="PORT",
    help="A taken one leads to the next free.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Keep it on loopback: the demo has no secrets.")
@click.option("--seed", default=7, show_default=True, help="The same seed gives the same world.")
@click.option(
    "--folder",
    default=ROOT / "var" / "demo",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where its data lie.",
)
@click.option("--reset", is_flag=True, help="Forget the data and stop.")
def demo(port: int, host: str, seed: int, folder: Path, reset: bool) -> None:
    """Two shops, four carriers in a lab, parcels on the move. Ctrl-C stops all of it; the data stay."""
    if reset:
        shutil.rmtree(folder, ignore_errors=True)
        click.echo("The demo's data are gone; the next start begins anew.")
        return
    configure("WARNING")
    with open_stage(folder, host=host, port=free_port(host, port), seed=seed) as stage:
        if not list_shops(stage.deps):
            open_shops(stage)
        _serve(stage)


def _serve(stage: Stage) -> None:
    """The pages stand from the first moment; on the first start the last two weeks then pass before one's eyes."""
    told = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: told.set())
    settings = stage.settings
    controls = make_controls(stage)
    server = WebServer(make_app(stage.deps, settings, controls), settings.host, settings.port, settings.web_threads)
    worker = Worker(stage.deps)
    server.start()
    click.echo(f"\nDoorstep is running: {settings.base_url}/\n")
    if not stage.is_ready:
        click.echo("Two weeks of orders and parcels pass first:")
        let_days_pass(stage, click.echo, told)
    if stage.is_ready:
        worker.start()
        _introduce(stage, controls)
        told.wait()
    click.echo("\nStopping ...")
    worker.stop()
    server.stop()
    stage.lab.save()


def _introduce(stage: Stage, controls: DemoControls) -> None:
    for what, address in controls.addresses().items():
        click.echo(f"  {what:<26}{address}")
    click.echo("\nOrders to look up (order number, e-mail):")
    for sample in controls.samples():
        click.echo(f"  {sample.shop_name:<14}{sample.order_number:<9}{sample.email:<34}{sample.what}")
    click.echo("\nStaff:")
    for email, password in stage.passwords.items():
        click.echo(f"  {email:<26}{password}")
    click.echo("\nCtrl-C stops all of it. `make demo-reset` starts over.")
