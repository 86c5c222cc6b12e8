// Opens a report from disk in Chromium and says as JSON what a reader would meet: node open_report.mjs MODULES CHROMIUM PAGE SHOTS
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [modules, chromium, page_path, shots] = process.argv.slice(2);
const require = createRequire(`${modules}/x.js`);
const { chromium: launcher } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const browser = await launcher.launch({
  executablePath: chromium,
  args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"],
});
const found = [];
for (const [width, height, scheme] of [[1440, 900, "light"], [390, 844, "light"], [1440, 900, "dark"]]) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme: scheme });
  const page = await context.newPage();
  const requests = [];
  const errors = [];
  page.on("request", (r) => { if (!/^(data|blob):/.test(r.url())) requests.push(r.url()); });
  page.on("console", (m) => { if (["error", "warning"].includes(m.type())) errors.push(m.text()); });
  page.on("pageerror", (e) => errors.push(String(e)));
  const seen = { width, scheme };
  const began = Date.now();
  await page.goto(pathToFileURL(page_path).href);
  seen.load_ms = Date.now() - began;
  const settle = () => page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
  const visible = (selector) => page.locator(selector).evaluateAll((all) => all.filter((e) => e.checkVisibility()).length);

  const first = Date.now();
  const before = await page.evaluate(() => document.documentElement.lang);
  await page.click("#lang");
  await settle();
  seen.first_action_ms = Date.now() - first;
  seen.lang = [before, await page.evaluate(() => document.documentElement.lang)];
  seen.other_language_hidden = await page.evaluate(() =>
    [...document.querySelectorAll(document.documentElement.lang === "en" ? ".zh" : ".en")].every((e) => getComputedStyle(e).display === "none"));
  await page.click("#lang");
  await settle();
  if (shots) await page.screenshot({ path: `${shots}/${width}-${scheme}.png` });
  seen.overflow_px = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);

  seen.issues = await page.locator(".issue").count();
  const all = await page.locator(".issue:not([hidden])").count();
  await page.selectOption("select[name=level]", "must");
  seen.must_only = [all, await page.locator(".issue:not([hidden])").count(), await page.locator(".issue[data-level=should]:not([hidden])").count()];
  await page.click("#filters button[type=reset]");
  await settle();
  await page.keyboard.press("j");
  seen.keyboard = await page.evaluate(() => document.activeElement?.closest(".issue")?.id ?? null);

  const last = page.locator(".issue").last();
  const far = await last.getAttribute("id");
  await page.evaluate((id) => { const a = document.createElement("a"); a.href = `#${id}`; document.body.append(a); a.click(); a.remove(); }, far);
  await page.waitForTimeout(300);
  seen.far_link_lands = await last.evaluate((e) => { const box = e.querySelector("summary").getBoundingClientRect(); return box.top >= 0 && box.bottom <= innerHeight; });

  const mark = page.locator(".marks a").first();
  if (await mark.count()) {
    const id = (await mark.getAttribute("href")).slice(1);
    await mark.scrollIntoViewIfNeeded();
    await mark.focus();
    await page.keyboard.press("Enter");
    await settle();
    seen.mark_opens = await page.evaluate((i) => document.getElementById(i).open, id);
    const button = page.locator(`#${id} .play`);
    if (await button.count()) {
      const start = Number(await button.getAttribute("data-start"));
      await button.click();
      // Taken at the moment it plays: on a slow machine the seek to where it begins may come after.
      const played = await page.waitForFunction((i) => {
        const v = document.querySelector(`#${i} video`);
        return v && v.readyState >= 2 && v.currentTime > 0 ? { at_s: v.currentTime, paused: v.paused, error: v.error?.message ?? null } : null;
      }, id, { timeout: 60000 }).catch(() => errors.push("the lesson did not play") && null);
      seen.played = played && await played.jsonValue();
      seen.asked_s = start;
    }
  }
  await page.evaluate(() => document.querySelectorAll(".issue").forEach((d, n) => { if (n < 12) d.open = true; }));
  await page.evaluate(axe);
  const report = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  seen.axe = report.violations.map((v) => ({ id: v.id, impact: v.impact, nodes: v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 160)} ${n.failureSummary?.slice(0, 200)}`) }));
  seen.requests = requests;
  seen.errors = errors;
  found.push(seen);
  await context.close();
}
await browser.close();
console.log(JSON.stringify(found, null, 1));
