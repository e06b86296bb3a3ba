// Copies the sentence above a chart, with the address of the page that shows its figures.

for (const button of document.querySelectorAll("button[data-copy]")) {
  const said = button.textContent;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const sentence = document.getElementById(button.dataset.copy).textContent.trim();
    try {
      await navigator.clipboard.writeText(`${sentence} ${window.location.href}`);
      button.textContent = "Copied";
    } catch {
      button.textContent = "Not allowed by the browser";
    }
    setTimeout(() => { button.textContent = said; }, 2000);
  });
}
