// Keeps the shell alone: style, scripts, icons, and the page that says that there is no connection.
// An answer that holds anybody's words is never kept, so nothing of a group stays on a phone that is lost.
"use strict";
const SHELL = "shell";
const OFFLINE = "/offline";
const KEPT = [
  OFFLINE, "/manifest.webmanifest", "/static/consilium.css", "/static/shell.js", "/static/passkey.js",
  "/static/avatar.png", "/static/icon-192.png",
];

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(KEPT)).then(() => self.skipWaiting()));
});

self.addEventListener("activate", (event) => {
  const others = (names) => Promise.all(names.filter((name) => name !== SHELL).map((name) => caches.delete(name)));
  event.waitUntil(caches.keys().then(others).then(() => self.clients.claim()));
});

self.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== self.location.origin) return;
  if (request.mode === "navigate") {
    event.respondWith(fetch(request).catch(() => caches.match(OFFLINE)));
  } else if (KEPT.includes(url.pathname)) {
    event.respondWith(fetch(request).catch(() => caches.match(url.pathname)));
  }
});
