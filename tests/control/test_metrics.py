"""The figures of a server as Prometheus reads them."""

import re

from support import Client

SAMPLE = re.compile(r'(ringmock_[a-z_]+)(\{[a-z]+="[^"\\\n]*"(,[a-z]+="[^"\\\n]*")*\})? ([0-9]+)')


def metrics_of(client: Client) -> dict[str, int]:
    """The samples, each of a metric that was declared once before it."""
    answer = client.get("/_mock/metrics")
    assert answer.headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    declared, found = set(), {}
    for line in answer.text.splitlines():
        if line.startswith("# TYPE "):
            name, kind = line.split()[2:]
            assert (name not in declared, kind in ("counter", "gauge")) == (True, True)
            declared.add(name)
        elif not line.startswith("# HELP "):
            sample = SAMPLE.fullmatch(line)
            assert sample is not None, line
            assert sample[1] in declared
            found[sample[1] + (sample[2] or "")] = int(sample[4])
    return found


def test_the_calls_and_records_of_a_world_are_counted(world_client: Client) -> None:
    before = metrics_of(world_client)
    assert world_client.post_sms().status_code == 200
    after = metrics_of(world_client)
    assert after["ringmock_world_calls_total"] == before["ringmock_world_calls_total"] + 1
    assert after["ringmock_world_records"] > before["ringmock_world_records"]


def test_what_is_kept_is_beside_its_limit(world_client: Client) -> None:
    told = metrics_of(world_client)
    usage = world_client.get("/_mock/usage").json()["server"]
    for name in ("worlds", "log_ins", "records", "file_bytes"):
        assert told[f"ringmock_{name}_limit"] == usage[name]["most"]
    assert any(name.startswith('ringmock_info{version="') for name in told)
