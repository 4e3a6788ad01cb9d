// `POST sms` on openapi-backend and fastify, with the same state: node openapi_backend.js <openapi.yaml> <port>

const fastify = require('fastify');
const { OpenAPIBackend } = require('openapi-backend');

const [contract, port] = process.argv.slice(2);
const ACCOUNT = '1346632010';
const TOKENS = new Map([['demo-101', ACCOUNT]]);
const NUMBERS = new Map([[ACCOUNT, new Set(['16509100010'])]]);
const NOT_YOURS = { errorCode: 'MSG-304', message: "Phone number doesn't belong to extension" };
const messages = new Map();
const conversations = new Map();
let nextId = 320270670010;

function conversationOf(sender, to) {
  const pair = `${sender} ${to}`;
  if (!conversations.has(pair)) conversations.set(pair, 1 + Math.floor(Math.random() * Number.MAX_SAFE_INTEGER));
  return conversations.get(pair);
}

function sent(base, body) {
  const sender = body.from.phoneNumber.replace('+', '');
  const to = body.to[0].phoneNumber.replace('+', '');
  if (!NUMBERS.get(ACCOUNT).has(sender)) return null;
  const id = nextId;
  nextId += 1000;
  const uri = `${base}/restapi/v1.0/account/${ACCOUNT}/extension/${ACCOUNT}/message-store/${id}`;
  const now = new Date().toISOString();
  const message = {
    uri,
    id,
    to: [{ phoneNumber: to }],
    from: { phoneNumber: sender },
    type: 'SMS',
    creationTime: now,
    readStatus: 'Unread',
    priority: 'Normal',
    attachments: [{ id: 1, uri: `${uri}/content/1`, contentType: 'text/plain' }],
    direction: 'Outbound',
    availability: 'Alive',
    subject: body.text,
    messageStatus: 'Sent',
    conversationId: conversationOf(sender, to),
    lastModifiedTime: now,
  };
  messages.set(String(id), message);
  return message;
}

function bearer(headers) {
  const [kind, token] = (headers.authorization || '').split(' ');
  return kind.toLowerCase() === 'bearer' ? TOKENS.get(token) : undefined;
}

const api = new OpenAPIBackend({
  definition: contract,
  quick: true, // its own check of the contract refuses request bodies of links, which OpenAPI 3.0 has
  handlers: {
    createSMSMessage: (context, request, reply) => {
      const message = sent(`http://${request.headers.host}`, context.request.requestBody);
      return message || reply.code(403).send(NOT_YOURS);
    },
    readMessage: (context, request, reply) =>
      messages.get(context.request.params.messageId) || reply.code(404).send({ errorCode: 'CMN-102' }),
    validationFail: (context, request, reply) =>
      reply.code(400).send({ errorCode: 'CMN-101', errors: context.validation.errors }),
    unauthorizedHandler: (context, request, reply) => reply.code(401).send({ errorCode: 'AGW-401' }),
    notFound: (context, request, reply) => reply.code(404).send({ errorCode: 'CMN-102' }),
    notImplemented: (context, request, reply) => reply.code(501).send({ errorCode: 'CMN-201' }),
  },
});
api.registerSecurityHandler('oauth2', (context) => bearer(context.request.headers) !== undefined);

const app = fastify();
app.all('/*', (request, reply) =>
  api.handleRequest(
    {
      method: request.method,
      path: request.raw.url.split('?')[0],
      query: request.query,
      headers: request.headers,
      body: request.body,
    },
    request,
    reply,
  ),
);
api.init().then(() => app.listen({ host: '127.0.0.1', port: Number(port) }));
