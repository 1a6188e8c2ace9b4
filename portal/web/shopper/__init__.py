"""The shopper's pages. Importing the modules adds their routes."""

from portal.web.shopper import access as access
from portal.web.shopper import find as find
from portal.web.shopper import order as order
from portal.web.shopper import returns as returns
from portal.web.shopper import theme as theme
from portal.web.shopper.base import blueprint as blueprint
