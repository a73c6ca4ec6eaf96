// Photos that are dropped or chosen, and the plan for a photo.

const wishForm = document.getElementById("run-form");

for (const drop of document.querySelectorAll("[data-drop]")) bringUp(drop);
if (wishForm) plan();
openTarget();
addEventListener("hashchange", openTarget);
document.querySelector("[data-question] textarea")?.addEventListener("keydown", (event) => {
  // Enter asks, as in every field of one line; shift and Enter begin a new one.
  if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
    event.preventDefault();
    event.target.form.requestSubmit();
  }
});

// A place where pictures can be brought: uploads them, then keeps them in the form, as photos or as a mask, or goes
// on to the page with them.
function bringUp(drop) {
  const input = drop.querySelector("input[type=file]");
  const mask = drop.hasAttribute("data-mask");
  const area = mask || drop.hasAttribute("data-go") ? drop : drop.closest("form");
  input.addEventListener("change", () => {
    if (input.files.length) bring(drop, [...input.files]);
  });
  for (const name of ["dragenter", "dragover"]) {
    area.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => drop.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    const files = [...event.dataTransfer.files];
    if (files.length) bring(drop, mask ? files.slice(0, 1) : files);
  });
  drop.querySelector("[data-unmask]")?.addEventListener("click", (event) => {
    input.value = "";
    event.target.hidden = true;
    keep(drop, "", "none: the whole picture may change");
    input.focus();
  });
}

async function bring(drop, files) {
  const bar = drop.querySelector("progress");
  const form = drop.closest("form");
  const submit = form?.querySelector("[type=submit]");
  const most = Number(drop.dataset.most);
  fault(drop, "");
  if (submit) submit.disabled = true;
  bar.hidden = false;
  const brought = [];
  const faults = [];
  const many = files.length > 1;
  for (const [number, file] of files.entries()) {
    try {
      if (file.size > most) throw new Error(`The file is larger than ${Math.round(most / 1e6)} MB.`);
      brought.push(await upload(file, (share) => (bar.value = (number + share) / files.length)));
    } catch (error) {
      faults.push(many ? `${file.name}: ${error.message}` : error.message);
    }
  }
  bar.hidden = true;
  if (submit) submit.disabled = false;
  if (faults.length) fault(drop, faults.join(" "));
  if (!brought.length) return;
  if (drop.hasAttribute("data-go")) {
    if (faults.length) await new Promise((later) => setTimeout(later, 4000)); // long enough to read it
    const address = new URL(location.href);
    address.searchParams.delete("photo");
    for (const photo of brought) address.searchParams.append("photo", photo.id);
    address.hash = "try";
    location.href = address;
    return;
  }
  const sizes = (photo) => `${photo.name}, ${photo.width.toLocaleString("en")} × ${photo.height.toLocaleString("en")} pixels`;
  if (drop.hasAttribute("data-mask")) {
    drop.querySelector("[data-unmask]").hidden = false;
    keep(drop, brought[0].id, sizes(brought[0]));
    return;
  }
  for (const old of form.querySelectorAll("input[name=photo]")) old.remove();
  for (const photo of brought) {
    const hidden = document.createElement("input");
    Object.assign(hidden, { type: "hidden", name: "photo", value: photo.id });
    form.append(hidden);
  }
  drop.querySelector(".small").textContent =
    brought.length > 1 ? `${brought.length} photos: ready` : `${sizes(brought[0])}: ready`;
}

// The mask of what is left alone; the plan is made anew with it.
function keep(drop, id, told) {
  const hidden = drop.querySelector("input[name=keep]");
  hidden.value = id;
  hidden.disabled = !id;
  drop.querySelector(".small").textContent = told;
  hidden.dispatchEvent(new Event("change", { bubbles: true }));
}

// Send one file; what the server says of it. Not `fetch`, which does not tell how much is sent.
function upload(file, advance) {
  return new Promise((done, failed) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/photos");
    request.responseType = "json";
    request.setRequestHeader("X-Name", encodeURIComponent(file.name.slice(-120)));
    request.upload.addEventListener("progress", (event) => {
      if (event.lengthComputable) advance(event.loaded / event.total);
    });
    request.addEventListener("error", () => failed(new Error("The file could not be sent: is the server still running?")));
    request.addEventListener("load", () => {
      const answer = request.response;
      if (request.status === 201 && answer) done(answer);
      else failed(new Error(answer ? sentences(answer) : "The file was refused."));
    });
    request.send(file);
  });
}

function sentences(answer) {
  return [answer.message, answer.hint]
    .filter(Boolean)
    .map((text) => `${text[0].toUpperCase()}${text.slice(1)}.`)
    .join(" ");
}

function fault(drop, text) {
  const place = drop.querySelector(".fault");
  place.textContent = text;
  place.hidden = !text;
}

// The plan for the wish as it stands in the form; asked again when something in the form changes.
async function plan() {
  const place = document.getElementById("plan");
  const submit = wishForm.querySelector("[type=submit]");
  let round = 0;
  const ask = async () => {
    const own = ++round;
    place.setAttribute("aria-busy", "true");
    const fields = new URLSearchParams(new FormData(wishForm));
    const answer = await fetch(`/plan?${fields}`, { headers: { Accept: "text/html, application/json" } }).catch(() => null);
    if (own !== round) return;
    place.setAttribute("aria-busy", "false");
    if (answer?.ok) {
      const held = place.contains(document.activeElement) ? document.activeElement : null;
      place.innerHTML = await answer.text();
      // Who chose something in the plan that was is at the same choice in the new one.
      const alike = (input) => input.name === held?.name && input.value === held?.value;
      if (held) [...place.querySelectorAll("input")].find(alike)?.focus();
      submit.disabled = Boolean(place.querySelector("[data-cannot]"));
      for (const box of place.querySelectorAll("[data-replan]")) box.addEventListener("change", ask);
      openTarget();
      return;
    }
    const text = answer ? await answer.text() : "";
    const page = new DOMParser().parseFromString(text, "text/html");
    const told = [...page.querySelectorAll("main p")].slice(0, -1).map((line) => line.textContent);
    place.replaceChildren(line(told.join(" ") || "The server did not answer.", "fault"));
    submit.disabled = true;
  };
  const other = wishForm.querySelector("[data-other]");
  wishForm.addEventListener("change", (event) => {
    if (event.target.name === "size" && other) other.hidden = event.target.value !== "other:";
    if (event.target.type === "file") return; // nothing is known of it before it is there
    if (event.target.name === "size" && event.target.value === "other:" && !wishForm.other.value) return;
    if (event.target.name !== "ending") ask();
  });
  ask();
}

function line(text, kind) {
  const made = document.createElement("p");
  made.className = kind;
  made.setAttribute("role", "alert");
  made.textContent = text;
  return made;
}

// A box of the drawing leads to the details of its step: they open.
function openTarget() {
  const id = decodeURIComponent(location.hash.slice(1));
  const target = id ? document.getElementById(id) : null;
  if (target instanceof HTMLDetailsElement) {
    target.open = true;
    target.querySelector("summary").focus();
  }
}
