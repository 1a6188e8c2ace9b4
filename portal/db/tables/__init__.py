"""Every table. Importing this package makes the metadata complete (Alembic and the tests rely on it)."""

from portal.db.tables import carrier_accounts as carrier_accounts
from portal.db.tables import catalogue as catalogue
from portal.db.tables import checkpoints as checkpoints
from portal.db.tables import delivery_exceptions as delivery_exceptions
from portal.db.tables import effects as effects
from portal.db.tables import messages as messages
from portal.db.tables import operations as operations
from portal.db.tables import orders as orders
from portal.db.tables import pushes as pushes
from portal.db.tables import raw_answers as raw_answers
from portal.db.tables import return_flow as return_flow
from portal.db.tables import return_money as return_money
from portal.db.tables import returns as returns
from portal.db.tables import shipments as shipments
from portal.db.tables import shops as shops
from portal.db.tables import staff as staff
