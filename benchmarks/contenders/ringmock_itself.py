"""ringmock: as anyone starts it, on the demo account, its journal on."""

import sys

from .contender import Contender, python

RINGMOCK = Contender(
    name="ringmock",
    title="**ringmock**",
    validates_request=True,
    validates_answer=True,
    keeps_state=True,
    command=lambda place: [
        *(sys.executable, "-c", "from ringmock.cli.main import main; main()"),
        *("serve", "--quiet", "--port", str(place.port)),
    ],
    needs=(python("ringmock"), python("uvicorn")),
    remark="`ringmock serve --quiet`: the demo account, every rule kept, the journal on",
)
