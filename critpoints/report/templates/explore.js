"use strict";
// A function of two variables, its critical points, and optimizers that race down it.

const DATA = JSON.parse(document.getElementById("data").textContent);
const STEPS = 3000; // of each optimizer at most
const TOLERANCE = 1e-6; // of the gradient, in two steps in a row: converged
const NEAR = 0.15; // a point that close to a critical point is near it
const BANDS = 15;
const GRID = 160; // cells along each side in which the function is interpolated
const SHAPES = {
  circle: "M7 0A7 7 0 1 1-7 0 7 7 0 1 1 7 0Z",
  cross: "M-7-4-4-7 0-3 4-7 7-4 3 0 7 4 4 7 0 3-4 7-7 4-3 0Z",
  up: "M0-8 8 6-8 6Z",
  down: "M0 8-8-6 8-6Z",
  square: "M-6-6H6V6H-6Z",
};
const $ = (id) => document.getElementById(id);
const canvas = $("map"), pen = canvas.getContext("2d"), SIZE = canvas.width;
const ground = document.createElement("canvas");
ground.width = ground.height = SIZE;
const still = matchMedia("(prefers-reduced-motion: reduce)");
const dark = matchMedia("(prefers-color-scheme: dark)");
const now = { f: null, draw: 0, cursor: [0, 0], runs: [], shown: 0, frame: 0 };

// The function: f(x) = mu/2 |x|^2 + sum a cos(k.x) + b sin(k.x).

function value(f, [x, y]) {
  let sum = (f.curvature / 2) * (x * x + y * y);
  f.waves.forEach(([k, l], i) => {
    sum += f.cosine[i] * Math.cos(k * x + l * y) + f.sine[i] * Math.sin(k * x + l * y);
  });
  return sum;
}

function gradient(f, [x, y]) {
  const sum = [f.curvature * x, f.curvature * y];
  f.waves.forEach(([k, l], i) => {
    const phase = k * x + l * y;
    const slope = f.sine[i] * Math.cos(phase) - f.cosine[i] * Math.sin(phase);
    sum[0] += slope * k;
    sum[1] += slope * l;
  });
  return sum;
}

const side = (f) => f.high - f.low;
const wrapped = (f, x) => x - side(f) * cell(f, x);
const cell = (f, x) => (f.periodic ? Math.floor((x - f.low) / side(f)) : 0);

// The rules, one per coordinate, as in critpoints.optimizers: h holds their other numbers. Gradients
// are taken at the iterate, or ahead of it.

const RULES = {
  gd: () => (g, lr) => -lr * g,
  momentum: (h) => {
    let v = 0;
    return (g, lr) => (v = h.momentum * v - lr * g);
  },
  nesterov: (h) => {
    let v = 0;
    const move = (g, lr) => (v = h.momentum * v - lr * g);
    move.ahead = () => h.momentum * v;
    return move;
  },
  adagrad: (h) => {
    let a = 0;
    return (g, lr) => {
      a += g * g;
      return (-lr * g) / (Math.sqrt(a) + h.eps);
    };
  },
  rmsprop: (h) => {
    let a = 0;
    return (g, lr) => {
      a = h.beta * a + (1 - h.beta) * g * g;
      return (-lr * g) / (Math.sqrt(a) + h.eps);
    };
  },
  adam: (h) => {
    let m = 0, a = 0;
    return (g, lr, t) => {
      m = h.beta1 * m + (1 - h.beta1) * g;
      a = h.beta2 * a + (1 - h.beta2) * g * g;
      const root = Math.sqrt(a / (1 - h.beta2 ** t));
      return (-lr * m) / (1 - h.beta1 ** t) / (root + h.eps);
    };
  },
};

/** The path of one rule and how it ended: converged, left (a box), or spent its steps. */
function race(f, rule, start, lr, steps = STEPS) {
  const moves = [0, 1].map(() => RULES[rule.name](rule.numbers));
  const path = [start];
  let flat = 0;
  for (let t = 1; t <= steps; t++) {
    const here = path[path.length - 1];
    const g = gradient(f, here.map((x, i) => x + (moves[i].ahead?.() ?? 0)));
    flat = Math.hypot(...g) <= TOLERANCE ? flat + 1 : 0;
    if (flat === 2) return { rule, path, end: "converged" };
    const next = here.map((x, i) => x + moves[i](g[i], lr, t));
    path.push(next);
    const outside = next.some((x) => !(x >= f.low && x <= f.high));
    if (!f.periodic && outside) return { rule, path, end: "left" };
  }
  return { rule, path, end: "spent" };
}

function distance(f, p, q) {
  const gaps = [0, 1].map((i) => {
    const gap = p[i] - q[i];
    return f.periodic ? gap - side(f) * Math.round(gap / side(f)) : gap;
  });
  return Math.hypot(...gaps);
}

/** Where a run stands after some steps, in words. */
function place(f, run, step) {
  const here = run.path[step], last = step === run.path.length - 1;
  if (last && run.end === "left") return "left the square";
  if (!last) return "…";
  const gaps = f.points.map((p) => distance(f, here, p));
  const nearest = gaps.indexOf(Math.min(...gaps));
  if (!(gaps[nearest] < NEAR)) return "still on its way";
  const kind = f.points[nearest][3];
  const alike = f.points.map((p, i) => [p, i]).filter(([p]) => p[3] === kind);
  const rank = alike.findIndex(([, i]) => i === nearest) + 1;
  const where = `${DATA.kinds[kind].name} ${rank} of ${alike.length}, index ${index(kind)}`;
  return run.end === "converged" ? where : `around ${where}`;
}

const index = (kind) => (kind === 3 ? "unclear" : kind);

// Drawing.

const toPixel = (f, [x, y]) => [
  ((x - f.low) / side(f)) * SIZE, (1 - (y - f.low) / side(f)) * SIZE,
];

/** Values at every pixel, row by row from the top, interpolated on a grid; and their range. */
function heights(f) {
  const grid = [], h = side(f) / GRID;
  for (let j = 0; j <= GRID; j++)
    for (let i = 0; i <= GRID; i++) grid.push(value(f, [f.low + i * h, f.high - j * h]));
  const all = new Float32Array(SIZE * SIZE), scale = GRID / SIZE, row = GRID + 1;
  for (let q = 0, n = 0; q < SIZE; q++) {
    const v = (q + 0.5) * scale, j = Math.floor(v), s = v - j;
    for (let p = 0; p < SIZE; p++, n++) {
      const u = (p + 0.5) * scale, i = Math.floor(u), r = u - i, at = j * row + i;
      const top = grid[at] * (1 - r) + grid[at + 1] * r;
      all[n] = top * (1 - s) + (grid[at + row] * (1 - r) + grid[at + row + 1] * r) * s;
    }
  }
  const range = [...grid, ...f.points.map((p) => p[2])];
  return { all, low: Math.min(...range) - 1e-6, high: Math.max(...range) + 1e-6 };
}

/** Bands, dark where the function is low, and a line at the height chosen. */
function paintGround() {
  const { all, low, high } = now.f.heights, level = height();
  const [from, to, line, mark] = dark.matches ? [16, 112, 130, 255] : [120, 255, 255, 20];
  const brush = ground.getContext("2d"), image = brush.createImageData(SIZE, SIZE);
  const band = (v) => Math.min(BANDS - 1, Math.floor(((v - low) / (high - low)) * BANDS));
  for (let n = 0; n < all.length; n++) {
    const inner = n % SIZE < SIZE - 2 && n < SIZE * (SIZE - 2);
    const right = inner ? all[n + 2] : all[n], down = inner ? all[n + 2 * SIZE] : all[n];
    const own = band(all[n]), below = all[n] < level;
    let shade = from + ((to - from) * own) / (BANDS - 1);
    if (inner && (own !== band(all[n + 1]) || own !== band(all[n + SIZE]))) shade = line;
    if (below !== right < level || below !== down < level) shade = mark;
    image.data.set([shade, shade, shade, 255], 4 * n);
  }
  brush.putImageData(image, 0, 0);
}

function stamp(shape, [x, y], color, size, alpha) {
  pen.save();
  pen.translate(x, y);
  pen.scale(size, size);
  pen.globalAlpha = alpha;
  pen.lineWidth = 2.5;
  pen.strokeStyle = dark.matches ? "#000" : "#fff";
  pen.fillStyle = color;
  pen.stroke(new Path2D(SHAPES[shape]));
  pen.fill(new Path2D(SHAPES[shape]));
  pen.restore();
}

/** A path, in pieces that begin again at the other edge of a torus. */
function trace(f, path, steps) {
  const line = new Path2D();
  const shifted = (p, cells) => toPixel(f, p.map((x, i) => x - side(f) * cells[i]));
  let cells = path[0].map((x) => cell(f, x));
  line.moveTo(...shifted(path[0], cells));
  for (let t = 1; t <= Math.min(steps, path.length - 1); t++) {
    line.lineTo(...shifted(path[t], cells));
    const next = path[t].map((x) => cell(f, x));
    if (next.some((c, i) => c !== cells[i])) {
      cells = next;
      line.moveTo(...shifted(path[t - 1], cells));
      line.lineTo(...shifted(path[t], cells));
    }
  }
  return line;
}

function paint() {
  const f = now.f, level = height();
  pen.drawImage(ground, 0, 0);
  for (const run of now.runs) {
    const line = trace(f, run.path, now.shown);
    pen.lineJoin = "round";
    for (const [width, color] of [[7, dark.matches ? "#000" : "#fff"], [4, run.rule.color]]) {
      pen.lineWidth = width;
      pen.strokeStyle = color;
      pen.stroke(line);
    }
  }
  for (const [x, y, v, kind] of f.points)
    stamp(DATA.kinds[kind].shape, toPixel(f, [x, y]), DATA.kinds[kind].color, 1.35, v < level ? 1 : 0.2);
  now.runs.forEach((run, i) => badge(f, run, i + 1));
  paintCursor(toPixel(f, now.cursor));
}

function badge(f, run, number) {
  const end = run.path[Math.min(now.shown, run.path.length - 1)];
  const turn = ((number - 1) * Math.PI) / 3; // around the end, so that none hides another
  const [x, y] = toPixel(f, end.map((v) => wrapped(f, v)));
  const at = [x + 24 * Math.sin(turn), y - 24 * Math.cos(turn)];
  stamp("circle", at, run.rule.color, 1.6, 1);
  pen.fillStyle = run.rule.ink;
  pen.font = "bold 17px system-ui, sans-serif";
  pen.textAlign = "center";
  pen.textBaseline = "middle";
  pen.fillText(number, at[0], at[1] + 1);
}

function paintCursor([x, y]) {
  for (const [width, color] of [[6, dark.matches ? "#000" : "#fff"], [2.5, dark.matches ? "#fff" : "#000"]]) {
    pen.lineWidth = width;
    pen.strokeStyle = color;
    pen.beginPath();
    for (const [a, b] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
      pen.moveTo(x + 5 * a, y + 5 * b);
      pen.lineTo(x + 18 * a, y + 18 * b);
    }
    pen.stroke();
  }
}

// The controls.

const number = (v) => v.toFixed(2).replace("-", "−");
const rate = () => 10 ** $("rate").value;

function height() {
  const { low, high } = now.f.heights;
  return low + ((high - low) * $("height").value) / 1000;
}

function choose() {
  const group = DATA.groups[$("group").value];
  const f = group.functions[now.draw % group.functions.length];
  f.heights ??= heights(f);
  now.f = f;
  now.cursor = [f.low + 0.5 * side(f), f.low + 0.5 * side(f)];
  stop();
  now.runs = [];
  $("group-value").textContent = group.label;
  $("proof").textContent = f.proof;
  showRuns();
  changeHeight();
}

function changeHeight() {
  const level = height(), below = now.f.points.filter((p) => p[2] < level);
  $("height-value").textContent = number(level);
  DATA.kinds.forEach((_, kind) => {
    const all = now.f.points.filter((p) => p[3] === kind).length;
    const low = below.filter((p) => p[3] === kind).length;
    const share = below.length ? `${Math.round((100 * low) / below.length)} %` : "–";
    const row = $(`kind-${kind}`);
    row.hidden = kind === 3 && !all;
    row.querySelectorAll("td").forEach((td, i) => (td.textContent = [all, low, share][i]));
  });
  paintGround();
  paint();
}

function showRuns() {
  now.runs.forEach((run, i) => {
    const step = Math.min(now.shown, run.path.length - 1);
    const cells = [step, number(value(now.f, run.path[step])), place(now.f, run, step)];
    $(`rule-${i}`).querySelectorAll("td").forEach((td, j) => (td.textContent = cells[j]));
  });
  if (!now.runs.length) document.querySelectorAll("#runs td").forEach((td) => (td.textContent = ""));
}

function stop() {
  cancelAnimationFrame(now.frame);
  now.shown = Infinity;
}

function start() {
  stop();
  const from = [...now.cursor];
  now.runs = DATA.rules.map((rule) => race(now.f, rule, from, rate()));
  const longest = Math.max(...now.runs.map((run) => run.path.length));
  const begun = performance.now();
  $("said").textContent = "The race is on.";
  const tick = (time) => {
    const share = still.matches ? 1 : Math.max(0, (time - begun) / DATA.milliseconds);
    now.shown = share < 1 ? Math.floor(longest * share ** 3) : Infinity;
    showRuns();
    paint();
    if (share < 1) now.frame = requestAnimationFrame(tick);
    else finish();
  };
  now.frame = requestAnimationFrame(tick);
}

function finish() {
  const said = now.runs.map((run) => {
    const step = run.path.length - 1;
    return `${run.rule.title}: ${place(now.f, run, step)} after ${step} steps`;
  });
  $("said").textContent = `The race is over. ${said.join("; ")}.`;
}

function moveTo(point) {
  const { low, high } = now.f;
  now.cursor = point.map((x) => Math.min(high, Math.max(low, x)));
  const [x, y] = now.cursor.map(number);
  $("said").textContent = `Cross at (${x}, ${y}), f = ${number(value(now.f, now.cursor))}.`;
  paint();
}

function onKey(event) {
  const arrows = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
  const arrow = arrows[event.key];
  if (arrow) {
    const step = side(now.f) / (event.shiftKey ? 200 : 40);
    moveTo(now.cursor.map((x, i) => x + step * arrow[i]));
  } else if (event.key === "Enter" || event.key === " ") start();
  else return;
  event.preventDefault();
}

function onClick(event) {
  const box = canvas.getBoundingClientRect(), f = now.f;
  moveTo([
    f.low + ((event.clientX - box.left) / box.width) * side(f),
    f.low + (1 - (event.clientY - box.top) / box.height) * side(f),
  ]);
  start();
}

for (const mark of document.querySelectorAll("path[data-shape]"))
  mark.setAttribute("d", SHAPES[mark.dataset.shape]);
canvas.addEventListener("click", onClick);
canvas.addEventListener("keydown", onKey);
$("start").addEventListener("click", start);
$("another").addEventListener("click", () => {
  now.draw++;
  choose();
  $("said").textContent = "Another function.";
});
$("group").addEventListener("input", choose);
$("height").addEventListener("input", changeHeight);
$("rate").addEventListener("input", () => ($("rate-value").textContent = rate().toFixed(3)));
dark.addEventListener("change", changeHeight);
$("rate").dispatchEvent(new Event("input"));
choose();
