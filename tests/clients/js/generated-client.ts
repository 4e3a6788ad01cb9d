import createClient from "openapi-fetch";
import type { paths } from "./schema";

const [url, clientId, secret] = process.argv.slice(2);
const step = (name: string, result: unknown) => console.log(JSON.stringify({ step: name, result }));
const own = { path: { accountId: "~", extensionId: "~" } };

async function main() {
  const form = new URLSearchParams({
    grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
    assertion: "demo-jwt-101",
  });
  const token = await fetch(`${url}/restapi/oauth/token`, {
    method: "POST",
    body: form,
    headers: { Authorization: `Basic ${btoa(`${clientId}:${secret}`)}` },
  });
  const { access_token } = (await token.json()) as { access_token: string };
  const client = createClient<paths>({ baseUrl: url, headers: { Authorization: `Bearer ${access_token}` } });

  const sms = await client.POST("/restapi/v1.0/account/{accountId}/extension/{extensionId}/sms", {
    params: own,
    body: { from: { phoneNumber: "16509100010" }, to: [{ phoneNumber: "14151003732" }], text: "Hello" },
  });
  step("send an SMS", sms.data?.subject);
  const page = await client.POST("/restapi/v1.0/account/{accountId}/extension/{extensionId}/company-pager", {
    params: own,
    body: { to: [{ extensionNumber: "102" }], text: "A page" },
  });
  step("page", page.data?.direction);
  const list = await client.GET("/restapi/v1.0/account/{accountId}/extension/{extensionId}/message-store", {
    params: { ...own, query: { direction: ["Outbound"], perPage: 10 } },
  });
  step("list", list.data?.records.map((message) => message.subject));
  const refused = await client.POST("/restapi/v1.0/account/{accountId}/extension/{extensionId}/company-pager", {
    params: own,
    body: { to: [{ extensionNumber: "104" }], text: "Frozen" },
  });
  step("refused", [refused.response.status, refused.error?.errors?.[0]?.errorCode]);
}

void main();
