// The tracker behind cmi5: fetch token, LMS.LaunchData, learner preferences, then initialized, completed, terminated.
(function () {
  "use strict";
  var CMI5 = "https://w3id.org/xapi/cmi5/context/categories/cmi5";
  var MOVE_ON = "https://w3id.org/xapi/cmi5/context/categories/moveon";
  var VERBS = "http://adlnet.gov/expapi/verbs/";
  var given = new URLSearchParams(location.search);
  var endpoint = given.get("endpoint");
  if (!endpoint || !given.get("fetch")) {
    window.coursekit.alone();
    return;
  }
  endpoint = endpoint.replace(/\/*$/, "/");
  var actor = JSON.parse(given.get("actor"));
  var registration = given.get("registration");
  var activity = given.get("activityId");
  var began = Date.now();
  var token = "";
  var launch = {};

  function call(method, path, query, body, last) {
    var address = endpoint + path + (query ? "?" + new URLSearchParams(query) : "");
    var headers = { Authorization: "Basic " + token, "X-Experience-API-Version": "1.0.3" };
    if (body !== undefined) headers["Content-Type"] = "application/json";
    // keepalive: the last statement is sent while the page is already closing.
    return fetch(address, { method: method, headers: headers, body: body === undefined ? undefined : JSON.stringify(body), keepalive: Boolean(last) });
  }
  function state(id) {
    return { activityId: activity, agent: JSON.stringify(actor), registration: registration, stateId: id };
  }
  function lasted() {
    return "PT" + ((Date.now() - began) / 1000).toFixed(2) + "S";
  }
  function say(verb, result, moves, last) {
    var context = JSON.parse(JSON.stringify(launch.contextTemplate || {}));
    context.registration = registration;
    context.contextActivities = context.contextActivities || {};
    var categories = [].concat(context.contextActivities.category || []);
    var add = function (id) { if (!categories.some(function (c) { return c.id === id; })) categories.push({ id: id }); };
    add(CMI5);
    if (moves) add(MOVE_ON);
    context.contextActivities.category = categories;
    var statement = {
      id: crypto.randomUUID ? crypto.randomUUID() : random(),
      timestamp: new Date().toISOString(),
      actor: actor,
      verb: { id: VERBS + verb, display: { en: verb } },
      object: { objectType: "Activity", id: activity },
      context: context,
    };
    if (result) statement.result = result;
    return call("POST", "statements", null, statement, last);
  }
  function random() {
    // randomUUID is only there on https; a closed network often has http.
    var b = crypto.getRandomValues(new Uint8Array(16));
    b[6] = (b[6] & 15) | 64;
    b[8] = (b[8] & 63) | 128;
    var hex = Array.prototype.map.call(b, function (x) { return (x + 256).toString(16).slice(1); }).join("");
    return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
  }
  function json(answer) {
    if (!answer.ok) throw new Error(answer.status + " " + answer.url);
    return answer.json();
  }

  fetch(given.get("fetch"), { method: "POST" })
    .then(json)
    .then(function (answer) {
      token = answer["auth-token"];
      if (!token) throw new Error(answer["error-text"] || "no auth-token");
      return call("GET", "activities/state", state("LMS.LaunchData")).then(json);
    })
    .then(function (data) {
      launch = data;
      // The standard asks that preferences are read; a lesson of one video has none to heed.
      return call("GET", "agents/profile", { agent: JSON.stringify(actor), profileId: "cmi5LearnerPreferences" });
    })
    .then(function () {
      return call("GET", "activities/state", state("coursekit.progress")).then(function (a) { return a.ok ? a.json() : {}; });
    })
    .then(function (kept) {
      var normal = !launch.launchMode || launch.launchMode === "Normal";
      var progress = { seen: kept.seen || "", at: kept.at || 0, done: Boolean(kept.done) };
      return say("initialized").then(function () {
        window.coursekit.start({
          connected: true,
          done: progress.done,
          seen: progress.seen,
          at: progress.at,
          back: launch.returnURL,
          save: function (seen, at) {
            if (!normal) return;
            progress.seen = seen;
            progress.at = at;
            call("PUT", "activities/state", state("coursekit.progress"), progress, true);
          },
          complete: function () {
            if (!normal) return;
            progress.done = true;
            say("completed", { completion: true, duration: lasted() }, true);
            call("PUT", "activities/state", state("coursekit.progress"), progress);
          },
          leave: function () {
            say("terminated", { duration: lasted() }, false, true);
          },
        });
      });
    })
    .catch(function (error) {
      console.error("cmi5: " + error.message);
      window.coursekit.alone();
    });
})();
