from __future__ import annotations

import gpuprop


class Read:
    """Read the sample catalog: 26,834 rows of OMM as CSV, compressed."""

    def setup(self) -> None:
        gpuprop.Catalog.sample()

    def time_read_omm_csv(self) -> None:
        gpuprop.Catalog.sample()
