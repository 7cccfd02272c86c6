"""``python -m gpuprop``: the same as the command ``gpuprop``."""

from __future__ import annotations

from gpuprop.cli import main

if __name__ == "__main__":
    main()
