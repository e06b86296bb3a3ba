// Draws the charts of a page from the specifications beside them, in the colours of the page. The tables under them say the same.

const dark = window.matchMedia("(prefers-color-scheme: dark)");

function colours() {
  const style = getComputedStyle(document.documentElement);
  const of = (name) => style.getPropertyValue(name).trim();
  return { ink: of("--ink"), soft: of("--soft"), line: of("--line"), accent: of("--accent") };
}

function config() {
  const { ink, soft, line, accent } = colours();
  return {
    background: null,
    font: "system-ui, sans-serif",
    axis: { labelColor: ink, titleColor: soft, gridColor: line, tickColor: line, domainColor: line, labelFontSize: 12 },
    point: { fill: accent, stroke: accent },
    rule: { color: accent },
    line: { color: accent },
    view: { stroke: null },
  };
}

async function draw(figure) {
  const holder = figure.querySelector("[data-chart]");
  const spec = JSON.parse(figure.querySelector("script[type='application/json']").textContent);
  const { view } = await vegaEmbed(holder, { ...spec, config: config() }, {
    ast: true, actions: false, renderer: "svg", defaultStyle: false, tooltip: { disableDefaultStyle: true },
  });
  view.addEventListener("click", (_, item) => {
    const href = item?.datum?.href;
    if (typeof href === "string" && href.startsWith("/")) window.location.assign(href);
  });
  figure.dataset.drawn = "yes";
}

function drawAll() {
  for (const figure of document.querySelectorAll("figure:has([data-chart])")) draw(figure);
}

drawAll();
dark.addEventListener("change", drawAll);
