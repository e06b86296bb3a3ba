// Copies the sentence above a chart, with the address of the page that shows its figures, and makes a PNG of the chart.

const TWICE = 2; // Pixels of the PNG for each of the picture: sharp on slides.

function loaded(address) {
  return new Promise((done, failed) => {
    const picture = new Image();
    picture.onload = () => done(picture);
    picture.onerror = failed;
    picture.src = address;
  });
}

async function drawn(address) {
  const picture = await loaded(address);
  const canvas = document.createElement("canvas");
  canvas.width = picture.naturalWidth * TWICE;
  canvas.height = picture.naturalHeight * TWICE;
  canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => { canvas.toBlob(done, "image/png"); });
}

for (const button of document.querySelectorAll("button[data-png]")) {
  button.classList.remove("awaited");
  button.addEventListener("click", async () => {
    try {
      const link = document.createElement("a");
      link.href = URL.createObjectURL(await drawn(button.dataset.png));
      link.download = `${button.dataset.name}.png`;
      link.click();
      setTimeout(() => { URL.revokeObjectURL(link.href); }, 10000);
    } catch {
      button.textContent = "Not drawn: take the SVG";
    }
  });
}

for (const button of document.querySelectorAll("button[data-copy]")) {
  const said = button.textContent;
  button.classList.remove("awaited");
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
