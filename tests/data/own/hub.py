"""The recorded tables of Epoch AI's hub, packed as its download is."""

import io
import zipfile

from tests.data.own import FIXTURES

HUB = FIXTURES / "epoch_hub"
FILES = {path.name: path.read_bytes() for path in sorted(HUB.glob("*.csv"))}


def packed(files=FILES):
    """A zip file of tables, by name; names with a folder stand as they are."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            place = name if "/" in name else f"benchmark_data/{name}"
            archive.writestr(zipfile.ZipInfo(place), data)
    return out.getvalue()
