"""What the rules would say of a request, asked in a world of its own that has another's account and nothing else."""

from collections.abc import Coroutine, Generator
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from ...domain.errors import NotFound, Refusal
from ...domain.slices import result_of
from ...sign_in.sessions import Session
from ...world.world import World
from ..app import HANDLERS
from ..call import Answer, Call
from ..json_schemas import schema_of
from ..wire import subscriptions
from .plans import Plan

Json = Any


class DryRun:
    """Nothing that is done here is seen by anyone. The time is the other world's."""

    def __init__(self, world: World, extension: str) -> None:
        template = replace(world.template, account=world.account, messages=(), faults=(), limits=None, carrier=None)
        now = world.clock.now()
        self._world = World(template, lambda: now, world.generation)
        self._world.clock.set(now, frozen=True)
        self._session = Session(self._world, extension, "", "", "")

    def refusal(self, plan: Plan, path: dict[str, Any], query: list[tuple[str, str]], body: Json) -> Refusal | None:
        """The first reason of the rules against a request that keeps the contract; None for none.

        What a path names is not there, in a world that holds nothing: that is no reason. Nobody is called either.
        """
        call = Call(plan.method, plan.path, "http://127.0.0.1", {})
        call.operation, call.session, call.world = plan.operation, self._session, self._world
        given = {each.name: each.schema.get("default") for each in plan.parameters} | path | dict(query)
        call.parameters = MappingProxyType(given)
        call.query = query
        spell = None if plan.schema is None else schema_of(plan.schema).ids
        call.body = body if spell is None or body is None else spell(body)
        try:
            self._handle(plan, call)
        except NotFound:
            return None
        except Refusal as refusal:
            return refusal.refusals[0]
        except Exception:  # values of a query that were not read as their types, and the like, are not the rules'
            return None
        return None

    def _handle(self, plan: Plan, call: Call) -> None:
        if plan.operation == "createSubscription":
            wanted = subscriptions.wanted_from(call.body, None)
            self._world.subscriptions.plan(self._world.account, call.caller, wanted, self._world.clock.now())
            return
        handler = HANDLERS.get(plan.operation)
        said = None if handler is None else handler(call)
        if isinstance(said, Generator):
            result_of(said)
        elif said is not None and not isinstance(said, Answer):
            _drive(said)


def _drive(work: Coroutine[Any, Any, Answer]) -> None:
    """Run what gives way to others now and then; what really waits for something is given up."""
    try:
        while work.send(None) is None:
            pass
    except StopIteration:
        pass
    finally:
        work.close()
