"""`portal demo`: two shops, four carriers in a lab, and parcels that move on their own.

`command` is what a person runs, `stage` puts the parts together, `orders` writes the shops' order files from the
lab's world, `story` lets the days before today happen. Nothing here writes a case, a checkpoint or a message: they
come from polling the lab, through the same use cases as in production.
"""

from portal.cli.demo.command import demo

__all__ = ["demo"]
