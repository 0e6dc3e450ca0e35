"use strict";
// Plots are drawn from their coordinates: with every shape written out a page is a quarter larger
(() => {
  const all = (selector) => [...document.querySelectorAll(selector)];
  const escaped = (text) => text.replace(/[&<"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
  const rhombus = (x, y) => `M${x} ${y - 6}l6 6-6 6-6-6z`;
  // Classes: c claimed, z zero, b bound, w was, m memo; what has none is ours
  const shapes = {
    c: (height, low, high) => `<path class=c d="M${low} 0H${high}V${height}H${low}"/>`,
    z: (height, x) => `<path class=z d="M${x} 0V${height}"/>`,
    b: (height, ...bounds) => `<path class=b d="${bounds.map((x) => `M${x} 0V${height}`).join("")}"/>`,
    w: (height, low, x, high) => `<path class=w d="M${low} ${height - 4}H${high}"/><circle class=w cx=${x} cy=${height - 4} r="2.5"/>`,
    o: (height, low, x, high) => `<path d="M${low} ${height / 2}H${high}"/><circle cx=${x} cy=${height / 2} r="4"/>`,
    m: (height, x) => `<path class=m d="${rhombus(x, height / 2)}"/>`,
  };
  for (const head of all("th:not([scope])")) head.scope = head.closest("thead") ? "col" : head.colSpan + head.rowSpan > 2 ? "rowgroup" : "row";
  // Names break after a _, and an interval only where it is wider than its column
  for (const name of all(".effects tbody th")) name.innerHTML = name.innerHTML.replace(/_/g, "_<wbr>");
  for (const cell of all(".effects td:nth-child(3)")) cell.innerHTML = cell.innerHTML.replace(/\[[^\]]*\]/g, "<span>$&</span>");
  function draw(svg, width, height, content) {
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.innerHTML = content;
  }
  for (const head of all(".effects .key")) {
    head.innerHTML = "<span>ours</span><span>memo</span><span>claimed</span>";
  }
  for (const svg of all("[data-strip]")) {
    const [width, height] = svg.closest(".effects") ? [400, 24] : [120, 18];
    const words = svg.dataset.strip.split(" ").filter(Boolean);
    const drawn = words.map((word) => shapes[word[0]](height, ...word.slice(1).split(",").map(Number)));
    svg.setAttribute("class", "strip");
    svg.setAttribute("aria-hidden", "true");
    draw(svg, width, height, drawn.join(""));
  }
  for (const group of all("[data-scale]")) {
    const ticks = JSON.parse(group.dataset.scale);
    group.insertAdjacentHTML("beforeend", "<tr class=axis aria-hidden=true><td><td><svg class='strip scale'/>");
    const marks = ticks.map(([x]) => `M${x} 0V4`).join("");
    const texts = ticks.map(([x, text]) => `<text x=${x}>${escaped(text)}</text>`);
    draw(group.querySelector(".scale"), 400, 20, `<path d="${marks}"/>${texts.join("")}`);
  }
  // A name keeps both ends, where arms differ
  const ruler = document.createElement("canvas").getContext("2d");
  ruler.font = `12px ${getComputedStyle(document.body).fontFamily}`;
  function fitted(name) {
    const letters = [...name];
    let text = name;
    for (let kept = letters.length - 1; kept > 1 && ruler.measureText(text).width > 106; kept--) {
      text = letters.slice(0, Math.ceil(kept / 2)).join("") + "…" + letters.slice(-Math.floor(kept / 2)).join("");
    }
    return escaped(text) + (text === name ? "" : `<title>${escaped(name)}</title>`);
  }
  function seeds(ticks, rows, listed, apart) {
    const bottom = 12 + 26 * rows.length;
    const arms = rows.map(([name, dots, mean, memo], row) => ({ name, dots, mean, memo, y: 12 + 26 * row }));
    const path = (name, parts) => `<path class=${name} d="${parts.join("")}"/>`;
    const has = (value) => value !== null;
    const sharing = arms.filter((_, row) => !apart.includes(row));
    const paired = (sharing[0]?.dots || []).map((_, seed) => sharing.filter(({ dots }) => has(dots[seed])).map(({ dots, y }) => `${dots[seed]},${y}`));
    const joined = paired.filter((points) => points.length > 1);
    const dot = ({ dots, y }) => `<g>${dots.filter(has).map((x) => `<circle cx=${x} cy=${y} r="4"/>`).join("")}</g>`;
    const point = ({ dots, y }) => dots.filter(has).map((x) => `M${x} ${y}h0`).join("");
    return path("grid", ticks.map(([at]) => `M${at} 0V${bottom - 6}`))
      + `<g class=x>${ticks.map(([at, text]) => `<text x=${at} y=${bottom + 12}>${escaped(text)}</text>`).join("")}</g>`
      + (joined.length ? path("join", joined.map((points) => `M${points.join(" ")}`)) : "")
      + `<g class=arm transform="translate(114 4)">${arms.map(({ name, y }) => `<text y=${y}>${fitted(name)}</text>`).join("")}</g>`
      + path("mean", arms.filter(({ mean }) => has(mean)).map(({ mean, y }) => `M${mean} ${y - 9}v18`))
      + (listed ? arms.map(dot).join("") : path("dots", arms.map(point)))
      + path("m", arms.filter(({ memo }) => has(memo)).map(({ memo, y }) => rhombus(memo, y)));
  }
  function panel(xs, ys, lines, curves) {
    const tenth = (value) => Math.round(10 * value) / 10;
    const has = (value) => value !== null;
    const bar = ([x, , low, high]) => (has(low) && has(high) ? `M${x} ${low}V${high}` : "");
    const circle = ([x, y, , , , text]) => `<circle cx=${x} cy=${y} r=3.5 data-tip="${escaped(text)}"/>`;
    const diamond = ([x, , , , memo]) => (has(memo) ? `M${x} ${tenth(memo - 5)}l5 5-5 5-5-5z` : "");
    const curve = ([colour, dots]) => `<g class=s${colour}><polyline class=curve points="${dots.map(([x, y]) => `${x},${y}`).join(" ")}"/>`
      + `<path class=bar d="${dots.map(bar).join("")}"/>${dots.map(circle).join("")}<path class=diamond d="${dots.map(diamond).join("")}"/></g>`;
    return `<path class=grid d="${ys.map(([at]) => `M44 ${at}H290`).join("")}"/>`
      + `<g class=y>${ys.map(([at, text]) => `<text x=39 y=${tenth(at + 4)}>${escaped(text)}</text>`).join("")}</g>`
      + `<g class=x>${xs.map(([at, text]) => `<text x=${at} y=180>${escaped(text)}</text>`).join("")}</g>`
      + lines.map(([name, at]) => `<path class=bound d="M44 ${at}H290"/><text class="y end" x=290 y=${tenth(at - 4)}>${escaped(name)}</text>`).join("")
      + curves.map(curve).join("");
  }
  for (const svg of all("[data-curves]")) {
    const { x, y, lines, curves } = svg.dataset;
    draw(svg, 300, 186, panel(...[x, y, lines, curves].map((text) => JSON.parse(text))));
  }
  for (const svg of all("[data-rows]")) {
    const rows = JSON.parse(svg.dataset.rows);
    const apart = JSON.parse(svg.dataset.apart || "[]");
    const drawn = seeds(JSON.parse(svg.dataset.ticks), rows, !("many" in svg.dataset), apart);
    draw(svg, 400, 34 + 26 * rows.length, drawn);
  }
})();
