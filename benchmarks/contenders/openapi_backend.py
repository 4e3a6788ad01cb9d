"""openapi-backend on fastify: the usual way to serve a contract with state in Node."""

from .contender import CONTRACT, HERE, NODE, Contender, npm

OPENAPI_BACKEND = Contender(
    name="openapi-backend",
    title="openapi-backend on fastify",
    validates_request=True,
    validates_answer=False,
    keeps_state=True,
    command=lambda place: ["node", str(HERE / "servers" / "openapi_backend.js"), str(CONTRACT), str(place.port)],
    needs=(NODE, npm("openapi-backend"), npm("fastify"), npm("ajv")),
    remark="the same handler and a Map; answers go out unchecked; no journal",
)
