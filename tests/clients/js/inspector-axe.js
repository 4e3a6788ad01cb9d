// Every page of the inspector in both schemes, narrow and wide: what axe finds, and whether anything stands beyond the window.

const fs = require("node:fs");
const { chromium } = require("playwright-core");
const { tell, run } = require("./story.js");
const table = require("./inspector-table.js");
const { made } = require("./inspector-world.js");

const [server, name, token, phone, number, executablePath, folder] = process.argv.slice(2);
const WIDTHS = [400, 1440];
const SCHEMES = ["light", "dark"];
const EDGES = [360, 2560];

run(async () => {
  const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
  const world = await made(server, name, token, phone, number);
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  try {
    // The policy of the page lets no script in but its own: the test's is let in by the browser.
    const context = await browser.newContext({ bypassCSP: true, viewport: { width: 1440, height: 900 } });
    const page = await context.newPage();
    const wrong = [];
    page.on("pageerror", (error) => wrong.push(String(error)));
    page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(message.text()));
    const violations = {};
    const beyond = {};
    for (const each of table(world)) {
      await page.setViewportSize({ width: 1440, height: 900 });
      await page.goto(`${server}/_mock/ui${each.path}${each.path.includes("?") ? "&" : "?"}world=${name}`);
      await page.locator(each.ready).first().waitFor({ timeout: 30000 });
      await page.evaluate(axe);
      for (const scheme of SCHEMES) {
        await page.emulateMedia({ colorScheme: scheme });
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
          violations[`${each.name} ${scheme} ${width}`] = found.violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map(({ html, failureSummary }) => `${html.slice(0, 160)} ${failureSummary.split("\n").slice(1, 2)}`).join(" | ")}`);
          if (folder) await page.screenshot({ path: `${folder}/${each.name}-${width}-${scheme}.png` });
        }
      }
      for (const width of EDGES) {
        await page.setViewportSize({ width, height: 900 });
        beyond[`${each.name} ${width}`] = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
      }
    }
    tell("violations", violations);
    tell("beyond the window", beyond);
    tell("wrong", wrong);
  } finally {
    await browser.close();
  }
});
