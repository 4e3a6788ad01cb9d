"""ringmock with so many messages to distinct phones, and the longest pause of its collector, asked line by line."""

import sys

from pauses import pauses
from ringmock.domain.sms import SendSms
from ringmock.fixture import load_named
from ringmock.serving import collector
from ringmock.serving.server import running


def main(stored: int) -> None:
    """Serve until the other side has gone."""
    with running(load_named("demo")) as (url, worlds), collector.growing(), pauses() as seen:  # as `ringmock serve`
        sender = worlds.default.account.extensions["101"]
        for number in range(stored):
            recipient = f"1415{number % 10_000_000:07}"
            worlds.default.send_sms(sender, SendSms("16509100010", (recipient,), "Test SMS message"))
        print(url, flush=True)
        for _ in sys.stdin:
            print(seen.longest, flush=True)
            seen.reset()


if __name__ == "__main__":
    main(int(sys.argv[1]))
