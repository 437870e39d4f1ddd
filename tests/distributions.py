"""Make up a distribution for a test: a folder of the import path with modules and what an installer would note."""

import textwrap


def write_distribution(folder, name, modules=None, entry_points=None, version="1.0"):
    """Put a distribution into a folder of the import path.

    ``modules`` holds source by file name, ``entry_points`` by group what ``name = module:object`` says.
    """
    note = folder / f"{name.replace('-', '_')}-{version}.dist-info"
    note.mkdir(parents=True)
    (note / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    groups = [
        f"[{group}]\n" + "\n".join(f"{k} = {v}" for k, v in points.items()) for group, points in entry_points.items()
    ]
    (note / "entry_points.txt").write_text("\n\n".join(groups) + "\n")
    for file, source in (modules or {}).items():
        (folder / file).write_text(textwrap.dedent(source))
    return folder
