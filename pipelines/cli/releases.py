"""Commands about releases: `releases list`, `releases show`.

What belongs here: what releases there are and what one says of itself. What does not: asking it (inspect.py).
"""

from typing import Annotated

import typer

from pipelines.cli.session import DebugOption, HomeOption, Session, explained, out
from warehouse.releases import current_release, find_release, list_releases

app = typer.Typer(help="List the releases of a home, or show one.", no_args_is_help=True)


@app.command("list")
def list_(home: HomeOption = None, debug: DebugOption = False) -> None:
    """List the releases, oldest first; the current one is marked.

    Example: exr releases list
    """
    with explained(debug=debug):
        root = Session.open(home=home).home.root
        current = current_release(root)
        for release in list_releases(root):
            mark = "*" if current and release.release_id == current.release_id else " "
            rows = sum(release.manifest.row_counts.values())
            as_of = f"{release.manifest.as_of:%Y-%m-%d %H:%M} UTC"
            out.print(f"{mark} {release.release_id}  {rows:>12,} rows  as of {as_of}")


@app.command()
def show(
    release: Annotated[str | None, typer.Argument(help="Release id; default: the current one.")] = None,
    home: HomeOption = None,
    debug: DebugOption = False,
) -> None:
    """Show what a release was made from and what it holds.

    Example: exr releases show 20260822T195058Z-g1
    """
    with explained(debug=debug):
        found = find_release(Session.open(home=home).home.root, release)
        manifest = found.manifest
        out.print(f"{manifest.release_id} in {found.folder}")
        out.print(f"as of {manifest.as_of:%Y-%m-%d %H:%M:%S} UTC, lake generation {manifest.lake_generation}")
        out.print(f"source {manifest.source}, code {manifest.code_version}, schema {manifest.schema_version}")
        for name, count in sorted(manifest.row_counts.items()):
            out.print(f"  {count:>12,} {name}  {manifest.row_checksums[name]}")
