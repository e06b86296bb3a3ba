// What scripts add to every page. Each page works without them.
import { localTimes } from "/static/times.js";

localTimes(document);
// On a narrow screen the sections scroll: bring the current one into view.
const current = document.querySelector(".bar nav [aria-current]");
const bar = current?.closest("nav");
if (bar) bar.scrollLeft = current.offsetLeft - bar.offsetLeft - (bar.clientWidth - current.offsetWidth) / 2;
document.addEventListener("htmx:after:swap", () => localTimes(document));
