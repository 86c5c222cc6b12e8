(function () {
  "use strict";
  var root = document.documentElement;
  var all = function (selector, within) { return Array.prototype.slice.call((within || document).querySelectorAll(selector)); };
  var issues = all(".issue");
  var form = document.getElementById("filters");
  var marks = {};
  all(".marks a").forEach(function (mark) { marks[mark.getAttribute("href").slice(1)] = mark; });

  function setLang(lang) {
    root.dataset.lang = lang;
    root.lang = lang === "en" ? "en" : "zh-CN";
    all("option[data-zh]").forEach(function (option) { option.textContent = option.dataset[lang]; });
  }
  document.getElementById("lang").addEventListener("click", function () { setLang(root.dataset.lang === "en" ? "zh" : "en"); });
  document.getElementById("theme").addEventListener("click", function () {
    var dark = root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
    root.dataset.theme = dark ? "light" : "dark";
  });

  function checked() { return all("input[name=verdict]", form).filter(function (box) { return box.checked; }).map(function (box) { return box.value; }); }
  function apply() {
    var verdicts = checked(), boxes = all("input[name=verdict]", form).length;
    var level = form.elements.level.value, subject = form.elements.subject.value, clause = form.elements.clause.value;
    var narrowed = verdicts.length < boxes || level || clause;
    var shown = 0;
    all(".lesson").forEach(function (lesson) {
      var here = 0;
      all(".issue", lesson).forEach(function (issue) {
        var fits = verdicts.indexOf(issue.dataset.verdict) >= 0 && (!level || issue.dataset.level === level) &&
          (!clause || issue.dataset.clauses.split(" ").indexOf(clause) >= 0) && (!subject || lesson.dataset.subject === subject);
        issue.hidden = !fits;
        var mark = marks[issue.id];
        if (mark) { mark.style.display = fits ? "" : "none"; }
        if (fits) { here += 1; }
      });
      lesson.hidden = Boolean((subject && lesson.dataset.subject !== subject) || (narrowed && !here));
      shown += here;
    });
    document.getElementById("shown").textContent = shown + " / " + issues.length;
    document.getElementById("nothing").hidden = shown > 0 || !narrowed;
  }
  form.addEventListener("change", apply);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(apply, 0); });
  all("[data-set-verdict]").forEach(function (link) {
    link.addEventListener("click", function () {
      form.reset();
      var wanted = [link.dataset.setVerdict];
      if (wanted[0] === "not_tested") { wanted.push("error"); }
      all("input[name=verdict]", form).forEach(function (box) { box.checked = wanted.indexOf(box.value) >= 0; });
      form.elements.level.value = link.dataset.setLevel || "";
      setTimeout(apply, 0);
    });
  });

  // Lessons far off have a guessed height until they come near: the place is aimed at again once they are drawn.
  function land(target, block) {
    var turns = 0;
    (function aim() {
      target.scrollIntoView({ block: block });
      turns += 1;
      if (turns < 4) { requestAnimationFrame(aim); }
    }());
  }
  function show(issue) {
    if (!issue) { return; }
    if (issue.hidden || issue.closest(".lesson").hidden) { form.reset(); all("input[name=verdict]", form).forEach(function (box) { box.checked = true; }); apply(); }
    issue.open = true;
    land(issue.querySelector("summary"), "center");
    issue.querySelector("summary").focus({ preventScroll: true });
  }
  document.addEventListener("click", function (event) {
    var link = event.target.closest ? event.target.closest("a[href^='#']") : null;
    if (link) {
      event.preventDefault();
      go(link.getAttribute("href").slice(1));
      history.replaceState(null, "", link.getAttribute("href"));
    }
    var button = event.target.closest ? event.target.closest(".play") : null;
    if (button) { play(button); }
  });
  function go(id) {
    var target = document.getElementById(id);
    if (!target) { return; }
    if (target.classList.contains("issue")) { show(target); return; }
    if (target.hidden) { form.reset(); setTimeout(function () { apply(); land(target, "start"); }, 0); return; }
    land(target, "start");
  }
  function fromHash() { if (location.hash) { go(location.hash.slice(1)); } }
  addEventListener("hashchange", fromHash);

  var playing = null;
  function play(button) {
    var figure = button.closest("figure"), stage = figure.querySelector(".stage");
    if (playing) { playing.pause(); }
    var video = stage.querySelector("video");
    var lesson = button.dataset.src, excerpt = button.dataset.excerpt;
    var start = excerpt ? 0 : Math.max(0, Number(button.dataset.start) - 1);
    if (!video) {
      video = document.createElement("video");
      video.controls = true;
      video.preload = "metadata";
      video.playsInline = true;
      video.setAttribute("aria-label", button.dataset.name);
      var still = stage.querySelector("img");
      if (still) { video.poster = still.src; }
      video.addEventListener("loadedmetadata", function () { video.currentTime = Math.min(start, Math.max(0, video.duration - 0.1)); }, { once: true });
      video.addEventListener("error", function () {
        var told = document.getElementById("messages").content.querySelector("[data-key=missing]").cloneNode(true);
        video.remove();
        all("img,svg", stage).forEach(function (node) { node.hidden = false; });
        stage.appendChild(told);
      });
      all("img,svg,p", stage).forEach(function (node) { if (node.tagName === "P") { node.remove(); } else { node.hidden = true; } });
      stage.appendChild(video);
      video.src = excerpt || lesson;
    } else {
      video.currentTime = start;
    }
    playing = video;
    var started = video.play();
    if (started && started.catch) { started.catch(function () { return undefined; }); }
  }

  document.addEventListener("keydown", function (event) {
    if (event.ctrlKey || event.metaKey || event.altKey || /^(INPUT|SELECT|TEXTAREA|VIDEO)$/.test(event.target.tagName)) { return; }
    var key = event.key.toLowerCase();
    if (key === "l") { setLang(root.dataset.lang === "en" ? "zh" : "en"); return; }
    var current = document.activeElement ? document.activeElement.closest(".issue") : null;
    if (key === "p" && current) { var button = current.querySelector(".play"); if (button) { current.open = true; play(button); } return; }
    if (key !== "j" && key !== "k") { return; }
    var visible = issues.filter(function (issue) { return !issue.hidden && !issue.closest(".lesson").hidden; });
    var at = visible.indexOf(current) + (key === "j" ? 1 : -1);
    if (at < 0) { at = key === "j" ? 0 : visible.length - 1; }
    var next = visible[Math.min(at, visible.length - 1)];
    if (next) { land(next, "center"); next.querySelector("summary").focus({ preventScroll: true }); }
  });
  addEventListener("beforeprint", function () { all(".issue.fail, .issue.review, .issue.error, .issue.not_tested").forEach(function (issue) { issue.open = true; }); });
  apply();
  fromHash();
}());
