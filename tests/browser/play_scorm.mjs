// Plays lessons of an unpacked SCORM 1.2 package under scorm-again: node play_scorm.mjs MODULES CHROMIUM FOLDER SHOT
import { readFileSync } from "node:fs";
import { SITE, openBrowser, readyVideo, serveFolder } from "./lesson_host.mjs";

const [modules, chromium, folder, shot] = process.argv.slice(2);
const runtime = readFileSync(`${modules}/scorm-again/dist/scorm12.min.js`, "utf8");
const { browser, context } = await openBrowser(modules, chromium);
await serveFolder(context, "/package", folder);
await context.route(`${SITE}/`, (route) => route.fulfill({ status: 200, contentType: "text/html", body: `<!doctype html><title>platform</title><script>${runtime}</script><iframe id="sco" width="1000" height="700"></iframe>` }));

async function launch(href, kept) {
  const page = await context.newPage();
  const errors = [];
  page.on("pageerror", (e) => errors.push(String(e)));
  page.on("console", (m) => { if (m.type() === "error") errors.push(m.text()); });
  await page.goto(`${SITE}/`);
  await page.evaluate(([src, data]) => {
    window.calls = [];
    window.API = new Scorm12API({ autocommit: false, logLevel: 4 });
    if (data) window.API.loadFromJSON(data, "");
    for (const name of ["LMSInitialize", "LMSFinish"]) window.API.on(name, () => window.calls.push(name));
    document.querySelector("#sco").src = src;
  }, [`/package/${href}`, kept]);
  const handle = await page.waitForSelector("#sco");
  const frame = await handle.contentFrame();
  await frame.waitForURL(`**/${href}`);
  return { page, frame, errors };
}
const core = (page) => page.evaluate(() => ({ ...JSON.parse(JSON.stringify(window.API.cmi)).core, suspend_data: window.API.cmi.suspend_data }));
async function leave(page) {
  const before = await core(page);
  await page.evaluate(() => { document.querySelector("#sco").src = "about:blank"; });
  await page.waitForFunction(() => window.calls.includes("LMSFinish"), null, { timeout: 5000 });
  const kept = await page.evaluate(() => JSON.parse(JSON.stringify(window.API.cmi)));
  return { before, kept, calls: await page.evaluate(() => window.calls) };
}

const found = {};
{
  const { page, frame, errors } = await launch("lessons/001/index.html");
  found.duration_s = await readyVideo(frame);
  found.at_first = (await core(page)).lesson_status;
  found.cues = await frame.evaluate(() => new Promise((done) => { const t = document.querySelector("video").textTracks[0]; t.mode = "showing"; const e = document.querySelector("track"); if (e.readyState === 2) done(t.cues.length); else e.addEventListener("load", () => done(t.cues.length)); }));
  await frame.evaluate(() => document.querySelector("video").play());
  await page.waitForFunction(() => window.API.cmi.core.lesson_status === "completed", null, { timeout: 20000 });
  await page.screenshot({ path: shot });
  const left = await leave(page);
  found.completed = left.before.lesson_status;
  found.session_time = left.kept.core.session_time;
  found.calls = left.calls;
  found.errors = errors;
  await page.close();
}
{
  // Jumping to the end is not seeing the lesson.
  const { page, frame } = await launch("lessons/001/index.html");
  await readyVideo(frame);
  await frame.evaluate(async () => { const v = document.querySelector("video"); v.currentTime = v.duration - 0.5; await v.play(); await new Promise((done) => v.addEventListener("ended", done)); });
  found.after_a_jump = (await core(page)).lesson_status;
  await page.close();
}
{
  const { page, frame } = await launch("lessons/001/index.html");
  await readyVideo(frame);
  await frame.evaluate(async () => { const v = document.querySelector("video"); await v.play(); await new Promise((done) => { const look = () => (v.currentTime > 1.6 ? done() : setTimeout(look, 50)); look(); }); v.pause(); });
  const left = await leave(page);
  await page.close();
  found.kept = { status: left.kept.core.lesson_status, at: Number(left.kept.core.lesson_location), seen: left.kept.suspend_data, exit: left.kept.core.exit };
  const again = await launch("lessons/001/index.html", { core: { lesson_status: left.kept.core.lesson_status, lesson_location: left.kept.core.lesson_location }, suspend_data: left.kept.suspend_data });
  await readyVideo(again.frame);
  found.resumed_s = await again.frame.evaluate(() => document.querySelector("video").currentTime);
  found.resumed_share = await again.frame.evaluate(() => document.querySelector("progress").value);
  await again.page.close();
}
await browser.close();
console.log(JSON.stringify(found, null, 1));
