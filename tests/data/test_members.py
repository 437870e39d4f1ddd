"""Members of a kind: ours and those of other distributions, looked up by name, imported late and checked."""

import sys
from typing import Protocol

import pytest

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.members import Members
from tests.distributions import write_distribution

GROUP = "scale_forecast.greetings"


class Greeting(Protocol):
    """What greets."""

    name: str
    example: str

    def say(self, whom: str, *, loudly: bool) -> str: ...


class Hello:
    name = "hello"
    example = "Ada"

    def say(self, whom, *, loudly):
        return f"Hello {whom}"


def greetings():
    return Members(GROUP, (Hello(),), Greeting, noun="greeting")


@pytest.fixture
def install(tmp_path, monkeypatch):
    """Puts a distribution with one module on the path: called with its source, name and entry points."""
    known = set(sys.modules)
    monkeypatch.syspath_prepend(tmp_path)

    def install(source, name="toy-greetings", **points):
        module = f"{name.replace('-', '_')}_module"
        points = {point: f"{module}:{target}" for point, target in points.items()}
        write_distribution(tmp_path, name, {f"{module}.py": source}, {GROUP: points})

    yield install
    for name in set(sys.modules) - known:
        if name.endswith("_module"):
            del sys.modules[name]


GOOD = """
class Greet:
    name, example = "salute", "Ada"
    @staticmethod
    def say(whom, **how):
        return f"Salute, {whom}"
Salute = Greet()
"""


def test_a_member_of_another_distribution_stands_behind_ours(install):
    install(GOOD, salute="Salute")
    found = greetings()
    assert list(found) == ["hello", "salute"]
    assert found.find("salute").say("Ada", loudly=True) == "Salute, Ada"
    assert found.origin("salute") == "toy-greetings 1.0"
    assert found.origin("hello") == ""


def test_names_are_told_without_running_what_others_wrote(install):
    install("raise RuntimeError('I was imported')", salute="Salute")
    found = greetings()
    assert list(found) == ["hello", "salute"]
    assert "salute" in found
    assert found["hello"].name == "hello"


def test_an_unknown_name_is_refused_with_all_that_are_known(install):
    install(GOOD, salute="Salute")
    with pytest.raises(UsageError, match=r"no greeting 'salut' \(did you mean 'salute'\?\): there are hello, salute"):
        greetings().find("salut")


@pytest.mark.parametrize(
    ("source", "complaint"),
    [
        ("class Greet: name = 'salute'\nSalute = Greet()", "brings no example, say: see docs/extending.md"),
        (
            "class Greet:\n    name, example = 'salute', ''\n    def say(self, whom): pass\nSalute = Greet()",
            r"brings no say\(loudly=\): see",
        ),
        ("class Greet:\n    name, example, say = 'salute', '', 1\nSalute = Greet()", r"brings no say\(\): see"),
        (GOOD.replace('"salute"', '"other"'), "calls itself 'other': name the entry point as the greeting"),
        ("import nothing_of_this_name", "cannot be imported .ModuleNotFoundError: .*: mend or uninstall it"),
        ("", "cannot be imported .AttributeError"),
    ],
)
def test_what_a_foreign_member_lacks_is_said_in_one_sentence_with_its_distribution(install, source, complaint):
    install(source, salute="Salute")
    with pytest.raises(DataError, match=rf"the greeting 'salute' of toy-greetings 1\.0 {complaint}"):
        greetings()["salute"]


def test_a_class_where_instances_stand_and_an_instance_where_classes_stand_are_refused(install):
    install(GOOD, salute="Greet", there="Salute")
    with pytest.raises(DataError, match=r"the greeting 'salute' of toy-greetings 1\.0 is a class: name an instance"):
        greetings()["salute"]
    with pytest.raises(DataError, match=r"the greeting 'there' of toy-greetings 1\.0 is an instance: name its class"):
        Members(GROUP, (Hello,), Greeting, noun="greeting")["there"]


def test_a_name_that_is_taken_is_refused(install):
    install(GOOD, hello="Salute")
    with pytest.raises(DataError, match=r"toy-greetings 1\.0 brings a greeting 'hello', a name that this package has"):
        list(greetings())


def test_two_distributions_of_one_name_are_both_named(install):
    install(GOOD, salute="Salute")
    install(GOOD, name="other-greetings", salute="Salute")
    with pytest.raises(
        DataError, match=r"toy-greetings 1\.0 brings a greeting 'salute', a name that other-greetings 1\.0"
    ):
        list(greetings())


def test_one_of_ours_that_lacks_a_part_fails_where_it_is_defined():
    class Mute:
        name = "mute"

    with pytest.raises(TypeError, match="brings no example, say"):
        Members(GROUP, (Mute,), Greeting, noun="greeting")
    with pytest.raises(TypeError, match="two of hello, hello have one name"):
        Members(GROUP, (Hello(), Hello()), Greeting, noun="greeting")
