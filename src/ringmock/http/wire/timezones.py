"""Time zones by RingCentral's ids, with its names and descriptions, and their bias without daylight saving time.

A table of our own: no package has these ids. The service has some 200; these are the zones of the larger cities, and
those that its documents and samples name.
"""

from collections.abc import Sequence

from .view import Json

_TABLE = """\
1 GMT 0 Casablanca, Monrovia, Reykjavik
2 Europe/Lisbon 0 Dublin, Edinburgh, Lisbon, London
3 Europe/Paris 60 Brussels, Copenhagen, Madrid, Paris
4 Europe/Warsaw 60 Sarajevo, Skopje, Warsaw, Zagreb
5 Europe/Belgrade 60 Belgrade, Bratislava, Budapest, Ljubljana, Prague
6 Europe/Berlin 60 Amsterdam, Berlin, Bern, Rome, Stockholm, Vienna
7 Europe/Athens 120 Athens, Bucharest, Istanbul
9 Africa/Cairo 120 Cairo
11 Europe/Sofia 120 Helsinki, Kyiv, Riga, Sofia, Tallinn, Vilnius
12 Asia/Jerusalem 120 Jerusalem
14 Europe/Moscow 180 Moscow, St. Petersburg, Volgograd
15 Africa/Nairobi 180 Nairobi
16 Asia/Tehran 210 Tehran
17 Asia/Dubai 240 Abu Dhabi, Muscat
19 Asia/Kabul 270 Kabul
21 Asia/Tashkent 300 Islamabad, Karachi, Tashkent
25 Asia/Bangkok 420 Bangkok, Hanoi, Jakarta
26 Asia/Shanghai 480 Beijing, Chongqing, Hong Kong, Urumqi
27 Australia/Perth 480 Perth
28 Asia/Singapore 480 Kuala Lumpur, Singapore
29 Asia/Taipei 480 Taipei
30 Asia/Tokyo 540 Osaka, Sapporo, Tokyo
31 Asia/Seoul 540 Seoul
33 Australia/Adelaide 570 Adelaide
34 Australia/Darwin 570 Darwin
35 Australia/Brisbane 600 Brisbane
36 Australia/Sydney 600 Canberra, Melbourne, Sydney
40 Pacific/Noumea 660 Solomon Is., New Caledonia
41 Pacific/Auckland 720 Auckland, Wellington
43 Atlantic/Azores -60 Azores
44 America/Noronha -120 Fernando de Noronha
45 America/Sao_Paulo -180 Brasilia
47 America/St_Johns -210 Newfoundland
49 America/La_Paz -240 La Paz
50 America/Bogota -300 Bogota, Lima, Quito, Rio Branco
54 America/Mexico_City -360 Guadalajara, Mexico City, Monterrey
56 America/Phoenix -420 Arizona
58 US/Pacific -480 Pacific Time (US & Canada)
59 America/Anchorage -540 Alaska
60 Pacific/Honolulu -600 Hawaii
61 Pacific/Pago_Pago -660 Midway Island, Samoa
62 Etc/GMT+12 -720 International Date Line West
82 Asia/Kathmandu 345 Kathmandu
94 Asia/Kolkata 330 Chennai, Kolkata, Mumbai, New Delhi
95 America/Halifax -240 Atlantic - NS (most areas); PE
96 America/New_York -300 Eastern Time (America/New_York)
97 America/Indiana/Indianapolis -300 Eastern - IN (most areas)
98 America/Chicago -360 Central Time (America/Chicago)
99 America/Regina -360 Central Standard Time (America/Regina)
100 America/Denver -420 Mountain Time (America/Denver)
101 America/Los_Angeles -480 Pacific Time (America/Los_Angeles)
"""
"""Id, name, bias in minutes, description."""


def timezones(base_url: str) -> Sequence[Json]:
    """Every record of `listTimezones`, in the order of the ids."""
    return tuple(_record(line, base_url) for line in _TABLE.splitlines())


def _record(line: str, base_url: str) -> Json:
    number, name, bias, description = line.split(" ", 3)
    uri = f"{base_url}/restapi/v1.0/dictionary/timezone/{number}"
    return {"uri": uri, "id": number, "name": name, "description": description, "bias": bias}
