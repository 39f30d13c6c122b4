// Renders formulas with KaTeX: node formulas.mjs KATEX FORMULAS.json PAGE.html
// FORMULAS.json is a list of {page, line, display, tex}. Prints one line an error, and writes the
// display formulas into PAGE.html, each in an element as wide as itself.
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [folder, formulas, html] = process.argv.slice(2);
const { default: katex } = await import(pathToFileURL(resolve(folder, "dist/katex.mjs")));

const blocks = [];
let errors = 0;
for (const { page, line, display, tex } of JSON.parse(readFileSync(formulas, "utf8"))) {
  try {
    const options = { displayMode: display, throwOnError: true, strict: "error", trust: false };
    const rendered = katex.renderToString(tex, options);
    if (display) blocks.push(`<div><span class="block" title="${page}:${line}">${rendered}</span></div>`);
  } catch (error) {
    errors += 1;
    console.log(`${page}:${line}: ${error.message}`);
  }
}
const style = pathToFileURL(resolve(folder, "dist/katex.min.css"));
writeFileSync(html, `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="${style}">
<style>body { font-size: 16px; width: 4000px } .block { display: inline-block }</style>
${blocks.join("\n")}`);
process.exit(errors ? 1 : 0);
