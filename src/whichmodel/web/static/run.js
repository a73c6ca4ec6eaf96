// The progress of a run, as the server tells it; and how large a print looks.

const section = document.querySelector("[data-run]");
if (section) watch();

function watch() {
  const stage = section.querySelector("[data-stage]");
  const list = section.querySelector("[data-steps]");
  const said = section.querySelector("[data-said]");
  let viewable = section.dataset.viewable === "yes";
  const source = new EventSource(`/runs/${section.dataset.run}/events`);
  source.addEventListener("message", (event) => {
    const found = JSON.parse(event.data);
    if (["done", "failed", "cancelled"].includes(found.state) || (found.viewable && !viewable)) {
      viewable = true;
      source.close();
      location.reload();
      return;
    }
    const text =
      found.state === "queued"
        ? found.place ? `Waiting: ${found.place} before yours` : "Starting"
        : (found.stage || "starting") + (found.share ? `, ${Math.round(found.share * 100)} %` : "");
    if (stage.textContent !== text) stage.textContent = text;
    said.textContent = found.said.join(" · ");
    if (list.children.length !== found.steps.length) {
      list.replaceChildren(...found.steps.map(row));
    }
    found.steps.forEach((step, i) => {
      list.children[i].querySelector("progress").value = step.share;
    });
  });
}

function row(step) {
  const item = document.createElement("li");
  const label = document.createElement("label");
  const name = document.createElement("span");
  name.textContent = step.title;
  const bar = document.createElement("progress");
  bar.max = 1;
  label.append(name, " ", bar);
  item.append(label);
  return item;
}

const paper = document.querySelector("[data-print]");
if (paper) {
  const told = document.querySelector("[data-print-told]");
  const tell = () => {
    told.textContent = paper.selectedOptions[0].dataset.told;
  };
  paper.addEventListener("change", tell);
  tell();
  document.querySelector("[data-seen]").addEventListener("click", () => {
    const print = paper.selectedOptions[0].dataset;
    const away = Number(document.querySelector("[data-away]").value) || Number(print.distance);
    // On a screen 60 cm away, at 96 pixels of CSS an inch, it covers as wide an angle as the print does.
    const pixels = (Number(print.width) * 60 / away) * (96 / 2.54);
    document.querySelector("[data-viewer]").dispatchEvent(new CustomEvent("show-width", { detail: pixels }));
    document.getElementById("result").scrollIntoView();
  });
}
