"""The demo's own pages: an index of everything there is to see, a viewer of the mail that was really sent, and the
controls of the carrier lab. Registered only where there are demo controls (`portal.app.create_app(..., demo=...)`)."""

from __future__ import annotations

from portal.web.demo import index, lab, mail
from portal.web.demo.blueprint import blueprint

__all__ = ["blueprint", "index", "lab", "mail"]
