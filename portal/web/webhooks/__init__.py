"""Addresses for machines that tell us something: carriers' pushes."""

from portal.web.webhooks.pushes import blueprint as blueprint
