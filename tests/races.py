"""Waits against sends in random order, in one loop: no message is missed, and no wait ends before its message is there.

`python tests/races.py --races 100000` says what it found. By turns of the loop, not by time: each race can be
run again by its number.
"""

import argparse
import asyncio
import sys
from pathlib import Path
from random import Random

sys.path.insert(0, str(Path(__file__).parent))

from control_calls import InProcess, turns
from ringmock.domain.sms import SendSms
from ringmock.fixture import load_named
from ringmock.server_limits import ServerLimits
from ringmock.sign_in.worlds import Worlds

TURNS_TO_ANSWER = 20
RACES_OF_A_LIFE = 500
HANDSET, SENDER = "14151003732", "16509100010"


async def race(control: InProcess, number: int) -> str | None:
    """What went wrong; None for nothing."""
    dice, world = Random(number), control.worlds.default
    after = world.message_journal.count
    least = dice.randint(1, 3)
    steps = ["wait", *["match"] * least, *["other"] * dice.randint(0, 3)]
    dice.shuffle(steps)
    waiting, matching = None, 0
    for step in steps:
        if step == "wait":
            query = f"contains=race-{number}-&after={after}&wait=600&count={least}"
            waiting = control.begin("GET", f"/_mock/messages?{query}")
        else:
            text = f"race-{number}-" if step == "match" else "something else"
            world.send_sms(world.account.extensions["101"], SendSms(SENDER, (HANDSET,), text))
            matching += step == "match"
        await turns(dice.randint(0, 4))
        if waiting is not None and waiting.done() and matching < least:
            return f"race {number}: answered with {matching} of {least} there"
    assert waiting is not None
    for _ in range(TURNS_TO_ANSWER):
        if waiting.done():
            break
        await asyncio.sleep(0)
    else:
        waiting.cancel()
        return f"race {number}: missed"
    status, body = waiting.result()
    is_right = status == 200 and body["count"] == least
    return None if is_right else f"race {number}: {status} {body}"


async def races(numbers: range) -> list[str]:
    """What went wrong in each of these."""
    control = InProcess(Worlds(load_named("demo"), limits=ServerLimits(max_journal_messages=20)))
    found: list[str] = []
    for number in numbers:
        if number % RACES_OF_A_LIFE == 0:
            control.worlds.default.reset()  # what is stored makes no race slower
        problem = await race(control, number)
        if problem is not None:
            found.append(problem)
    return found


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--races", type=int, default=100_000)
    count = parser.parse_args().races
    found = asyncio.run(races(range(count)))
    print("\n".join([*found[:20], f"{count} races of wait against send: {len(found)} missed or early"]))
    sys.exit(bool(found))
