// Times stand in the page in UTC; here they become the reader's own, with UTC on hover.

const form = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Show every <time> below a node in the reader's zone, once. */
export function localTimes(root) {
  for (const element of root.querySelectorAll("time[datetime]:not([title])")) {
    const moment = new Date(element.dateTime);
    if (Number.isNaN(moment.getTime())) continue;
    element.title = `${element.dateTime.replace("T", " ").replace("Z", "")} UTC`;
    element.textContent = form.format(moment);
  }
}
