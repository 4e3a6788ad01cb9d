// What both scripts share: the arguments, and one line of JSON for each step.

const [server, clientId, clientSecret] = process.argv.slice(2);

/** What is in the one file that is sent. */
const PICTURE = "a picture, or the bytes of one";

/** Says what a step came to. */
function tell(step, result) {
  console.log(JSON.stringify({ step, result }));
}

/** What the server says about a token that no client holds any more. */
async function callWithToken(token) {
  const answer = await fetch(`${server}/restapi/v1.0/account/~/extension/~`, {
    headers: { Authorization: `bearer ${token}` },
  });
  return { status: answer.status, body: await answer.json() };
}

/** Runs the story; the process fails when a step does. */
function run(story) {
  story().catch((error) => {
    console.error(error);
    process.exitCode = 1;
  });
}

module.exports = { server, clientId, clientSecret, PICTURE, tell, callWithToken, run };
