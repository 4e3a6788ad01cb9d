"""What a planted fault is, and the seams where one is planted: around the application, as a world, as a store."""

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from starlette.types import ASGIApp

from ringmock.domain.account import Account, Extension, ExtensionStatus
from ringmock.domain.message import Delivery, Message
from ringmock.domain.ports import MessageStore
from ringmock.serving.server import build
from ringmock.sign_in.log_ins import LogIns
from ringmock.sign_in.worlds import Worlds
from ringmock.world.history.commands import Base
from ringmock.world.template import Template
from ringmock.world.world import World

from .exchange import Change, around

T = TypeVar("T")
Build = Callable[[Template], ASGIApp]


@dataclass(frozen=True)
class Fault:
    """One mistake that a wrong server could make. `operations`: the operationIds at which it shows."""

    name: str
    room: str
    says: str
    operations: tuple[str, ...]
    application: Build
    """The wrong server of an account."""


def _fault(made: Any, operations: tuple[str, ...], application: Build) -> Fault:
    name = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", made.__name__).lower()
    says = (made.__doc__ or "").partition("\n")[0]
    return Fault(name, made.__module__.rpartition(".")[2], says, operations, application)


def in_app(*operations: str) -> Callable[[Callable[[ASGIApp], ASGIApp]], Fault]:
    """A function that puts something around the application."""

    def fault(wrap: Callable[[ASGIApp], ASGIApp]) -> Fault:
        def application(template: Template) -> ASGIApp:
            return wrap(build(Worlds(template)))

        return _fault(wrap, operations, application)

    return fault


def in_requests(*operations: str) -> Callable[[Change], Fault]:
    """A function that changes every request before the application sees it, or answers in its place."""

    def fault(change: Change) -> Fault:
        def application(template: Template) -> ASGIApp:
            return around(build(Worlds(template)), before=change)

        return _fault(change, operations, application)

    return fault


def in_answers(*operations: str) -> Callable[[Change], Fault]:
    """A function that changes every answer before the client sees it."""

    def fault(change: Change) -> Fault:
        def application(template: Template) -> ASGIApp:
            return around(build(Worlds(template)), after=change)

        return _fault(change, operations, application)

    return fault


def in_worlds(*operations: str) -> Callable[[type[Worlds]], Fault]:
    """A registry of worlds that goes by other rules."""

    def fault(kind: type[Worlds]) -> Fault:
        def application(template: Template) -> ASGIApp:
            return build(kind(template))

        return _fault(kind, operations, application)

    return fault


def in_log_ins(*operations: str) -> Callable[[type[LogIns]], Fault]:
    """Sessions that go by other rules."""

    def fault(kind: type[LogIns]) -> Fault:
        class WithLogIns(Worlds):
            log_ins_kind = kind

        return _fault(kind, operations, lambda template: build(WithLogIns(template)))

    return fault


def in_world(*operations: str) -> Callable[[type[World]], Fault]:
    """A world that goes by other rules."""

    def fault(kind: type[World]) -> Fault:
        return _fault(kind, operations, _of_world(kind))

    return fault


def in_store(*operations: str) -> "Callable[[type[StoreAround]], Fault]":
    """A message store, around the right one, that goes by other rules."""

    def fault(kind: type[StoreAround]) -> Fault:
        class WithStore(World):
            def begin_again(self, base: Base) -> None:
                super().begin_again(base)
                self.messages = kind(self.messages, self)

        return _fault(kind, operations, _of_world(WithStore))

    return fault


def _of_world(kind: type[World]) -> Build:
    def application(template: Template) -> ASGIApp:
        return build(Worlds(template, kind=kind))

    return application


class StoreAround:
    """The right store, and the world that it is in; a fault overrides what it does wrong."""

    def __init__(self, store: MessageStore, world: World) -> None:
        self.store = store
        self.world = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def record(self, delivery: Delivery, now: datetime) -> tuple[Message, ...]:
        return self.store.record(self.planned(delivery), now)

    def planned(self, delivery: Delivery) -> Delivery:
        """Another plan in the place of the one that is to be recorded."""
        return delivery


@contextmanager
def unwatched(world: World) -> Iterator[None]:
    """Let nobody be told what becomes of the world meanwhile."""
    watchers, world._watchers = world._watchers, ()
    try:
        yield
    finally:
        world._watchers = watchers


@contextmanager
def seeing(world: World, account: Account) -> Iterator[None]:
    """Let the world take its account for another one meanwhile."""
    right, world.account = world.account, account
    try:
        yield
    finally:
        world.account = right


def everyone_as(account: Account, change: Callable[[Extension], Extension]) -> Account:
    """The account with every extension changed."""
    return replace(account, extensions={number: change(e) for number, e in account.extensions.items()})


def awake(extension: Extension) -> Extension:
    """The extension as if it were active."""
    return extension if extension.is_active else replace(extension, status=ExtensionStatus.ENABLED)


def turned_into(kind: type[T], right: Any) -> T:
    """What a right object holds, as one of a class that goes by other rules."""
    made = kind.__new__(kind)
    vars(made).update(vars(right))
    return made
