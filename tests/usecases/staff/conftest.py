"""Staff and cases for the tests of the console."""

from tests.support.desk import agent as agent
from tests.support.desk import make_case as make_case
from tests.support.desk import make_staff as make_staff
