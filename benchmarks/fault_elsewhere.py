"""What a fault that is planted in one world costs `POST sms` in another: one run, the two in turns, never a timed test.

    python benchmarks/fault_elsewhere.py [--rounds 20] [--calls 500]

The ratio of the two medians is the figure; the bound is 1.03.
"""

import argparse
import http.client
import json
import statistics
import time
from urllib.parse import urlsplit

from ringmock.testing import Ringmock, run_server

SMS = "/restapi/v1.0/account/~/extension/~/sms"
BODY = json.dumps({"from": {"phoneNumber": "16509100010"}, "to": [{"phoneNumber": "14151003732"}], "text": "Hello"})


def milliseconds_of(world: Ringmock, token: str, calls: int) -> float:
    """The mean of so many calls on one connection."""
    connection = http.client.HTTPConnection(urlsplit(world.url).netloc)
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    began = time.perf_counter()
    for _ in range(calls):
        connection.request("POST", SMS, BODY, headers)
        answer = connection.getresponse()
        answer.read()
        if answer.status != 200:
            raise SystemExit(f"POST sms is answered {answer.status}")
    took = time.perf_counter() - began
    connection.close()
    return took * 1000 / calls


def main() -> None:
    """Print both medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--calls", type=int, default=500)
    asked = parser.parse_args()
    without, beside = [], []
    with run_server("demo") as server, server.new_world() as measured, server.new_world() as other:
        token = measured.token("101")
        milliseconds_of(measured, token, asked.calls)  # warm
        for _ in range(asked.rounds):
            other.no_faults()
            without.append(milliseconds_of(measured, token, asked.calls))
            other.fault("createSMSMessage", error="CMN-201", times=1)
            beside.append(milliseconds_of(measured, token, asked.calls))
    alone, planted = statistics.median(without), statistics.median(beside)
    print(f"{'no fault in any world':>32} {alone:>8.3f} ms")
    print(f"{'one fault in another world':>32} {planted:>8.3f} ms")
    print(f"{'ratio':>32} {planted / alone:>8.3f}")


if __name__ == "__main__":
    main()
