"""Understanding of Danish and English text. Knows no web framework and no store.

The embedding engine's threads spin while they wait for one another. With other work on the machine a query
then took 2,800 ms instead of 40 (measured on 2 cores), so they are told to sleep. OpenMP reads this once,
when its library is loaded, so it stands before everything else.
"""

import os

os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
