// Shows the buttons that copy a text of the page, and copies it.
"use strict";
for (const button of document.querySelectorAll("button[data-copies]")) {
  button.hidden = false;
  button.addEventListener("click", async () => {
    const text = document.getElementById(button.dataset.copies);
    try {
      await navigator.clipboard.writeText(text.value);
    } catch { // no secure context, or not allowed
      text.select();
      document.execCommand("copy");
    }
    button.textContent = "Copied";
  });
}
