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

// A place where a photo can be brought: uploads it, then shows it in the form or goes on to the page with it.
function bringUp(drop) {
  const input = drop.querySelector("input[type=file]");
  const area = drop.hasAttribute("data-go") ? drop : drop.closest("form");
  input.addEventListener("change", () => input.files.length && send(drop, input.files[0]));
  for (const name of ["dragenter", "dragover"]) {
    area.addEventListener(name, (event) => {
      event.preventDefault();
      drop.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) area.addEventListener(name, () => drop.classList.remove("over"));
  area.addEventListener("drop", (event) => {
    event.preventDefault();
    const file = event.dataTransfer.files[0];
    if (file) send(drop, file);
  });
}

function send(drop, file) {
  const bar = drop.querySelector("progress");
  const told = drop.querySelector(".small");
  fault(drop, "");
  if (file.size > Number(drop.dataset.most)) {
    fault(drop, `The file is larger than ${Math.round(drop.dataset.most / 1e6)} MB.`);
    return;
  }
  const form = drop.closest("form");
  const submit = form?.querySelector("[type=submit]");
  if (submit) submit.disabled = true;
  bar.hidden = false;
  const request = new XMLHttpRequest();
  request.open("POST", "/photos");
  request.responseType = "json";
  request.setRequestHeader("X-Name", encodeURIComponent(file.name.slice(-120)));
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = event.loaded / event.total;
  });
  const ended = () => {
    bar.hidden = true;
    if (submit) submit.disabled = false;
  };
  request.addEventListener("error", () => {
    ended();
    fault(drop, "The file could not be sent: is the server still running?");
  });
  request.addEventListener("load", () => {
    ended();
    const answer = request.response;
    if (request.status !== 201 || !answer) {
      fault(drop, answer ? `${answer.message}. ${answer.hint}` : "The file was refused.");
      return;
    }
    if (drop.hasAttribute("data-go")) {
      const address = new URL(location.href);
      address.searchParams.set("photo", answer.id);
      address.hash = "try";
      location.href = address;
      return;
    }
    const hidden = form.querySelector("input[name=photo]");
    hidden.disabled = false;
    hidden.value = answer.id;
    told.textContent = `${answer.name}, ${answer.width.toLocaleString("en")} × ${answer.height.toLocaleString("en")} pixels: ready`;
  });
  request.send(file);
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
      place.innerHTML = await answer.text();
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
