from __future__ import annotations


class Import:
    """A fresh interpreter that only imports."""

    def timeraw_import(self) -> str:
        return "import gpuprop"

    def timeraw_import_and_resolve_public_names(self) -> str:
        return "import gpuprop; gpuprop.screen, gpuprop.propagate, gpuprop.Catalog, gpuprop.Encounters"
