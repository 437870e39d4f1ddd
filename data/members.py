"""Look up what comes in kinds (predictors, readers, studies ...): ours first, then those that other packages bring."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping, Sequence
from importlib.metadata import EntryPoint, entry_points
from typing import Any, Generic, Protocol, TypeVar

from scale_forecast.data.errors import DataError, UsageError
from scale_forecast.data.names import did_you_mean

T = TypeVar("T")
_NO_PARTS = {object, Generic, Protocol}


class Members(Mapping[str, T]):
    """Members by name: our own in the order of their tuple, then those of installed distributions.

    Another distribution brings a member by an entry point of the group, called as the member. Its name is known without
    running its code, which is imported, and checked against the protocol, when the member is first looked up.

    Parameters
    ----------
    group : of the entry points, ``scale_forecast.predictors``
    ours : members with a ``name``
    protocol : class whose public fields and methods, those of its bases included, every member brings
    noun : what one member is called in messages, "predictor"

    Examples
    --------
    >>> class Greeting(Protocol):
    ...     name: str
    ...     def say(self, whom: str) -> str: ...
    >>> class Hello:
    ...     name = "hello"
    ...     def say(self, whom):
    ...         return f"Hello {whom}"
    >>> greetings = Members("scale_forecast.none", (Hello(),), Greeting, noun="greeting")
    >>> list(greetings), greetings["hello"].say("you")
    (['hello'], 'Hello you')
    """

    def __init__(self, group: str, ours: Sequence[T], protocol: type, *, noun: str) -> None:
        self.group = group
        self.ours = tuple(ours)
        self.protocol = protocol
        self.noun = noun
        for member in self.ours:
            if missing := missing_parts(member, protocol):
                raise TypeError(f"the {noun} {member!r} brings no {', '.join(missing)}")
        self._loaded: dict[str, T] = {_name(member): member for member in self.ours}
        if len(self._loaded) < len(self.ours):
            raise TypeError(f"two of {', '.join(map(_name, self.ours))} have one name")
        self._outside: dict[str, EntryPoint] | None = None

    def __getitem__(self, name: str) -> T:
        if name not in self._loaded:
            self._loaded[name] = self._load(self._entry_points()[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        yield from map(_name, self.ours)
        yield from self._entry_points()

    def __len__(self) -> int:
        return len(self.ours) + len(self._entry_points())

    def __contains__(self, name: object) -> bool:
        return name in self._loaded or name in self._entry_points()

    def find(self, name: str) -> T:
        """The member of this name.

        Raises
        ------
        UsageError
            For an unknown name, with the nearest known ones.
        DataError
            For a member from outside that cannot be loaded or does not keep the protocol.
        """
        if name not in self:
            raise UsageError(f"no {self.noun} {name!r}{did_you_mean(name, self)}: there are {', '.join(self)}")
        return self[name]

    def lines(self, say: Callable[[T], str]) -> list[tuple[str, str]]:
        """Each name beside what ``say`` tells of its member, for help; of one that cannot be loaded, why."""
        out = []
        for name in self:
            try:
                out.append((name, say(self[name])))
            except DataError as error:
                out.append((name, str(error)))
        return out

    def origin(self, name: str) -> str:
        """The distribution that brings a member, with its version; empty for one of ours."""
        point = self._entry_points().get(name)
        return "" if point is None else _distribution(point)

    def _entry_points(self) -> dict[str, EntryPoint]:
        """Those of the group, by name in the order of the alphabet. Read once; a name that is taken is refused."""
        if self._outside is None:
            found: dict[str, EntryPoint] = {}
            for point in sorted(entry_points(group=self.group), key=lambda point: (point.name, _distribution(point))):
                if point.name in self._loaded or point.name in found:
                    holder = _distribution(found[point.name]) if point.name in found else "this package"
                    raise DataError(
                        f"{_distribution(point)} brings a {self.noun} {point.name!r}, a name that {holder} has "
                        "already: uninstall one of the two"
                    )
                found[point.name] = point
            self._outside = found
        return self._outside

    def _load(self, point: EntryPoint) -> T:
        what = f"the {self.noun} {point.name!r} of {_distribution(point)}"
        try:
            member = point.load()
        except Exception as error:  # whatever somebody else's code raises, the sentence names it
            raise DataError(
                f"{what} cannot be imported ({type(error).__name__}: {error}): mend or uninstall it"
            ) from error
        if self.ours and inspect.isclass(member) is not inspect.isclass(self.ours[0]):
            wanted = "an instance of it" if inspect.isclass(member) else "its class"
            raise DataError(f"{what} is {'a class' if inspect.isclass(member) else 'an instance'}: name {wanted}")
        if missing := missing_parts(member, self.protocol):
            raise DataError(f"{what} brings no {', '.join(missing)}: see docs/extending.md for what a member brings")
        if _name(member) != point.name:
            raise DataError(f"{what} calls itself {_name(member)!r}: name the entry point as the {self.noun}")
        return member


def missing_parts(member: Any, protocol: type) -> list[str]:
    """Public fields and methods of a protocol that a member lacks; an empty list is as it should be.

    Of a method its arguments count too: what takes others than the protocol's could not be called.

    >>> class Greeting(Protocol):
    ...     name: str
    ...     def say(self, whom: str) -> str: ...
    >>> class Mute:
    ...     name = "mute"
    >>> missing_parts(Mute, Greeting)
    ['say']
    """
    parts: dict[str, Any] = {}
    for base in reversed(protocol.__mro__):
        if base not in _NO_PARTS:
            parts |= dict.fromkeys(inspect.get_annotations(base)) | vars(base)
    parts = {name: part for name, part in parts.items() if not name.startswith("_")}
    abstract = getattr(member, "__abstractmethods__", ())
    lacking = [name for name in parts if not hasattr(member, name) or name in abstract]
    for name, part in parts.items():
        if name not in lacking and inspect.isfunction(part):
            lacking += _missing_arguments(name, getattr(member, name), part)
    return lacking


def _missing_arguments(name: str, method: Any, wanted: Any) -> list[str]:
    """``method(argument=)`` for each argument of the protocol that a method does not take."""
    if not callable(method):
        return [f"{name}()"]
    taken = inspect.signature(method).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values()):
        return []
    return [
        f"{name}({argument}=)" for argument in inspect.signature(wanted).parameters if argument not in {*taken, "self"}
    ]


def _name(member: Any) -> str:
    return member.name


def _distribution(point: EntryPoint) -> str:
    return f"{point.dist.name} {point.dist.version}" if point.dist is not None else point.value
