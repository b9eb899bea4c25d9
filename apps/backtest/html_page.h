// What every report's page begins and ends with: head, styles, script.
#pragma once

#include <string_view>

namespace weir::apps {

inline constexpr std::string_view kPageHead = R"html(<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>Backtest</title>
<style>
:root { --bg:#fff; --text:#1a1f2b; --muted:#566070; --line:#d5dbe4; --panel:#f4f6f9;
 --accent:#1f5fbf; --good:#15734a; --bad:#b3261e; }
@media (prefers-color-scheme: dark) { :root { --bg:#12161c; --text:#e6e9ee; --muted:#a5afbd;
 --line:#303947; --panel:#1a2029; --accent:#7db3ff; --good:#5fd08f; --bad:#ff8a80; } }
* { box-sizing:border-box; }
body { margin:0 auto; padding:1rem; max-width:76rem; background:var(--bg); color:var(--text);
 font:16px/1.5 system-ui, sans-serif; }
h1 { font-size:1.6rem; margin:.2rem 0; }
h2 { font-size:1.2rem; margin:2.2rem 0 .6rem; border-bottom:1px solid var(--line); }
h3 { font-size:1rem; margin:1.2rem 0 .3rem; }
a { color:var(--accent); }
p { margin:.4rem 0; max-width:46rem; }
.muted, figcaption, caption, dt { color:var(--muted); }
.warn { border-left:4px solid var(--bad); padding:.3rem .8rem; background:var(--panel); }
nav { display:flex; flex-wrap:wrap; gap:.2rem 1rem; margin:.6rem 0; }
dl.tiles { display:grid; grid-template-columns:repeat(auto-fit, minmax(9.5rem, 1fr)); gap:.6rem;
 margin:1rem 0; }
dl.tiles div { background:var(--panel); border-radius:.5rem; padding:.6rem .8rem; }
dt { font-size:.85rem; }
dd { margin:0; font-size:1.4rem; font-weight:600; font-variant-numeric:tabular-nums; }
dd small { display:block; font-size:.8rem; font-weight:400; color:var(--muted); }
.plots { display:grid; grid-template-columns:repeat(auto-fit, minmax(min(100%, 22rem), 1fr));
 gap:1rem; }
figure { margin:.5rem 0; max-width:40rem; }
svg { width:100%; height:auto; display:block; }
svg text { fill:var(--muted); font:12px system-ui, sans-serif; }
.grid { stroke:var(--line); fill:none; }
.line { fill:none; stroke-width:2; }
.line.accent { stroke:var(--accent); } .line.good { stroke:var(--good); }
.line.bad { stroke:var(--bad); } .line.muted { stroke:var(--muted); stroke-dasharray:4 4; }
rect.accent, .dot.accent { fill:var(--accent); } rect.good, .dot.good { fill:var(--good); }
rect.bad, .dot.bad { fill:var(--bad); } rect.muted, .dot.muted { fill:var(--muted); }
.key { margin-left:.8rem; white-space:nowrap; }
.key i { display:inline-block; width:.8em; height:.8em; margin-right:.3em; border-radius:2px; }
.key i.accent { background:var(--accent); } .key i.good { background:var(--good); }
.key i.bad { background:var(--bad); } .key i.muted { background:var(--muted); }
.scroll { overflow-x:auto; margin:.6rem 0; }
table { border-collapse:collapse; font-size:.9rem; font-variant-numeric:tabular-nums; }
caption { text-align:left; padding:.2rem 0; }
th, td { padding:.25rem .6rem; border-bottom:1px solid var(--line); text-align:left;
 white-space:nowrap; }
td.n { text-align:right; }
thead th { color:var(--muted); font-weight:600; }
thead th button { all:unset; cursor:pointer; }
thead th button:focus-visible { outline:2px solid var(--accent); }
tbody th { font-weight:500; }
.matrix td, .matrix thead th { padding:.2rem .35rem; }
.matrix thead th span { writing-mode:vertical-rl; transform:rotate(180deg); }
td[style] { background:color-mix(in srgb, var(--accent) var(--h), transparent); }
details { border:1px solid var(--line); border-radius:.4rem; margin:.4rem 0; padding:.3rem .7rem; }
summary { cursor:pointer; overflow-wrap:anywhere; }
pre { white-space:pre-wrap; overflow-wrap:anywhere; background:var(--panel); padding:.5rem;
 border-radius:.3rem; font-size:.85rem; }
@media print { details { break-inside:avoid; } nav { display:none; } }
</style>
</head>
<body>
)html";

inline constexpr std::string_view kPageTail = R"html(<script>
document.querySelectorAll("table:not(.matrix)").forEach(function (table) {
  var heads = table.tHead.rows[0].cells;
  Array.prototype.forEach.call(heads, function (head, column) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.replaceChildren(button);
    button.addEventListener("click", function () {
      var down = head.getAttribute("aria-sort") !== "descending";
      var body = table.tBodies[0];
      var value = function (row) {
        var cell = row.cells[column];
        if (!cell) return "";
        return cell.dataset.v === undefined ? cell.textContent : Number(cell.dataset.v);
      };
      var rows = Array.from(body.rows).sort(function (a, b) {
        var x = value(a), y = value(b);
        return (x < y ? -1 : x > y ? 1 : 0) * (down ? -1 : 1);
      });
      body.append.apply(body, rows);
      Array.prototype.forEach.call(heads, function (each) { each.removeAttribute("aria-sort"); });
      head.setAttribute("aria-sort", down ? "descending" : "ascending");
    });
  });
});
</script>
</body>
</html>
)html";

}  // namespace weir::apps
