// What the inspector's calls raise where an answer ends in its middle, on a page that stays and on one that is left.

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const { tell, run } = require("./story.js");

const API = path.join(__dirname, "../../../src/ringmock/inspector/static/api.js");
const CALLS = {
  get: (api) => api.get("/half"),
  text: (api) => api.text("/half"),
  ask: (api) => api.ask("/half", {}),
  act: (api) => api.act("Do it", "POST", "/half", {}),
  send: (api) => api.send("Send it", "101", "GET", "/half"),
};

run(async () => {
  const page = new EventTarget();
  globalThis.addEventListener = page.addEventListener.bind(page);
  const { createApi } = await import(`data:text/javascript;base64,${fs.readFileSync(API).toString("base64")}`);
  let isLeft = false;
  const server = http.createServer((request, answer) => {
    if (request.url.endsWith("/tokens")) return answer.end('{"access_token": "a token"}');
    answer.writeHead(200, { "Content-Type": "application/json", "Content-Length": "100" });
    return answer.write('{"records": [', () => {
      if (isLeft) page.dispatchEvent(new Event("pagehide"));
      answer.destroy();
    });
  });
  await new Promise((ready) => { server.listen(0, "127.0.0.1", ready); });
  const origin = `http://127.0.0.1:${server.address().port}`;
  globalThis.location = { origin };
  try {
    for (isLeft of [false, true]) {
      for (const [name, call] of Object.entries(CALLS)) {
        page.dispatchEvent(new Event("pageshow"));
        const raised = await call(createApi(`${origin}/_mock`, "", false, () => {})).catch((error) => [error.constructor.name, error.name, error.message]);
        tell(`${name}${isLeft ? " on a page that is left" : ""}`, raised);
      }
    }
  } finally {
    server.close();
  }
});
