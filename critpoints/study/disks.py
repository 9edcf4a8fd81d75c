"""On which file system a path lies: locks cannot be trusted over a network."""

from __future__ import annotations

import os
from pathlib import Path

from critpoints.errors import StoreError

MOUNTS = Path("/proc/self/mounts")
NETWORK = frozenset(
    (
        "nfs", "nfs3", "nfs4", "cifs", "smb", "smb2", "smb3", "smbfs", "ncpfs", "afs", "auristorfs",
        "coda", "davfs", "lustre", "gpfs", "beegfs", "fhgfs", "ceph", "glusterfs", "gfs2", "ocfs2",
        "pvfs2", "orangefs", "panfs", "wekafs", "acfs", "fuse.glusterfs", "fuse.sshfs",
        "fuse.cephfs", "fuse.ceph", "fuse.s3fs", "fuse.gcsfuse", "fuse.rclone", "fuse.juicefs",
        "fuse.davfs2", "fuse.beegfs",
    )
)  # fmt: skip
"""File systems that are shared between machines; 9p and virtiofs serve one machine and are not."""


def refuse_network(path: Path) -> None:
    """Refuse a store on a network file system, where two writers may both believe to be alone.

    Systems without ``/proc`` are not asked.

    Raises
    ------
    StoreError
        If the directory of ``path`` lies on one; the message says the way out.
    """
    kind = filesystem(path)
    if kind in NETWORK:
        raise StoreError(
            f"store {path} lies on a network file system ({kind}), where SQLite's locks cannot be "
            "trusted: keep it on a local disk (--store), such as the node's scratch or temporary "
            "directory, and export it afterwards (critpoints runs export)"
        )


def filesystem(path: Path) -> str | None:
    """Type of the file system that holds ``path``, or None where the system does not say."""
    try:
        lines = MOUNTS.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    mounts = [line.split(" ")[1:3] for line in lines if line.count(" ") >= 2]
    real = path.resolve()
    around = {str(place) for place in (real, *real.parents)}
    holding = [(_unescaped(point), kind) for point, kind in mounts if _unescaped(point) in around]
    # of two mounts on one point the later one hides the earlier
    return max(enumerate(holding), key=lambda m: (len(m[1][0]), m[0]))[1][1] if holding else None


def _unescaped(point: str) -> str:
    """Mount points write space, tab, newline and backslash in octal."""
    for code, character in (("040", " "), ("011", "\t"), ("012", "\n"), ("134", "\\")):
        point = point.replace(f"\\{code}", character)
    return os.path.normpath(point)
