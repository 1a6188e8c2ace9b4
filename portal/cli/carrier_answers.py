"""`portal carriers replay`, `held` and `unmapped`: what carriers said, read again, decided on, explained."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from gettext import gettext as _

import click

from portal.cli.context import CliContext
from portal.domain.unmapped import MEANINGS
from portal.usecases.carriers import codes
from portal.usecases.tracking import holds
from portal.usecases.tracking.remap import apply_mappings
from portal.usecases.tracking.replay import Wanted
from portal.usecases.tracking.replay import replay as read_again

ACTOR = "cli"


@click.command("replay")
@click.option("--carrier", help="Only answers about this carrier's parcels.")
@click.option("--since", type=click.DateTime(), help="Only answers that came since then (UTC).")
@click.option("--shipment", type=int, help="Only answers about this parcel, by its id.")
@click.option("--dry-run", is_flag=True, help="Tell what would change, and change nothing.")
@click.pass_obj
def replay(
    context: CliContext, carrier: str | None, since: datetime | None, shipment: int | None, dry_run: bool
) -> None:
    """Read kept answers again with today's tables and merge them. Doing it twice changes nothing more."""
    wanted = Wanted(carrier, since.replace(tzinfo=UTC) if since else None, shipment)
    done = read_again(context.deps(), wanted, dry_run=dry_run)
    found = {"answers": done.answers, "parcels": len(done.parcels), "changed": len(done.changed)}
    said = _("%(answers)s answers about %(parcels)s parcels; %(changed)s parcels change")
    click.echo((said if dry_run else _("%(answers)s answers about %(parcels)s parcels; %(changed)s changed")) % found)
    for (before, after), count in sorted(done.statuses.items()):
        click.echo(f"{count:>6}  {before} → {after}")
    if done.unreadable:
        click.echo(_("%(count)s answers cannot be read") % {"count": done.unreadable})


@click.group("held")
def held() -> None:
    """Answers that would end too many parcels at once, and wait for a person."""


@held.command("list")
@click.pass_obj
def list_held(context: CliContext) -> None:
    """What waits."""
    found = holds.list_held(context.deps())
    for batch in found:
        words = _("%(parcels)s of %(open)s open parcels would end") % {
            "parcels": batch.parcels,
            "open": batch.open_parcels,
        }
        click.echo(f"{batch.id:>6}  {batch.carrier:<16} {batch.held_at:%Y-%m-%d %H:%M} UTC  {words}")
    if not found:
        click.echo(_("No answers wait for a person."))


@held.command("release")
@click.argument("batch", type=int)
@click.pass_obj
def release(context: CliContext, batch: int) -> None:
    """The answers are right: merge them."""
    click.echo(_("%(count)s parcels changed") % {"count": holds.release(context.deps(), batch, actor=ACTOR)})


@held.command("discard")
@click.argument("batch", type=int)
@click.pass_obj
def discard(context: CliContext, batch: int) -> None:
    """The answers are wrong: forget them and ask again."""
    click.echo(
        _("%(count)s parcels are asked about again") % {"count": holds.discard(context.deps(), batch, actor=ACTOR)}
    )


@click.group("unmapped")
def unmapped() -> None:
    """Codes, and texts without a code, that no table knows."""


@unmapped.command("list")
@click.option("--carrier")
@click.option("--state", type=click.Choice([*codes.STATES, "all"]), default="open", show_default=True)
@click.option("--json", "as_json", is_flag=True)
@click.pass_obj
def list_unmapped(context: CliContext, carrier: str | None, state: str, as_json: bool) -> None:
    """The inbox, the most frequent first, with what the words seem to say."""
    found = codes.list_unmapped(context.deps(), state=None if state == "all" else state, carrier=carrier)
    if as_json:
        click.echo(json.dumps([_row(one) for one in found], ensure_ascii=False, indent=2))
        return
    for one in found:
        seems = f"  → {one.suggestion}?" if one.suggestion else ""
        click.echo(f"{one.id:>6}  {one.carrier:<16} {one.raw_code or '–':<12} {one.count:>5} ×{seems}")
        for text in one.texts:
            click.echo(f"        “{text}”")
    if not found:
        click.echo(_("The inbox is empty."))


def _row(one: codes.Unmapped) -> dict[str, object]:
    return {
        "id": one.id,
        "carrier": one.carrier,
        "code": one.raw_code,
        "state": one.state,
        "count": one.count,
        "first_seen_at": one.first_seen_at.isoformat(),
        "last_seen_at": one.last_seen_at.isoformat(),
        "texts": list(one.texts),
        "shipments": list(one.shipments),
        "suggestion": one.suggestion,
        "confidence": one.confidence,
    }


@unmapped.command("map")
@click.argument("code_id", metavar="ID", type=int)
@click.argument("meaning", type=click.Choice(list(MEANINGS)), metavar="MEANING")
@click.option("--text", "pattern", default="", help="Only where its text contains this.")
@click.pass_obj
def map_(context: CliContext, code_id: int, meaning: str, pattern: str) -> None:
    """Say what a code means, as in `map 12 Exception_005`, and correct history by it."""
    deps = context.deps()
    made = codes.map_code(deps, code_id, meaning, pattern=pattern, actor=ACTOR)
    count = apply_mappings(deps)
    click.echo(_("Mapping %(id)s is in force; %(count)s parcels were corrected.") % {"id": made, "count": count})


@unmapped.command("mappings")
@click.option("--carrier")
@click.pass_obj
def mappings(context: CliContext, carrier: str | None) -> None:
    """What is in force."""
    for one in codes.list_mappings(context.deps(), carrier):
        what = one.raw_code or f"“{one.text_key}”"
        narrowed = f" + “{one.pattern}”" if one.pattern else ""
        click.echo(f"{one.id:>6}  {one.carrier:<16} {what}{narrowed} → {one.meaning}  ({one.made_by})")


@unmapped.command("undo")
@click.argument("mapping", type=int)
@click.pass_obj
def undo(context: CliContext, mapping: int) -> None:
    """Take a mapping back: its scans are unknown again."""
    deps = context.deps()
    codes.undo_mapping(deps, mapping, actor=ACTOR)
    click.echo(_("Undone; %(count)s parcels were corrected.") % {"count": apply_mappings(deps)})


@unmapped.command("ignore")
@click.argument("code_id", metavar="ID", type=int)
@click.option("--back", is_flag=True, help="Have it in the inbox again.")
@click.pass_obj
def ignore(context: CliContext, code_id: int, back: bool) -> None:
    """Pass over a code."""
    codes.set_aside(context.deps(), code_id, actor=ACTOR, ignored=not back)
    click.echo(_("It is in the inbox again.") if back else _("It is passed over."))


@unmapped.command("export")
@click.option("--carrier")
@click.pass_obj
def export(context: CliContext, carrier: str | None) -> None:
    """What is in force, as patches for the adapters; as lines where one has several code tables."""
    click.echo(codes.export(context.deps(), carrier), nl=False)
