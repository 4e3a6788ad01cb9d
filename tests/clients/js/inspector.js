// Somebody who watches a mailbox in Chromium while a message comes.

const { chromium } = require("playwright-core");
const { tell, run } = require("./story.js");

const [server, clientId, token, handset, number, executablePath] = process.argv.slice(2);

async function text(words) {
  const sent = await fetch(`${server}/_mock/handsets/${handset}/messages`, {
    method: "POST",
    headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" },
    body: JSON.stringify({ to: number, text: words }),
  });
  if (!sent.ok) throw new Error(await sent.text());
}

run(async () => {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
    const wrong = [];
    page.on("console", (message) => message.type() === "error" && wrong.push(message.text()));
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("dialog", (dialog) => wrong.push(dialog.message()));

    await page.goto(`${server}/_mock/`);
    await page.getByLabel("World of client").fill(clientId);
    await page.getByRole("button", { name: "Show" }).click();
    await page.getByRole("link", { name: "101", exact: true }).click();
    tell("before", await page.getByText("Nothing yet.").count());

    await page.evaluate(() => document.activeElement.blur());
    await text("<script>alert('while it is watched')</script>");
    await page.getByText("while it is watched").waitFor({ timeout: 20000 });
    tell("address", new URL(page.url()).pathname + new URL(page.url()).search);
    tell("shown", await page.locator(".text").first().textContent());

    await page.getByRole("link", { name: handset }).click();
    tell("phone", await page.getByRole("heading", { level: 1 }).textContent());

    await page.getByLabel("Write to").fill(number);
    await page.getByLabel("this text").fill("written in a browser");
    await page.getByRole("button", { name: "Send" }).click();
    await page.getByText("written in a browser").waitFor();
    tell("written", new URL(page.url()).pathname);

    const widths = {};
    for (const width of [360, 1200]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(`${server}/_mock/?client=${clientId}`);
      widths[width] = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    }
    tell("beyond the window", widths);
    tell("wrong", wrong);
  } finally {
    await browser.close();
  }
});
