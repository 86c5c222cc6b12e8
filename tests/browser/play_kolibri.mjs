// Opens a lesson in Kolibri's own pages and plays it: node play_kolibri.mjs MODULES CHROMIUM URL SHOT
import { openBrowser } from "./lesson_host.mjs";

const [modules, chromium, url, shot] = process.argv.slice(2);
const { browser, context } = await openBrowser(modules, chromium);
const page = await context.newPage();
const partial = [];
page.on("response", (r) => { if (r.url().includes("/content/storage/") && r.status() === 206) partial.push(r.headers()["content-type"]); });
await page.goto(url);
await page.waitForFunction(() => document.querySelector("video")?.readyState >= 1, null, { timeout: 40000 });
const duration_s = await page.evaluate(() => document.querySelector("video").duration);
await page.evaluate(() => { const v = document.querySelector("video"); v.muted = true; return v.play(); });
await page.waitForFunction(() => { const v = document.querySelector("video"); return v.ended || v.currentTime > 1; }, null, { timeout: 20000 });
await page.screenshot({ path: shot });
const title = await page.title();
await browser.close();
console.log(JSON.stringify({ duration_s, title, partial }));
