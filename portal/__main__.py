"""`python -m portal` is the command `portal`."""

import sys

from portal.cli import main

sys.exit(main())
