// What the package tests share: Chromium, and a site made of a folder on disk with byte ranges, as a platform serves it.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { extname, join, normalize } from "node:path";

export const SITE = "http://platform.test";
const TYPES = { ".html": "text/html; charset=utf-8", ".js": "text/javascript", ".css": "text/css", ".mp4": "video/mp4", ".vtt": "text/vtt", ".png": "image/png", ".pdf": "application/pdf" };

export async function openBrowser(modules, chromium) {
  const { chromium: launcher } = createRequire(`${modules}/x.js`)("playwright-core");
  const browser = await launcher.launch({ executablePath: chromium, args: ["--no-sandbox", "--autoplay-policy=no-user-gesture-required"] });
  const context = await browser.newContext({ locale: "zh-CN" });
  return { browser, context };
}

export async function serveFolder(context, prefix, folder) {
  await context.route(`${SITE}${prefix}/**`, async (route) => {
    const path = decodeURIComponent(new URL(route.request().url()).pathname).slice(prefix.length);
    let body;
    try {
      body = readFileSync(join(folder, normalize(path)));
    } catch {
      return route.fulfill({ status: 404, body: "" });
    }
    const headers = { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream", "Accept-Ranges": "bytes" };
    const range = /^bytes=(\d+)-(\d*)$/.exec(route.request().headers().range ?? "");
    if (!range) return route.fulfill({ status: 200, headers, body });
    const from = Number(range[1]);
    const to = range[2] ? Math.min(Number(range[2]), body.length - 1) : body.length - 1;
    return route.fulfill({ status: 206, headers: { ...headers, "Content-Range": `bytes ${from}-${to}/${body.length}` }, body: body.subarray(from, to + 1) });
  });
}

export async function readyVideo(frame) {
  await frame.waitForFunction(() => { const v = document.querySelector("video"); return v && v.readyState >= 1 && document.querySelector(".state span").textContent; }, null, { timeout: 20000 });
  return frame.evaluate(() => document.querySelector("video").duration);
}
