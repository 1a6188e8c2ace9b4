"""The staff console."""

from portal.web.staff.blueprint import blueprint as blueprint
