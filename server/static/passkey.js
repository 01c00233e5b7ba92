// Lets a form be answered with a passkey. Pages work without this file by other means.
// A form with data-passkey="create" or "get" and data-options is shown, and its answer filled in on submit.
"use strict";
(() => {
  if (!window.PublicKeyCredential) return;
  const toBytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (letter) => letter.charCodeAt(0));
  };
  const toText = (buffer) => {
    let plain = "";
    for (const byte of new Uint8Array(buffer)) plain += String.fromCharCode(byte);
    return btoa(plain).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  };
  const known = (list) => (list || []).map((one) => ({ ...one, id: toBytes(one.id) }));

  const create = async (options, name) => {
    const credential = await navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: toBytes(options.challenge),
        user: { ...options.user, id: toBytes(options.user.id), ...(name ? { name, displayName: name } : {}) },
        excludeCredentials: known(options.excludeCredentials),
      },
    });
    const answer = credential.response;
    return {
      id: credential.id,
      rawId: toText(credential.rawId),
      type: credential.type,
      clientExtensionResults: {},
      response: {
        clientDataJSON: toText(answer.clientDataJSON),
        attestationObject: toText(answer.attestationObject),
        transports: answer.getTransports ? answer.getTransports() : [],
      },
    };
  };

  const get = async (options) => {
    const credential = await navigator.credentials.get({
      publicKey: { ...options, challenge: toBytes(options.challenge), allowCredentials: known(options.allowCredentials) },
    });
    const answer = credential.response;
    return {
      id: credential.id,
      rawId: toText(credential.rawId),
      type: credential.type,
      clientExtensionResults: {},
      response: {
        clientDataJSON: toText(answer.clientDataJSON),
        authenticatorData: toText(answer.authenticatorData),
        signature: toText(answer.signature),
        userHandle: answer.userHandle ? toText(answer.userHandle) : null,
      },
    };
  };

  for (const part of document.querySelectorAll("[data-passkey]")) {
    part.hidden = false;
    const form = part.closest("form");
    const button = part.querySelector("button[data-passkey-button]") || form.querySelector("button");
    const problem = part.querySelector("[data-passkey-problem]");
    button.addEventListener("click", async (event) => {
      event.preventDefault();
      if (problem) problem.hidden = true;
      for (const field of form.querySelectorAll("[data-needed]")) if (!field.reportValidity()) return;
      try {
        const options = JSON.parse(part.dataset.options);
        const names = part.dataset.nameField ? form.elements[part.dataset.nameField].value : "";
        const answer = part.dataset.passkey === "create" ? await create(options, names) : await get(options);
        form.elements.answer.value = JSON.stringify(answer);
        form.submit();
      } catch (error) {
        if (problem) {
          problem.hidden = false;
          problem.focus();
        }
      }
    });
  }
})();
