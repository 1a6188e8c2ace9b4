"""The staff console. Importing the modules adds their routes."""

from portal.web.staff import carriers as carriers
from portal.web.staff import case as case
from portal.web.staff import common as common
from portal.web.staff import door as door
from portal.web.staff import gift_codes as gift_codes
from portal.web.staff import lookup as lookup
from portal.web.staff import policy as policy
from portal.web.staff import queue as queue
from portal.web.staff import return_decide as return_decide
from portal.web.staff import return_exchange as return_exchange
from portal.web.staff import return_insight as return_insight
from portal.web.staff import return_labels as return_labels
from portal.web.staff import return_lists as return_lists
from portal.web.staff import return_money as return_money
from portal.web.staff import return_new as return_new
from portal.web.staff import return_photos as return_photos
from portal.web.staff import return_work as return_work
from portal.web.staff import returns as returns
from portal.web.staff import team as team
from portal.web.staff.blueprint import blueprint as blueprint
