// An expert at work: opens the dossier from disk, clicks every question, reloads midway, moves to another computer with
// a draft, and makes the decision file. Says as JSON what was met.
// node answer_dossier.mjs MODULES CHROMIUM PAGE PLAN OUT
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [modules, chromium, page_path, plan_path, out] = process.argv.slice(2);
const require = createRequire(`${modules}/x.js`);
const { chromium: launcher } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const plan = JSON.parse(readFileSync(plan_path, "utf8"));
const browser = await launcher.launch({ executablePath: chromium, args: ["--no-sandbox"] });
const seen = { errors: [], requests: [], axe: [], overflow_px: [] };
const dialogs = [];

async function open(width) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, acceptDownloads: true, offline: true });
  const page = await context.newPage();
  page.on("request", (r) => { if (!/^(data|blob):/.test(r.url())) seen.requests.push(r.url()); });
  page.on("console", (m) => { if (["error", "warning"].includes(m.type())) seen.errors.push(m.text()); });
  page.on("pageerror", (e) => seen.errors.push(String(e)));
  page.on("dialog", (d) => { dialogs.push(d.message()); d.accept(); });
  await page.goto(pathToFileURL(page_path).href);
  return page;
}
const progress = (page) => page.textContent("#progress");
const choose = (page) => page.locator(".expert", { has: page.locator(`input[value="${plan.expert}"]`) }).click();
const held = (page) => page.evaluate(() => [...document.querySelectorAll(".q input:checked")].map((i) => [i.name, i.value]));
async function answer(page, key) {
  const [says, words] = plan.says[key] ?? ["pass", plan.overruled.includes(key) ? plan.words : ""];
  const box = page.locator(`#${key}`);
  await box.locator(`.say.${says}`).click();
  if (words) { await box.locator("textarea").fill(words); }
}
async function save(page, button, name) {
  const [download] = await Promise.all([page.waitForEvent("download"), page.click(button)]);
  await download.saveAs(`${out}/${name}`);
  return download.suggestedFilename();
}

// At the first computer.
let page = await open(plan.width);
seen.before_choosing = await progress(page);
await page.locator(".q .say").first().click();
seen.nobody_cannot_answer = (await held(page)).length === 0;
await choose(page);
const keys = await page.locator(".q").evaluateAll((all) => all.map((q) => q.id));
seen.questions = keys.length;
const half = Math.ceil(keys.length / 2);
for (const key of keys.slice(0, half)) { await answer(page, key); }
await page.locator(`#${keys[0]}`).evaluate((q) => q.scrollIntoView());
const before = await held(page);
seen.half = await progress(page);
await page.reload();
seen.after_reload = await progress(page);
seen.lost_nothing = JSON.stringify(before) === JSON.stringify(await held(page)) &&
  (await page.evaluate((k) => document.getElementById(k).querySelector("textarea")?.value ?? "", keys[0])) === (plan.says[keys[0]]?.[1] ?? (plan.overruled.includes(keys[0]) ? plan.words : ""));
seen.make_disabled = await page.isDisabled("#make");
await page.click("#next");
seen.next_lands = await page.evaluate(() => document.querySelector(".q.at")?.id) === keys.find((k) => !before.some(([name]) => name === k));
seen.draft_name = await save(page, "#save", "draft.json");
await page.click("#lang");
seen.english = await page.textContent("#progress");
await page.click("#lang");
await page.evaluate(axe);
for (const scheme of ["light", "dark"]) {
  await page.emulateMedia({ colorScheme: scheme });
  const report = await page.evaluate(() => axe.run(document, { resultTypes: ["violations"] }));
  seen.axe.push(...report.violations.filter((v) => ["serious", "critical"].includes(v.impact)).map((v) => `${scheme} ${v.id} ${v.nodes[0].html.slice(0, 160)} ${v.nodes[0].failureSummary?.slice(0, 160)}`));
}
seen.overflow_px.push(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth));
await page.context().close();

// At the second, with the draft.
page = await open(390);
await page.setInputFiles("#draft", { name: "other.json", mimeType: "application/json", buffer: Buffer.from("{}") });
await page.waitForFunction(() => true);
await page.setInputFiles("#draft", `${out}/draft.json`);
await page.waitForFunction((n) => document.querySelectorAll(".q input:checked").length === n, before.length);
seen.draft_brings_all = JSON.stringify(before) === JSON.stringify(await held(page));
for (const key of keys.slice(half)) { await answer(page, key); }
seen.after_all = await progress(page);
seen.full = await page.evaluate(() => [...document.querySelectorAll("[data-count]")].every((c) => c.classList.contains("full")));
if (plan.paper) { await page.setInputFiles("#papers", plan.paper); await page.waitForSelector("#paper-list li"); }
await page.locator(`#verdict .say.${plan.verdict}`).click();
if (plan.contradict) {
  await page.locator("#verdict .say.pass").click();
  seen.contradiction = [await page.isDisabled("#make"), await page.textContent("#todo")];
  await page.locator(`#verdict .say.${plan.verdict}`).click();
}
await page.fill("#opinion", plan.opinion);
await page.fill("#date", plan.day);
seen.overflow_px.push(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth));
seen.ready = await page.textContent("#todo");
seen.decision_name = await save(page, "#make", "decision.json");
seen.dialogs = dialogs;
await browser.close();
console.log(JSON.stringify(seen, null, 1));
