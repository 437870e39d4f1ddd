"""What is released is whole: no file of a package stays behind, and every place names the same version."""

import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
ROOMS = {name: ROOT / folder for name, folder in PROJECT["tool"]["setuptools"]["package-dir"].items()}


def folder_of(package):
    """Where a package's files lie: the mapped room it stands in, longest name first."""
    room = max((name for name in ROOMS if f"{package}.".startswith(f"{name}.")), key=len)
    return ROOMS[room].joinpath(*package.removeprefix(room).strip(".").split("."))


def _pattern(glob):
    """As setuptools reads it: a star stays within a folder, two go below."""
    return re.compile(re.escape(glob).replace(r"\*\*/", "(?:.*/)?").replace(r"\*", "[^/]*"))


def test_every_file_of_a_package_is_in_the_wheel():
    """A table or style sheet that no pattern names works from a checkout and is missing once installed."""
    patterns = [
        (folder_of(package), _pattern(glob))
        for package, globs in PROJECT["tool"]["setuptools"]["package-data"].items()
        for glob in globs
    ]
    files = [p for room in ROOMS.values() for p in room.rglob("*") if p.is_file() and p.suffix not in (".py", ".pyc")]
    assert files
    left = [
        file
        for file in files
        if not any(p.fullmatch(file.relative_to(at).as_posix()) for at, p in patterns if file.is_relative_to(at))
    ]
    assert left == []


def test_every_folder_with_modules_is_a_package_of_the_list():
    found = set()
    for room, folder in ROOMS.items():
        for path in folder.rglob("*.py"):
            parts = path.parent.relative_to(folder).parts
            if "migrations" not in parts:
                found.add(".".join([room, *parts]))
    assert found == set(PROJECT["tool"]["setuptools"]["packages"])
    assert [name for name in found if not (folder_of(name) / "__init__.py").exists()] == []


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """The wheel of this checkout, built without looking at any index."""
    pytest.importorskip("setuptools")
    place = tmp_path_factory.mktemp("wheel")
    copy = place / "source"
    names = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    listed = names.stdout.splitlines() if names.returncode == 0 else []
    if not listed:
        listed = [p.relative_to(ROOT).as_posix() for room in ROOMS.values() for p in room.rglob("*") if p.is_file()]
        listed += ["pyproject.toml", "README.md", "LICENSE", "NOTICE", "MANIFEST.in"]
    for name in listed:
        if not name.startswith(("tests/", "docs/", "benchmarks/")) and (ROOT / name).exists():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            (copy / name).write_bytes((ROOT / name).read_bytes())
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "-w", str(place), str(copy)]
    subprocess.run(command, check=True, capture_output=True)
    (built,) = place.glob("*.whl")
    return built


@pytest.mark.slow
def test_the_wheel_has_one_top_level_name(wheel):
    """`pip install features` once overwrote a file of ours, and a user's `data.py` hid another."""
    with zipfile.ZipFile(wheel) as archive:
        tops = {name.split("/")[0] for name in archive.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"scale_forecast"}


def tiny_wheel(folder, name):
    """A wheel of a distribution that holds one package of its own name."""
    path = folder / f"{name}-1.0-py3-none-any.whl"
    notes = f"{name}-1.0.dist-info"
    files = {
        f"{name}/__init__.py": f'OWNER = "the distribution {name}"\n',
        f"{notes}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n",
        f"{notes}/WHEEL": "Wheel-Version: 1.0\nGenerator: a test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    files[f"{notes}/RECORD"] = "".join(f"{file},,\n" for file in [*files, f"{notes}/RECORD"])
    with zipfile.ZipFile(path, "w") as archive:
        for file, content in files.items():
            archive.writestr(file, content)
    return path


BESIDE_OTHERS = """
import data, features, forecast
assert data.OWNER == "the user", data
assert features.OWNER == "the distribution features", features
assert forecast.OWNER == "the distribution forecast", forecast
import scale_forecast
assert scale_forecast.__file__.startswith(sys.argv[1]), scale_forecast
found = scale_forecast.predict(family="PaLM", params=540e9, benchmark="MGSM", predictor="persistence")
print(len(found.frame))
"""


@pytest.mark.slow
def test_a_prediction_works_beside_distributions_and_files_of_our_folders_names(wheel, tmp_path):
    """`data`, `features` and `forecast` once lay in site-packages under these names, for anybody to overwrite."""
    environment, mine = tmp_path / "environment", tmp_path / "mine"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", environment], check=True)
    python = environment / "bin" / "python"
    wheels = [wheel, *(tiny_wheel(tmp_path, name) for name in ("features", "data", "forecast"))]
    command = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        python,
        "install",
        "--quiet",
        "--no-index",
        "--no-deps",
        *wheels,
    ]
    subprocess.run(command, check=True, capture_output=True)
    (site,) = environment.glob("lib/python*/site-packages")
    libraries = [path for path in sys.path if path.endswith("site-packages")]
    (site / "libraries.pth").write_text(
        "\n".join(libraries) + "\n"
    )  # behind its own: only what it lacks is found there

    mine.mkdir()
    (mine / "data.py").write_text('OWNER = "the user"\n')
    (mine / "script.py").write_text(f"import sys\n{BESIDE_OTHERS}")
    run = {"cwd": mine, "capture_output": True, "text": True}
    script = subprocess.run([python, "script.py", str(environment)], **run)
    assert script.returncode == 0, script.stderr
    assert script.stdout.strip() == "10"
    asked = "predict --family PaLM --params 540e9 --benchmark MGSM --predictor persistence --format csv"
    variables = {**os.environ, "PYTHONPATH": str(mine), "FORECAST_CACHE": str(tmp_path / "cache")}
    typed = subprocess.run([environment / "bin" / "forecast", *asked.split()], env=variables, **run)
    assert typed.returncode == 0, typed.stderr
    assert len(typed.stdout.splitlines()) == 11


def test_the_citation_is_of_this_version_and_licence():
    import yaml

    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert citation["version"] == PROJECT["project"]["version"]
    assert citation["license"] == PROJECT["project"]["license"]
    assert {"cff-version", "message", "title", "authors"} <= set(citation)


def test_every_extra_that_an_error_names_exists():
    named = set()
    for room in ROOMS.values():
        for module in room.rglob("*.py"):
            named |= set(re.findall(r"scale-forecast\[(\w+)\]", module.read_text(encoding="utf-8")))
    assert named <= set(PROJECT["project"]["optional-dependencies"])
    assert {"logs", "dask", "postgres"} <= named
