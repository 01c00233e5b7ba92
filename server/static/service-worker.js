// Keeps the shell: style, scripts, icons, and the page that says that there is no connection. An answer that holds anybody's
// words is not kept, so that nothing of a group stays on a phone that is lost; unless the institution allows it. Then pages of
// groups that were opened here are kept for a day at most, for whoever is signed in and as long as nothing changes about what
// they may read. Pictures never are: their addresses end within the hour.
"use strict";
const KEEPS_GROUPS = false;
const SHELL = "shell";
const GROUPS = "groups";
const OFFLINE = "/offline";
const SIGN_OUT = "/signout";
const KEPT = [
  OFFLINE, "/manifest.webmanifest", "/static/consilium.css", "/static/shell.js", "/static/passkey.js",
  "/static/avatar.png", "/static/icon-192.png",
];
const READER = "consilium-reader";
const KEEP = "consilium-keep";
const KEPT_AT = "consilium-kept-at";
const HEADERS = ["content-type", "content-security-policy", "x-content-type-options", "referrer-policy", "x-frame-options"];
const WHOSE = "/kept-for"; // the entry that says for whom the others are kept
const DAY = 24 * 60 * 60 * 1000;
const MOST = 50;
const PLACE = "<!-- kept pages -->";
let erased = 0; // how often, so that what was asked for before is not kept after

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(KEPT)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const mine = KEEPS_GROUPS ? [SHELL, GROUPS] : [SHELL];
  const others = (names) => Promise.all(names.filter((name) => !mine.includes(name)).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(others).then(sweep).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== self.location.origin) return;
  if (request.method === "POST" && url.pathname === SIGN_OUT) event.waitUntil(erase());
  if (request.method !== "GET") return;
  if (request.mode === "navigate") {
    event.respondWith(page(request));
  } else if (KEPT.includes(url.pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(url.pathname, { cacheName: SHELL })));
  }
});

async function page(request) {
  const before = erased;
  let answer;
  try {
    answer = await fetch(request);
  } catch {
    return (await kept(request)) ?? (await notice());
  }
  try {
    await heard(request, answer.clone(), before);
  } catch {
    await erase();
  }
  return answer;
}

// The instance was reached: what it says of the reader decides what stays.
async function heard(request, answer, before) {
  const isPage = (answer.headers.get("content-type") ?? "").startsWith("text/html");
  if (!isPage || answer.status >= 500 || before !== erased) return;
  const reader = answer.headers.get(READER) ?? "";
  if (reader === "" || reader !== (await whose())) await erase();
  if (!KEEPS_GROUPS || reader === "") return;
  const cache = await caches.open(GROUPS);
  await cache.put(WHOSE, new Response(reader));
  if (answer.headers.get(KEEP) === "yes") {
    const said = HEADERS.filter((name) => answer.headers.has(name)).map((name) => [name, answer.headers.get(name)]);
    const headers = { ...Object.fromEntries(said), [KEPT_AT]: String(Date.now()) };
    await cache.put(request.url, new Response(await answer.text(), { headers }));
  } else {
    await cache.delete(request.url);
  }
  await sweep();
}

async function erase() {
  erased += 1;
  await caches.delete(GROUPS);
}

async function whose() {
  const found = await caches.match(WHOSE, { cacheName: GROUPS });
  return found ? found.text() : "";
}

// What is a day old goes, and what a clock that was put back makes younger than nothing; of the rest the newest stay.
async function sweep() {
  if (!(await caches.has(GROUPS))) return [];
  const cache = await caches.open(GROUPS);
  const fresh = [];
  for (const request of await cache.keys()) {
    if (new URL(request.url).pathname === WHOSE) continue;
    const age = Date.now() - Number((await cache.match(request)).headers.get(KEPT_AT));
    if (age >= 0 && age < DAY) fresh.push({ request, age });
    else await cache.delete(request);
  }
  fresh.sort((one, other) => one.age - other.age);
  for (const { request } of fresh.slice(MOST)) await cache.delete(request);
  return fresh.slice(0, MOST).map(({ request }) => request);
}

async function kept(request) {
  await sweep();
  const found = await caches.match(request.url, { cacheName: GROUPS });
  return found && new Response(marked(await found.text()), { headers: found.headers });
}

async function notice() {
  const found = await caches.match(OFFLINE, { cacheName: SHELL });
  const lines = await Promise.all((await sweep()).map(line));
  if (!found || lines.length === 0) return found ?? Response.error();
  return new Response(marked((await found.text()).replace(PLACE, () => lines.join(""))), { headers: found.headers });
}

async function line(request) {
  const found = await caches.match(request, { cacheName: GROUPS });
  if (!found) return "";
  const text = await found.text();
  const url = new URL(request.url);
  // both are as they stood in a page, or are made safe by URL: nothing in them can open an element
  return `<li><a href="${url.pathname}${url.search}">${/<title>([^<]*)<\/title>/.exec(text)?.[1] ?? url.pathname}</a></li>`;
}

// Shows what is for a kept page, and hides its forms.
function marked(text) {
  return text.replace("<body>", '<body class="kept">');
}
