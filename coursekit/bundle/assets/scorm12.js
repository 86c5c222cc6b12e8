// The tracker behind SCORM 1.2: cmi.core.lesson_status, lesson_location, session_time, exit, and cmi.suspend_data.
(function () {
  "use strict";
  function look(from) {
    for (var depth = 0; from && depth < 500; depth++) {
      try {
        if (from.API) return from.API;
      } catch (foreign) {
        return null; // a frame of another origin: the platform's API is not above it
      }
      if (from.parent === from) return null;
      from = from.parent;
    }
    return null;
  }
  function clock(ms) {
    var s = Math.floor(ms / 1000);
    var two = function (n) { return (n < 10 ? "0" : "") + n; };
    return ("000" + Math.floor(s / 3600)).slice(-4) + ":" + two(Math.floor(s / 60) % 60) + ":" + two(s % 60);
  }

  var api = look(window) || (window.opener ? look(window.opener) : null);
  if (!api || String(api.LMSInitialize("")) !== "true") {
    window.coursekit.alone();
    return;
  }
  var began = Date.now();
  var get = function (name) { return String(api.LMSGetValue(name) || ""); };
  var set = function (name, value) { api.LMSSetValue(name, value); };
  var status = get("cmi.core.lesson_status");
  var looking = get("cmi.core.lesson_mode") === "browse" || get("cmi.core.lesson_mode") === "review";
  var done = status === "completed" || status === "passed";
  if (!done && !looking) {
    set("cmi.core.lesson_status", "incomplete");
    api.LMSCommit("");
  }
  window.coursekit.start({
    connected: true,
    done: done,
    seen: get("cmi.suspend_data"),
    at: parseFloat(get("cmi.core.lesson_location")) || 0,
    save: function (seen, at) {
      if (looking) return;
      set("cmi.suspend_data", seen);
      set("cmi.core.lesson_location", at.toFixed(1));
      set("cmi.core.session_time", clock(Date.now() - began));
      api.LMSCommit("");
    },
    complete: function () {
      if (looking) return;
      done = true;
      set("cmi.core.lesson_status", "completed");
      api.LMSCommit("");
    },
    leave: function () {
      if (!looking) {
        set("cmi.core.session_time", clock(Date.now() - began));
        set("cmi.core.exit", done ? "" : "suspend");
      }
      api.LMSFinish("");
    },
  });
})();
