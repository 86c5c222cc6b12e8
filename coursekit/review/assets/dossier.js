(function () {
  "use strict";
  var root = document.documentElement;
  var data = JSON.parse(document.getElementById("data").textContent);
  var asked = {};
  data.questions.forEach(function (q) { asked[q[0]] = q[1]; });
  var all = function (selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); };
  var byId = function (id) { return document.getElementById(id); };
  var boxes = all(".q");
  var PREFIX = "coursekit-review:" + data.dossier + ":";
  var LAST = PREFIX + "last";
  var state = null;
  var storable = true;

  function say(key, values) {
    var text = data.words[key][root.dataset.lang === "en" ? "en" : "zh"];
    return text.replace(/\{(\w+)\}/g, function (_, name) { return String(values[name]); });
  }
  function fresh(expert) { return { schema: "coursekit/draft/1", dossier: data.dossier, expert: expert, answers: {}, verdict: null, opinion: "", reviewed_on: today(), papers: [] }; }
  function today() {
    var now = new Date(), two = function (n) { return (n < 10 ? "0" : "") + n; };
    return now.getFullYear() + "-" + two(now.getMonth() + 1) + "-" + two(now.getDate());
  }

  // ---- keeping
  function keep() {
    if (!state) { return; }
    try {
      localStorage.setItem(PREFIX + state.expert, JSON.stringify(state));
      localStorage.setItem(LAST, state.expert);
      storable = localStorage.getItem(PREFIX + state.expert) !== null;
    } catch (error) { storable = false; }
    tellSaved();
  }
  function kept(expert) {
    try { return sound(JSON.parse(localStorage.getItem(PREFIX + expert)), expert); } catch (error) { return null; }
  }
  function sound(raw, expert) {
    if (!raw || typeof raw !== "object" || raw.dossier !== data.dossier || (expert && raw.expert !== expert) || !data.experts[raw.expert]) { return null; }
    var clean = fresh(raw.expert);
    Object.keys(raw.answers || {}).forEach(function (key) {
      var given = raw.answers[key];
      if (asked[key] && given && typeof given === "object") { clean.answers[key] = { says: typeof given.says === "string" ? given.says : null, opinion: String(given.opinion || "") }; }
    });
    if (["pass", "revise", "reject"].indexOf(raw.verdict) >= 0) { clean.verdict = raw.verdict; }
    if (typeof raw.opinion === "string") { clean.opinion = raw.opinion; }
    if (/^\d{4}-\d{2}-\d{2}$/.test(raw.reviewed_on)) { clean.reviewed_on = raw.reviewed_on; }
    if (Array.isArray(raw.papers)) { clean.papers = raw.papers.filter(function (p) { return p && typeof p.name === "string" && /^[0-9a-f]{64}$/.test(p.sha256); }).map(function (p) { return { name: p.name, sha256: p.sha256 }; }); }
    return clean;
  }
  function tellSaved() {
    var place = byId("saved");
    place.classList.toggle("bad", !storable);
    place.textContent = !state ? "" : storable ? say("saved", {}) + " " + new Date().toTimeString().slice(0, 5) : say("not-saved", {});
  }

  // ---- what stands of a question
  function before(key) { return Boolean(state) && (data.answered[state.expert] || []).indexOf(key) >= 0; }
  function answer(key) { return state && state.answers[key] && state.answers[key].says ? state.answers[key] : null; }
  function settled(key) { return Boolean(answer(key)) || before(key); }
  function wantsWords(key) {
    var given = answer(key);
    return Boolean(given) && (given.says !== "pass" || asked[key] === "overrule");
  }
  function wordless(key) { return wantsWords(key) && !answer(key).opinion.trim(); }

  // ---- showing
  function textarea(box, make) {
    var area = box.querySelector("textarea");
    if (!area && make) {
      area = byId("note").content.querySelector("textarea").cloneNode(true);
      area.placeholder = byId("hint").content.textContent.trim() ? hint() : "";
      area.setAttribute("aria-labelledby", "l-" + box.id);
      box.appendChild(area);
    }
    return area;
  }
  function hint() {
    var part = byId("hint").content.querySelector(root.dataset.lang === "en" ? ".en" : ".zh");
    return part ? part.textContent : byId("hint").content.textContent;
  }
  function show(box) {
    var key = box.id, given = state ? state.answers[key] : null;
    all("input[type=radio]", box).forEach(function (input) { input.checked = Boolean(given) && given.says === input.value; });
    var open = Boolean(given) && (wantsWords(key) || given.opinion);
    var area = textarea(box, open);
    if (area) {
      area.hidden = !open && document.activeElement !== area;
      if (document.activeElement !== area) { area.value = given ? given.opinion : ""; }
      area.classList.toggle("wanted", wordless(key));
      box.querySelector(".add-note").setAttribute("aria-expanded", String(!area.hidden));
    }
    var told = box.querySelector(".earlier"), mine = before(key) && !answer(key);
    if (mine && !told) { box.appendChild(byId("earlier").content.firstElementChild.cloneNode(true)); }
    if (!mine && told) { told.remove(); }
    box.classList.toggle("done", settled(key) && !wordless(key));
    if (settled(key)) { box.classList.remove("missing"); }
  }
  function showAll() {
    document.body.classList.toggle("nobody", !state);
    boxes.forEach(show);
    all("input[name=verdict]").forEach(function (input) { input.checked = Boolean(state) && state.verdict === input.value; });
    byId("opinion").value = state ? state.opinion : "";
    byId("date").value = state ? state.reviewed_on : "";
    all("input[name=expert]").forEach(function (input) { input.checked = Boolean(state) && state.expert === input.value; });
    byId("dock-who").textContent = state ? data.experts[state.expert].name : say("choose", {});
    showPapers();
    count();
  }
  function count() {
    var done = 0, per = {};
    boxes.forEach(function (box) {
      var lesson = box.dataset.lesson, cell = per[lesson] = per[lesson] || [0, 0];
      if (box.closest("#course")) { cell = per.course = per.course || [0, 0]; }
      cell[1] += 1;
      if (settled(box.id)) { cell[0] += 1; done += 1; }
    });
    all("[data-count]").forEach(function (cell) {
      var here = per[cell.dataset.count] || [0, 0];
      cell.textContent = here[0] + " / " + here[1];
      cell.classList.toggle("full", here[0] === here[1]);
    });
    byId("progress").textContent = say("progress", { done: done, all: boxes.length });
    byId("meter").style.width = (boxes.length ? 100 * done / boxes.length : 100) + "%";
    review();
  }

  // ---- the end
  function faults() {
    var found = [];
    if (!state) { return [{ text: say("choose", {}), boxes: [] }]; }
    var open = boxes.filter(function (box) { return !settled(box.id); });
    var mute = boxes.filter(function (box) { return wordless(box.id); });
    var against = boxes.filter(function (box) { var a = answer(box.id); return a && (a.says === "revise" || a.says === "reject"); });
    if (open.length) { found.push({ text: say("left", { n: open.length }), boxes: open }); }
    if (mute.length) { found.push({ text: say("words", { n: mute.length }), boxes: mute }); }
    if (!state.verdict) { found.push({ text: say("no-verdict", {}), boxes: [] }); }
    if (state.verdict && state.verdict !== "pass" && !state.opinion.trim()) { found.push({ text: say("no-opinion", {}), boxes: [] }); }
    if (state.verdict === "pass" && against.length) { found.push({ text: say("contradicts", { n: against.length }), boxes: against }); }
    if (!state.reviewed_on) { found.push({ text: say("no-date", {}), boxes: [] }); }
    return found;
  }
  function review() {
    var found = faults(), place = byId("todo");
    place.textContent = "";
    found.forEach(function (fault) {
      var line = document.createElement("p");
      line.className = "bad";
      line.appendChild(document.createTextNode(fault.text));
      fault.boxes.slice(0, 6).forEach(function (box) {
        var link = document.createElement("a"), part = box.querySelector(".ask " + (root.dataset.lang === "en" ? ".en" : ".zh")) || box.querySelector(".ask");
        link.href = "#" + box.id;
        link.textContent = part.textContent.trim();
        line.appendChild(link);
      });
      if (fault.boxes.length > 6) { line.appendChild(document.createTextNode(say("more", { n: fault.boxes.length - 6 }))); }
      place.appendChild(line);
    });
    if (!found.length) {
      var ok = document.createElement("p");
      ok.className = "ok";
      ok.textContent = say("complete", {});
      place.appendChild(ok);
    }
    byId("make").disabled = found.length > 0;
  }
  function decision() {
    return {
      dossier: data.dossier, course: data.course, media: data.media, expert: data.experts[state.expert],
      verdict: state.verdict, opinion: state.opinion.trim(), reviewed_on: state.reviewed_on,
      answers: data.questions.filter(function (q) { return answer(q[0]); }).map(function (q) {
        var given = answer(q[0]);
        return { question: q[0], says: given.says, opinion: given.opinion.trim() };
      }),
      papers: state.papers, schema: data.schema
    };
  }
  function download(name, value) {
    var link = document.createElement("a"), blob = new Blob([JSON.stringify(value, null, 1) + "\n"], { type: "application/json" });
    link.href = URL.createObjectURL(blob);
    link.download = name;
    document.body.appendChild(link);
    link.click();
    link.remove();
    setTimeout(function () { URL.revokeObjectURL(link.href); }, 10000);
  }
  function fileName(what) {
    var plain = function (text) { return text.replace(/[\\/:*?"<>|\s\u0000-\u001f]+/g, "_").slice(0, 60); };
    return [say(what, {}), plain(data.course.id), plain(data.experts[state.expert].name), state.reviewed_on].join("-") + ".json";
  }

  // ---- papers
  function showPapers() {
    var list = byId("paper-list");
    list.textContent = "";
    (state ? state.papers : []).forEach(function (paper) {
      var item = document.createElement("li"), code = document.createElement("code");
      item.textContent = paper.name + " ";
      code.textContent = paper.sha256.slice(0, 16) + "…";
      item.appendChild(code);
      list.appendChild(item);
    });
  }
  function hashPapers(files) {
    if (!state) { return; }
    if (!(window.crypto && crypto.subtle)) { byId("paper-list").textContent = say("no-hash", {}); return; }
    Promise.all(Array.prototype.map.call(files, function (file) {
      return file.arrayBuffer().then(function (bytes) { return crypto.subtle.digest("SHA-256", bytes); }).then(function (digest) {
        return { name: file.name, sha256: Array.prototype.map.call(new Uint8Array(digest), function (b) { return ("0" + b.toString(16)).slice(-2); }).join("") };
      });
    })).then(function (papers) { state.papers = papers; keep(); showPapers(); });
  }

  // ---- the expert's hand
  function choose(expert) { state = kept(expert) || fresh(expert); keep(); showAll(); }
  function set(key, says, opinion) {
    var given = state.answers[key] = state.answers[key] || { says: null, opinion: "" };
    if (says !== undefined) { given.says = says; }
    if (opinion !== undefined) { given.opinion = opinion; }
  }
  function needExpert() {
    if (state) { return true; }
    byId("who").scrollIntoView({ block: "start" });
    byId("dock-who").textContent = say("choose", {});
    return false;
  }
  function passAll(list) {
    if (!needExpert()) { return; }
    list.forEach(function (box) { if (!settled(box.id) && asked[box.id] === "rule") { set(box.id, "pass"); show(box); } });
    keep();
    count();
  }
  document.addEventListener("change", function (event) {
    var target = event.target, box = target.closest(".q");
    if (target.name === "expert") { choose(target.value); return; }
    if (box && target.type === "radio") {
      if (!needExpert()) { target.checked = false; return; }
      set(box.id, target.value);
      keep();
      show(box);
      count();
      if (wordless(box.id)) { textarea(box, true).focus({ preventScroll: true }); }
      return;
    }
    if (target.id === "draft") { loadDraft(target); return; }
    if (!state) { if (target.name === "verdict") { target.checked = false; needExpert(); } return; }
    if (target.name === "verdict") { state.verdict = target.value; }
    if (target.id === "date") { state.reviewed_on = target.value; }
    if (target.id === "papers") { hashPapers(target.files); }
    keep();
    review();
  });
  document.addEventListener("input", function (event) {
    var target = event.target, box = target.closest(".q");
    if (target.tagName !== "TEXTAREA" || !state) { return; }
    if (box) { set(box.id, undefined, target.value); target.classList.toggle("wanted", wordless(box.id)); box.classList.toggle("done", settled(box.id) && !wordless(box.id)); }
    if (target.id === "opinion") { state.opinion = target.value; }
    keep();
    review();
  });
  document.addEventListener("click", function (event) {
    var button = event.target.closest("button, a");
    if (!button) { return; }
    if (button.classList.contains("add-note")) {
      if (!needExpert()) { return; }
      var area = textarea(button.closest(".q"), true), hide = !area.hidden && button.getAttribute("aria-expanded") === "true" && !area.value;
      area.hidden = hide;
      button.setAttribute("aria-expanded", String(!hide));
      if (!hide) { area.focus(); }
    }
    if (button.classList.contains("all-pass")) { passAll(all(".q", button.closest(".group"))); }
    if (button.classList.contains("rest-pass")) { passAll(all(".q", button.closest(".sheet"))); }
    if (button.hash && button.tagName === "A") { event.preventDefault(); go(button.hash.slice(1)); history.replaceState(null, "", button.hash); }
  });
  // Lessons far off have a guessed height until they come near: the place is aimed at again once they are drawn.
  function go(id) {
    var target = byId(decodeURIComponent(id)), turns = 0;
    if (!target) { return; }
    if (target.tagName === "DETAILS") { target.open = true; }
    var block = target.classList.contains("q") || target.classList.contains("issue") ? "center" : "start";
    all(".q.at").forEach(function (box) { box.classList.remove("at"); });
    if (target.classList.contains("q")) { target.classList.add("at"); }
    (function aim() { target.scrollIntoView({ block: block }); turns += 1; if (turns < 4) { requestAnimationFrame(aim); } }());
    var first = target.querySelector("input, summary, a");
    if (first) { first.focus({ preventScroll: true }); }
  }
  byId("next").addEventListener("click", function () {
    if (!needExpert()) { return; }
    var here = all(".q.at")[0], from = here ? boxes.indexOf(here) + 1 : 0;
    var open = boxes.slice(from).concat(boxes.slice(0, from)).filter(function (box) { return !settled(box.id) || wordless(box.id); })[0];
    go(open ? open.id : "verdict");
  });
  byId("save").addEventListener("click", function () { if (needExpert()) { download(fileName("draft-name"), state); } });
  byId("load").addEventListener("click", function () { byId("draft").click(); });
  function loadDraft(input) {
    var file = input.files[0];
    if (!file) { return; }
    file.text().then(function (text) {
      var raw = null;
      try { raw = JSON.parse(text); } catch (error) { raw = null; }
      if (!raw || raw.schema !== "coursekit/draft/1") { alert(say("not-a-draft", {})); return; }
      var clean = sound(raw);
      if (!clean) { alert(say("other-dossier", {})); return; }
      var mine = kept(clean.expert), size = function (s) { return s ? Object.keys(s.answers).length : 0; }, name = data.experts[clean.expert].name;
      if (size(mine) && !confirm(say("replace", { name: name, n: size(mine), m: size(clean) }))) { return; }
      state = clean;
      keep();
      showAll();
      byId("saved").textContent = say("loaded", { name: name });
    });
    input.value = "";
  }
  byId("make").addEventListener("click", function () {
    if (faults().length) { review(); return; }
    download(fileName("decision-name"), decision());
    byId("made").hidden = false;
  });
  byId("lang").addEventListener("click", function () {
    root.dataset.lang = root.dataset.lang === "en" ? "zh" : "en";
    root.lang = root.dataset.lang === "en" ? "en" : "zh-CN";
    all(".q textarea").forEach(function (area) { area.placeholder = hint(); });
    showAll();
    tellSaved();
  });
  byId("theme").addEventListener("click", function () {
    var dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });
  addEventListener("storage", function (event) {
    // The same dossier in another tab: the later answer counts in both.
    if (state && event.key === PREFIX + state.expert && event.newValue) { state = sound(JSON.parse(event.newValue), state.expert) || state; showAll(); }
  });
  addEventListener("hashchange", function () { go(location.hash.slice(1)); });

  var last = null;
  try { last = localStorage.getItem(LAST); } catch (error) { storable = false; }
  if (last && data.experts[last]) { state = kept(last); }
  showAll();
  tellSaved();
  if (location.hash) { go(location.hash.slice(1)); }
}());
