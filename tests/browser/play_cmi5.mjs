// Launches a lesson of an unpacked cmi5 package as an LMS does, with a learning record store that only remembers:
// node play_cmi5.mjs MODULES CHROMIUM FOLDER LESSON
import { SITE, openBrowser, readyVideo, serveFolder } from "./lesson_host.mjs";

const [modules, chromium, folder, href] = process.argv.slice(2);
const { browser, context } = await openBrowser(modules, chromium);
await serveFolder(context, "/package", folder);
const actor = { objectType: "Agent", account: { homePage: SITE, name: "learner-1" } };
const registration = "8c1b7c1e-7f5a-4d0b-9f3b-1d2f6e2a9a10";
const activity = `${SITE}/activities/au-1`;
const states = new Map([["LMS.LaunchData", { contextTemplate: { contextActivities: { grouping: [{ id: "urn:course" }] }, extensions: { "https://w3id.org/xapi/cmi5/context/extensions/sessionid": "s-1" } }, launchMode: "Normal", moveOn: "Completed", returnURL: `${SITE}/home` }]]);
const seen = [];
const wrong = [];
let fetched = 0;
await context.route(`${SITE}/fetch`, (route) => { fetched += 1; route.fulfill({ status: 200, contentType: "application/json", body: JSON.stringify({ "auth-token": "dG9rZW4=" }) }); });
await context.route(`${SITE}/home`, (route) => route.fulfill({ status: 200, contentType: "text/html", body: "<title>home</title>" }));
await context.route(`${SITE}/xapi/**`, (route) => {
  const request = route.request();
  const url = new URL(request.url());
  const path = url.pathname.replace("/xapi/", "");
  const headers = request.headers();
  if (headers.authorization !== "Basic dG9rZW4=" || headers["x-experience-api-version"] !== "1.0.3") wrong.push(`${request.method()} ${path}`);
  if (path === "statements") {
    const said = request.postDataJSON();
    seen.push({ ...said, verb: said.verb.id.split("/").pop() });
    return route.fulfill({ status: 200, contentType: "application/json", body: JSON.stringify([said.id]) });
  }
  if (path === "agents/profile") { seen.push({ verb: "(preferences)" }); return route.fulfill({ status: 404, body: "" }); }
  const key = url.searchParams.get("stateId");
  if (JSON.parse(url.searchParams.get("agent")).account.name !== "learner-1" || url.searchParams.get("registration") !== registration || url.searchParams.get("activityId") !== activity) wrong.push(`state ${key}`);
  if (request.method() === "PUT") { states.set(key, request.postDataJSON()); return route.fulfill({ status: 204, body: "" }); }
  return states.has(key) ? route.fulfill({ status: 200, contentType: "application/json", body: JSON.stringify(states.get(key)) }) : route.fulfill({ status: 404, body: "" });
});

async function launch() {
  const page = await context.newPage();
  const query = new URLSearchParams({ endpoint: `${SITE}/xapi`, fetch: `${SITE}/fetch`, actor: JSON.stringify(actor), registration, activityId: activity });
  await page.goto(`${SITE}/package/${href}?${query}`);
  const duration_s = await readyVideo(page);
  return { page, duration_s };
}
const first = await launch();
await first.page.evaluate(() => document.querySelector("video").play());
await first.page.waitForFunction(() => document.querySelector(".state").classList.contains("done"), null, { timeout: 20000 });
await first.page.click("button");
await first.page.waitForURL(`${SITE}/home`);
await first.page.waitForTimeout(200);
const one = seen.map((s) => s.verb);
const second = await launch();
const shown = await second.page.evaluate(() => document.querySelector(".state span").textContent);
await second.page.close({ runBeforeUnload: true });
await browser.close();
console.log(JSON.stringify({ duration_s: first.duration_s, verbs: one, second: seen.slice(one.length).map((s) => s.verb), shown, fetched, wrong, statements: seen.filter((s) => s.id) }, null, 1));
