// Before and after in one deep-zoom view: both, and the map of the evidence, are drawn from tiles into one canvas,
// so that they cannot get out of step. Memory is bounded by the number of tiles that are kept.

const TILE = 254;
const OVERLAP = 1;
const KEPT = 220; // tiles at least; more where the screen shows more
const AT_ONCE = 6;

const box = document.querySelector("[data-viewer]");
if (box) new Viewer(box, JSON.parse(document.querySelector("[data-view]").textContent));

function Viewer(element, view) {
  const canvas = element.querySelector("canvas");
  const paper = canvas.getContext("2d");
  const divider = document.querySelector("[data-divider]");
  const map = document.querySelector("[data-map]");
  const told = document.querySelector("[data-told]");
  const layers = Object.fromEntries(Object.entries(view.layers).map(([name, layer]) => [name, pyramid(layer)]));
  const tiles = new Map();
  let wanted = [];
  let loading = 0;
  let scale = 1; // pixels of the screen (CSS) for one of the result
  let left = 0; // of the screen, in pixels of the result
  let top = 0;
  let split = 0.5;
  let width = 1;
  let height = 1;
  let due = false;
  let pattern = null;
  let kept = KEPT;
  const spent = []; // milliseconds of the last drawings

  new ResizeObserver(resize).observe(canvas);
  resize();
  fit();
  listen();

  function pyramid(layer) {
    return { ...layer, levels: Math.ceil(Math.log2(Math.max(layer.width, layer.height))) };
  }

  function resize() {
    const first = width === 1;
    const middle = [left + width / scale / 2, top + height / scale / 2];
    width = canvas.clientWidth;
    height = canvas.clientHeight;
    const dense = Math.min(2, devicePixelRatio || 1);
    canvas.width = Math.round(width * dense);
    canvas.height = Math.round(height * dense);
    // Fewer than are seen at once would be loaded again and again.
    kept = Math.max(KEPT, Math.ceil(2.5 * (canvas.width / TILE + 1) * (canvas.height / TILE + 1)));
    if (first) return;
    left = middle[0] - width / scale / 2;
    top = middle[1] - height / scale / 2;
    redraw();
  }

  function fit() {
    scale = Math.min(width / view.width, height / view.height) * 0.98;
    left = (view.width - width / scale) / 2;
    top = (view.height - height / scale) / 2;
    redraw();
  }

  // Change the scale and keep what is at a point of the screen where it is.
  function zoom(factor, x = width / 2, y = height / 2) {
    const least = Math.min(width / view.width, height / view.height) * 0.2;
    const next = Math.min(16, Math.max(least, scale * factor));
    left += x / scale - x / next;
    top += y / scale - y / next;
    scale = next;
    redraw();
  }

  function move(x, y) {
    left -= x / scale;
    top -= y / scale;
    redraw();
  }

  function redraw() {
    // The middle of the window stays over the picture, so that nobody gets lost.
    left = Math.min(view.width, Math.max(0, left + width / scale / 2)) - width / scale / 2;
    top = Math.min(view.height, Math.max(0, top + height / scale / 2)) - height / scale / 2;
    if (due) return;
    due = true;
    requestAnimationFrame(() => {
      due = false;
      const began = performance.now();
      draw();
      spent.push(performance.now() - began);
      if (spent.length > 2000) spent.shift();
    });
  }

  function draw() {
    wanted = [];
    const dense = canvas.width / width;
    paper.setTransform(1, 0, 0, 1, 0, 0);
    paper.clearRect(0, 0, canvas.width, canvas.height);
    const line = Math.round(split * canvas.width);
    paper.imageSmoothingQuality = "high";
    part(0, line, dense, [layers.before]);
    part(line, canvas.width, dense, map?.checked ? [layers.after, layers.map] : [layers.after]);
    paper.fillStyle = "#fff";
    paper.fillRect(line - dense, 0, 2 * dense, canvas.height);
    paper.fillStyle = "#0009";
    paper.fillRect(line - 2 * dense, 0, dense, canvas.height);
    paper.fillRect(line + dense, 0, dense, canvas.height);
    paper.beginPath();
    paper.arc(line, canvas.height / 2, 11 * dense, 0, 7);
    paper.fillStyle = "#fff";
    paper.fill();
    paper.lineWidth = 2 * dense;
    paper.strokeStyle = "#222";
    paper.stroke();
    paper.fillStyle = "#222";
    for (const side of [-1, 1]) {
      paper.beginPath();
      paper.moveTo(line + side * 8 * dense, canvas.height / 2);
      paper.lineTo(line + side * 3 * dense, canvas.height / 2 - 5 * dense);
      paper.lineTo(line + side * 3 * dense, canvas.height / 2 + 5 * dense);
      paper.fill();
    }
    const percent = scale * dense * 100;
    if (told) told.textContent = `${percent < 10 ? percent.toFixed(1) : Math.round(percent)} % of the result's size`;
    load();
  }

  // Draw layers between two columns of the canvas.
  function part(from, to, dense, drawn) {
    if (to <= from) return;
    paper.save();
    paper.beginPath();
    paper.rect(from, 0, to - from, canvas.height);
    paper.clip();
    for (const layer of drawn) if (layer) layerOf(layer, from, to, dense);
    paper.restore();
  }

  function layerOf(layer, from, to, dense) {
    // Pixels of the canvas for one of the layer, across and down.
    const across = (scale * dense * layer.box[2]) / layer.width;
    const down = (scale * dense * layer.box[3]) / layer.height;
    const fine = layer.levels + Math.ceil(Math.log2(Math.max(across, down, 1e-9)) - 0.25);
    const level = Math.max(Math.min(8, layer.levels), Math.min(layer.levels, fine));
    const ground = layer.clear ? chequers(dense) : null;
    const x0 = (layer.box[0] - left) * scale * dense;
    const y0 = (layer.box[1] - top) * scale * dense;
    // Where single pixels of the result can be seen, all are shown as they are.
    paper.imageSmoothingEnabled = scale * dense < 3;
    // What is there of coarser levels first: something is always seen while finer tiles come. A see-through
    // layer would show twice, so it gets one level.
    const seen = layer === layers.map ? [level] : [...new Set([Math.min(8, layer.levels), level - 2, level - 1, level])];
    for (const each of seen) {
      if (each < Math.min(8, layer.levels) || each > level) continue;
      const shrink = 2 ** (layer.levels - each);
      const columns = Math.ceil(layer.width / shrink / TILE);
      const rows = Math.ceil(layer.height / shrink / TILE);
      const wide = TILE * shrink * across;
      const high = TILE * shrink * down;
      const first = Math.max(0, Math.floor((from - x0) / wide));
      const last = Math.min(columns - 1, Math.floor((to - x0) / wide));
      const begin = Math.max(0, Math.floor(-y0 / high));
      const end = Math.min(rows - 1, Math.floor((canvas.height - y0) / high));
      for (let row = begin; row <= end; row++) {
        for (let column = first; column <= last; column++) {
          const tile = tileOf(layer, each, column, row, each === level || each === Math.min(8, layer.levels));
          if (!tile) continue;
          const skipX = column ? OVERLAP : 0;
          const skipY = row ? OVERLAP : 0;
          const w = Math.min(TILE, tile.width - skipX);
          const h = Math.min(TILE, tile.height - skipY);
          // Whole pixels of the canvas, so that no seam is seen between tiles.
          const x = Math.round(x0 + column * wide);
          const y = Math.round(y0 + row * high);
          const right = Math.round(Math.min(x0 + column * wide + w * shrink * across, x0 + layer.width * across));
          const bottom = Math.round(Math.min(y0 + row * high + h * shrink * down, y0 + layer.height * down));
          if (ground) {
            // It also covers the coarser tile below, which would be seen through the finer one.
            paper.fillStyle = ground;
            paper.fillRect(x, y, right - x, bottom - y);
          }
          paper.drawImage(tile, skipX, skipY, w, h, x, y, right - x, bottom - y);
        }
      }
    }
  }

  // The ground that is seen through what is see-through.
  function chequers(dense) {
    if (pattern) return pattern;
    const side = Math.round(8 * dense);
    const square = document.createElement("canvas");
    square.width = square.height = 2 * side;
    const brush = square.getContext("2d");
    brush.fillStyle = "#fff";
    brush.fillRect(0, 0, 2 * side, 2 * side);
    brush.fillStyle = "#d5d9de";
    brush.fillRect(0, 0, side, side);
    brush.fillRect(side, side, side, side);
    pattern = paper.createPattern(square, "repeat");
    return pattern;
  }

  function tileOf(layer, level, column, row, needed) {
    const url = `${layer.url}/${level}/${column}_${row}`;
    const found = tiles.get(url);
    if (found) {
      // The last used is at the end: what is at the front goes first.
      tiles.delete(url);
      tiles.set(url, found);
    } else if (needed) {
      wanted.push(url);
    }
    return found?.image;
  }

  // Load what the last drawing missed, a few at a time; what is no longer wanted is not asked for.
  function load() {
    while (loading < AT_ONCE && wanted.length) {
      const url = wanted.shift();
      if (tiles.has(url)) continue;
      const entry = { image: null };
      tiles.set(url, entry);
      loading++;
      fetch(url)
        .then((answer) => (answer.ok ? answer.blob() : Promise.reject(answer.status)))
        .then((blob) => createImageBitmap(blob))
        .then((image) => {
          if (tiles.get(url) === entry) entry.image = image;
          else image.close();
        })
        .catch(() => setTimeout(() => tiles.get(url) === entry && tiles.delete(url), 3000))
        .finally(() => {
          loading--;
          for (const [old, gone] of tiles) {
            if (tiles.size <= kept) break;
            tiles.delete(old);
            gone.image?.close();
          }
          redraw();
        });
    }
  }

  function listen() {
    const fingers = new Map();
    let dividing = false;
    const nearLine = (x) => Math.abs(x - split * width) < 16;
    const setSplit = (share) => {
      split = Math.min(1, Math.max(0, share));
      divider.value = Math.round(split * 100);
      redraw();
    };
    divider.addEventListener("input", () => {
      split = divider.value / 100;
      redraw();
    });
    map?.addEventListener("change", redraw);
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      fingers.set(event.pointerId, [event.offsetX, event.offsetY]);
      dividing = fingers.size === 1 && nearLine(event.offsetX);
      canvas.classList.toggle("moving", !dividing);
    });
    canvas.addEventListener("pointermove", (event) => {
      const before = fingers.get(event.pointerId);
      const now = [event.offsetX, event.offsetY];
      if (!before) {
        canvas.classList.toggle("dividing", nearLine(now[0]));
        return;
      }
      if (dividing) {
        setSplit(now[0] / width);
      } else if (fingers.size === 2) {
        const [, other] = [...fingers].find(([id]) => id !== event.pointerId);
        const far = Math.hypot(before[0] - other[0], before[1] - other[1]);
        const near = Math.hypot(now[0] - other[0], now[1] - other[1]);
        zoom(near / Math.max(1, far), (now[0] + other[0]) / 2, (now[1] + other[1]) / 2);
        move((now[0] - before[0]) / 2, (now[1] - before[1]) / 2);
      } else {
        move(now[0] - before[0], now[1] - before[1]);
      }
      fingers.set(event.pointerId, now);
    });
    for (const name of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(name, (event) => {
        fingers.delete(event.pointerId);
        dividing = false;
        canvas.classList.remove("moving");
      });
    }
    canvas.addEventListener(
      "wheel",
      (event) => {
        event.preventDefault();
        zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0018)), event.offsetX, event.offsetY);
      },
      { passive: false },
    );
    const actions = {
      in: () => zoom(1.5),
      out: () => zoom(1 / 1.5),
      fit,
      one: () => zoom(1 / (scale * (canvas.width / width))),
    };
    for (const button of document.querySelectorAll("[data-zoom]")) {
      button.addEventListener("click", () => actions[button.dataset.zoom]());
    }
    const keys = {
      ArrowLeft: () => move(60, 0),
      ArrowRight: () => move(-60, 0),
      ArrowUp: () => move(0, 60),
      ArrowDown: () => move(0, -60),
      "+": actions.in,
      "=": actions.in,
      "-": actions.out,
      0: fit,
      1: actions.one,
    };
    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || !(event.key in keys)) return;
      event.preventDefault();
      keys[event.key]();
    });
    element.addEventListener("show-width", (event) => zoom(event.detail / view.width / scale));
    // For those who look from outside: how many tiles are still coming, and how long drawing took.
    Object.defineProperty(element, "waiting", { get: () => loading + wanted.length });
    Object.defineProperty(element, "spent", { get: () => spent });
  }
}
