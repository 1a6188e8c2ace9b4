"""All pages of the staff console are under `/staff`."""

from __future__ import annotations

from flask import Blueprint

from portal.web.audience import declare

blueprint = declare(Blueprint("staff", __name__, url_prefix="/staff"), "staff")
