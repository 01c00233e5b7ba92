// Lets the pages be installed on a phone, and marks and votes change in their place. Everything works without this file.
"use strict";
if ("serviceWorker" in navigator) navigator.serviceWorker.register("/service-worker.js");

// A form with data-in-place names the part of the page that its answer, which is the whole page anew, replaces: nothing scrolls,
// and nothing that was unfolded or is playing is lost. Where anything is not as expected the form goes the ordinary way, whose
// page says what is the matter.
document.addEventListener("submit", async (event) => {
  const form = event.target;
  const old = document.getElementById(form.dataset.inPlace ?? "");
  if (!old) return;
  event.preventDefault();
  if (form.dataset.sent) return;
  form.dataset.sent = "yes";
  const button = event.submitter;
  const fields = new URLSearchParams(new FormData(form));
  if (button?.name) fields.set(button.name, button.value);
  let answer;
  try {
    answer = await fetch(form.action, { method: "POST", body: fields });
    if (!answer.ok) throw new Error(String(answer.status));
  } catch {
    ordinarily(form, fields);
    return;
  }
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById(old.id);
  if (fresh) {
    const place = [...old.querySelectorAll("button")].indexOf(button);
    old.replaceWith(fresh);
    (fresh.querySelectorAll("button")[place] ?? fresh).focus({ preventScroll: true });
  } else if (new URL(answer.url).pathname === location.pathname) {
    location.reload(); // it is done, and its post is not on this page any more
  } else {
    location.assign(answer.url);
  }
});

function ordinarily(form, fields) {
  const whole = document.createElement("form");
  whole.method = "post";
  whole.action = form.action;
  for (const [name, value] of fields) {
    const field = document.createElement("input");
    [field.type, field.name, field.value] = ["hidden", name, value];
    whole.append(field);
  }
  document.body.append(whole);
  whole.submit();
}
