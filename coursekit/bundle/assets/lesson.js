// What a lesson page does on every platform: it plays, it notices which parts were really seen, it says when that is enough.
// The platform stands behind a tracker: { seen, at, save(seen, at), complete(), leave(), back }.
(function () {
  "use strict";
  var ENOUGH = 0.95; // of the lesson; the last seconds are often a still card that nobody waits for
  var MOST_PARTS = 200; // fits the 4096 characters of suspend_data many times over
  var SAVE_EVERY_MS = 20000;

  function Seen(parts, hex) {
    this.marks = new Array(parts).fill(false);
    for (var i = 0; i < parts; i++) {
      var digit = parseInt((hex || "").charAt(i >> 2), 16) || 0;
      this.marks[i] = Boolean(digit & (1 << (i & 3)));
    }
  }
  Seen.prototype.mark = function (from, to, whole) {
    var n = this.marks.length;
    var last = Math.min(n - 1, Math.floor((to / whole) * n));
    for (var i = Math.max(0, Math.floor((from / whole) * n)); i <= last; i++) this.marks[i] = true;
  };
  Seen.prototype.share = function () {
    return this.marks.filter(Boolean).length / this.marks.length;
  };
  Seen.prototype.toString = function () {
    var out = "";
    for (var i = 0; i < this.marks.length; i += 4) {
      var digit = 0;
      for (var j = 0; j < 4; j++) if (this.marks[i + j]) digit |= 1 << j;
      out += digit.toString(16);
    }
    return out;
  };

  function start(tracker) {
    var media = document.querySelector("video, audio");
    var bar = document.querySelector("progress");
    var state = document.querySelector(".state");
    var words = document.querySelector(".state span");
    var done = Boolean(tracker.done);
    var left = false;
    var seen = null;
    var last = null;

    function show(share) {
      bar.value = done ? 1 : share;
      words.textContent = done ? "已学完" : "已学 " + Math.floor(share * 100) + "%";
      state.classList.toggle("done", done);
    }
    function finish() {
      if (done) return;
      done = true;
      tracker.complete();
    }
    function save() {
      if (seen && !left) tracker.save(seen.toString(), media.currentTime);
    }
    function leave() {
      if (left) return;
      save();
      left = true;
      tracker.leave();
    }

    if (!tracker.connected) document.querySelector(".note").hidden = false;
    if (tracker.back) {
      var back = document.createElement("button");
      back.textContent = "返回学习平台";
      back.addEventListener("click", function () {
        leave();
        location.href = tracker.back;
      });
      state.appendChild(back);
    }
    window.addEventListener("pagehide", leave);

    if (!media) {
      var button = document.querySelector("#finished");
      button.addEventListener("click", function () {
        finish();
        show(1);
      });
      show(done ? 1 : 0);
      return;
    }
    function ready() {
      if (seen || !isFinite(media.duration)) return;
      seen = new Seen(Math.max(1, Math.min(MOST_PARTS, Math.ceil(media.duration))), tracker.seen);
      if (tracker.at > 0 && tracker.at < media.duration - 1) media.currentTime = tracker.at;
      show(seen.share());
    }
    function progress(to) {
      if (!seen) return;
      // A jump of the slider is not seeing; two seconds cover what a busy machine skips between two events.
      if (last !== null && to > last && to - last < 2 * Math.max(1, media.playbackRate)) seen.mark(last, to, media.duration);
      last = to;
      if (seen.share() >= ENOUGH) finish();
      show(seen.share());
    }
    media.addEventListener("loadedmetadata", ready);
    media.addEventListener("durationchange", ready);
    media.addEventListener("playing", function () { last = media.currentTime; });
    media.addEventListener("seeking", function () { last = null; });
    media.addEventListener("seeked", function () { last = media.currentTime; });
    media.addEventListener("timeupdate", function () { if (!media.seeking) progress(media.currentTime); });
    media.addEventListener("ended", function () { progress(media.duration); save(); });
    media.addEventListener("pause", save);
    document.addEventListener("visibilitychange", function () { if (document.hidden) save(); });
    setInterval(function () { if (!media.paused) save(); }, SAVE_EVERY_MS);
    ready();
  }

  window.coursekit = {
    start: start,
    alone: function () {
      // Opened from a disk, or the platform did not answer: the lesson still plays.
      var nothing = function () {};
      start({ connected: false, seen: "", at: 0, save: nothing, complete: nothing, leave: nothing });
    },
  };
})();
