"""A registry of the worlds of a small office, without a server."""

from builders import STANDING_STILL, Clock, account, department, user
from ringmock.sign_in import sessions
from ringmock.sign_in.worlds import Worlds
from ringmock.world.template import Application, Credentials, Template
from ringmock.world.world import World


def template(**fields) -> Template:
    """An office with the application `app`, whose users all sign in with `secret`."""
    home = account(user("101", administrator=True), user("102"), department("200", "102"))
    credentials = {
        number: Credentials(
            "name@example.test" if number == "102" else None, "secret", f"jwt-{number}", f"ready-{number}"
        )
        for number in home.extensions
    }
    return Template("test", home, (Application("app", "hush"),), credentials, **{"clock": STANDING_STILL, **fields})


def worlds(clock: Clock | None = None, **fields) -> Worlds:
    numbered = iter(range(1_000_000))
    return Worlds(
        template(),
        real_time=clock or Clock(),
        token_source=lambda: f"{next(numbered):032}",
        **{"open_worlds": True, **fields},
    )


def log_in(here: Worlds, world: World, number: str = "101", **ttl: int) -> sessions.Session:
    lifetimes = {"access_ttl": 3600, "refresh_ttl": 604800, **ttl}
    return here.log_ins.open_session(world, world.account.extensions[number], "app", **lifetimes)
