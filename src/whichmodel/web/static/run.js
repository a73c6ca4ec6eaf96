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
  const away = document.querySelector("[data-away]");
  const chosen = () => paper.selectedOptions[0].dataset;
  const distance = () => Number(away.value) || Number(chosen().distance);
  const tell = () => {
    document.querySelector("[data-print-told]").textContent = chosen().told;
    scene(Number(chosen().width), Number(chosen().height), distance());
  };
  paper.addEventListener("change", tell);
  away.addEventListener("change", tell);
  tell();
  document.querySelector("[data-seen]").addEventListener("click", () => {
    // On a screen 60 cm away, at 96 pixels of CSS an inch, it covers as wide an angle as the print does.
    const pixels = ((Number(chosen().width) * 60) / distance()) * (96 / 2.54);
    document.querySelector("[data-viewer]").dispatchEvent(new CustomEvent("show-width", { detail: pixels }));
    document.getElementById("result").scrollIntoView();
  });
}

// The print on a wall, its middle at the height of the eyes where it fits; one unit of the drawing is a centimetre.
function scene(width, height, far) {
  const set = (name, values) => {
    const element = document.querySelector(`[data-scene-${name}]`);
    for (const [key, value] of Object.entries(values)) element.setAttribute(key, value);
    return element;
  };
  const fits = Math.min(1, 420 / width, 265 / height);
  const [wide, high] = [width * fits, height * fits];
  const x = 235 - wide / 2;
  const y = Math.max(5, Math.min(120 - high / 2, 270 - high));
  set("picture", { x, y, width: wide, height: high });
  set("paper", { x: x - 0.6, y: y - 0.6, width: wide + 1.2, height: high + 1.2 });
  const end = 20 + Math.min(520, (far / 600) * 520);
  set("line", { d: `M20 312 H${end}` });
  set("eye", { cx: end });
  const told = far < 95 ? `${Math.round(far)} cm` : `${(far / 100).toFixed(1)} m`;
  set("far", { x: Math.min(470, Math.max(26, end / 2)) }).textContent =
    `seen from ${told}${far > 600 ? ", further than drawn" : ""}${fits < 1 ? "; the wall is drawn smaller" : ""}`;
}
