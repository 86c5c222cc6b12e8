// Opens pages from disk in Chromium and says as JSON what they tried: node open_hostile.mjs MODULES CHROMIUM PAGE…
import { createRequire } from "node:module";
import { pathToFileURL } from "node:url";

const [modules, chromium, ...pages] = process.argv.slice(2);
const { chromium: launcher } = createRequire(`${modules}/x.js`)("playwright-core");
const browser = await launcher.launch({ executablePath: chromium, args: ["--no-sandbox"] });
const found = [];
for (const path of pages) {
  const page = await browser.newPage();
  const seen = { path, dialogs: 0, refused: [], errors: [], requests: [] };
  page.on("dialog", (d) => { seen.dialogs += 1; d.dismiss(); });
  page.on("console", (m) => { if (/Content Security Policy/.test(m.text())) seen.refused.push(m.text()); });
  page.on("pageerror", (e) => seen.errors.push(String(e)));
  page.on("request", (r) => { if (!/^(data|blob|file):/.test(r.url())) seen.requests.push(r.url()); });
  await page.goto(pathToFileURL(path).href);
  await page.waitForTimeout(300);
  seen.told = (await page.evaluate(() => document.body.innerText)).includes("<script>alert(1)</script>");
  page.removeAllListeners("request");
  // Whatever gets into a page by some way nobody thought of: the policy is what stands then.
  seen.stopped = await page.evaluate(async () => {
    const script = document.createElement("script");
    script.textContent = "window.taken = 1";
    document.body.append(script);
    const away = document.createElement("img");
    const failed = new Promise((done) => { away.onerror = () => done(true); away.onload = () => done(false); setTimeout(() => done(false), 2000); });
    away.src = "http://127.0.0.1:9/x.png";
    document.body.append(away);
    return [window.taken === undefined, await failed];
  });
  found.push(seen);
  await page.close();
}
await browser.close();
console.log(JSON.stringify(found));
