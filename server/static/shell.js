// Lets the pages be installed on a phone. Everything works without this file.
"use strict";
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/service-worker.js");
