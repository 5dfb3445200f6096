// Buttons that copy the command beside them; they are there where copying works.

import { _, say } from "./format.js";

const SHOWN = 2_000; // ms

for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  const before = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(button.parentElement.querySelector("code").textContent);
    say(button, _("Copied"));
    setTimeout(() => say(button, before), SHOWN);
  });
}
