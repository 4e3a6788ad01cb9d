// Pictures of pages: `[{ address, file, width, height, scheme, ready }]` as JSON, each taken once `ready` is there.

const { chromium } = require("playwright-core");
const { run } = require("./story.js");

const [executablePath, wanted] = process.argv.slice(2);

run(async () => {
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-lcd-text"] });
  try {
    for (const { address, file, width, height, scheme, ready } of JSON.parse(wanted)) {
      const page = await browser.newPage({ viewport: { width, height }, colorScheme: scheme });
      await page.goto(address);
      await page.locator(ready).first().waitFor();
      await page.locator('.pulse[data-state="live"]').waitFor();
      await page.screenshot({ path: file });
      await page.close();
    }
  } finally {
    await browser.close();
  }
});
