"""The bar that shows how far a run is; rich is imported for it alone."""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["bar"]


class _Rate(ProgressColumn):
    def render(self, task: Task) -> Text:
        return Text(
            f"{task.completed / task.elapsed:,.0f} steps/s" if task.completed and task.elapsed else ""
        )


@contextmanager
def bar(description: str) -> Iterator[Callable[..., None]]:
    """Draw a bar on stderr; what is given may set `description`, `completed` and `total`."""
    columns = (TextColumn("{task.description}"), BarColumn(), _Rate(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        yield partial(progress.update, progress.add_task(description, total=None))
