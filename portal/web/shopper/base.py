"""The shopper's pages: `/<shop>/…`, or `/…` on the shop's own host."""

from __future__ import annotations

from flask import Blueprint

from portal.web import shop_context
from portal.web.audience import declare

blueprint = declare(Blueprint("shopper", __name__, url_prefix="/<shop>"), "shopper")
shop_context.bind(blueprint)
