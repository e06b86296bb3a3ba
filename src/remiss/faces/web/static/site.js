// What scripts add to every page. Each page works without them.
import { localTimes } from "/static/times.js";

localTimes(document);
document.addEventListener("htmx:after:swap", () => localTimes(document));
