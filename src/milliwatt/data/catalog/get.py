"""Getting a data set of the catalogue: from its publisher, or from a copy at hand."""

from dataclasses import replace
from pathlib import Path

from milliwatt.data.catalog.entry import Entry
from milliwatt.data.dataset import Split
from milliwatt.data.download import fetch, sha256_of
from milliwatt.data.folder import refuse_occupied, save_dataset, save_split
from milliwatt.data.progress import Progress, silent
from milliwatt.errors import InputError

DOWNLOADS = ".downloads"  # beside the datasets: what the publisher sent, to be read again


def get_dataset(
    entry: Entry,
    into: Path,
    *,
    source: Path | None = None,
    overwrite: bool = False,
    progress: Progress = silent,
) -> Path:
    """Write a data set of the catalogue as the folder ``into/NAME`` and return that folder.

    Args:
        entry: one of `CATALOG`.
        into: where datasets lie; the publisher's files stay in ``.downloads`` in it.
        source: a copy at hand, in place of the download. A file of the publisher's name must have
            the publisher's checksum; any other copy is taken on trust, and the dataset says so.
        overwrite: replace a dataset that is there.
        progress: told of bytes and recordings.

    Raises:
        InputError: no copy and no address, a failed download, a damaged or wrong file, or the
            folder is occupied.
        NotAvailable: a package that reads or writes such files is absent.
    """
    target = into / entry.name
    refuse_occupied(target, overwrite=overwrite)
    if source is not None:
        trust = _verify_copy(entry, source)
    elif entry.downloads:
        source, trust = into / DOWNLOADS / entry.name, ""
        for download in entry.downloads:
            fetch(download, source, progress=progress)
    elif entry.packaged:
        source, trust = into, ""
    else:
        raise InputError(
            f"{entry.name}: no address of its publisher is known to last; get it from "
            f"{entry.page} and say --from PATH"
        )
    loaded = entry.load(source, progress)
    if isinstance(loaded, Split):
        save_split(loaded, target, overwrite=overwrite)
    else:
        named = replace(loaded, source=loaded.source + trust)
        save_dataset(named, target, overwrite=overwrite, progress=progress)
    return target


def _verify_copy(entry: Entry, source: Path) -> str:
    """Return what to say of where the data came from; refuse a file with a wrong checksum."""
    if not source.exists():
        raise InputError(f"{source}: no such file or folder")
    known = {d.file_name: d.sha256 for d in entry.downloads if d.sha256}
    if not source.is_file() or source.name not in known:
        return ", a copy that was not compared with the publisher's checksum"
    found = sha256_of(source)
    if found != known[source.name]:
        raise InputError(
            f"{source}: SHA-256 {found}; the publisher's {source.name} has {known[source.name]}. "
            "The copy is damaged or another one; a changed copy goes by another name"
        )
    return ""
