"""Everyone who is measured: one small entry each, which says what it does and what it does not do."""

from .contender import Contender
from .mockoon import MOCKOON, MOCKOON_SCHEMA
from .openapi_backend import OPENAPI_BACKEND
from .prism import PRISM
from .raw_starlette import RAW_STARLETTE
from .ringmock_itself import RINGMOCK
from .specmatic import SPECMATIC
from .stock_connexion import STOCK_CONNEXION
from .stripe_mock import STRIPE_MOCK
from .wiremock import WIREMOCK

CONTENDERS: tuple[Contender, ...] = (
    RINGMOCK,
    RAW_STARLETTE,
    STOCK_CONNEXION,
    OPENAPI_BACKEND,
    PRISM,
    WIREMOCK,
    SPECMATIC,
    MOCKOON,
    MOCKOON_SCHEMA,
    STRIPE_MOCK,
)
