// The HTML report as a reader has it: in Chromium, at three widths, in light and dark, by keyboard,
// without its script, with hostile names, and measured by axe-core.
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { compare } from './pictures.mjs';

const from = createRequire(resolve('build/html/package.json'));
const { chromium } = from('playwright-core');
const axe = readFileSync(from.resolve('axe-core/axe.min.js'), 'utf8');
const update = process.argv.includes('--update');
const folder = resolve('build/html/pages');
const WIDTHS = [375, 768, 1280];
const SCHEMES = ['light', 'dark'];
let passed = 0, failed = 0, skipped = 0;

function check(name, wrong) {
  if (wrong === false || wrong === undefined || wrong === '' || wrong === 0) {
    passed++;
    return;
  }
  failed++;
  console.log(`FAIL ${name}: ${wrong}`);
}

// --- the pages ---

// The demo reports, as the cases of `report` write them.
const demos = [
  { name: 'compatible', words: ['compatible', 'Cloudflare Workers', 'Sections'] },
  { name: 'incompatible', words: ['incompatible', 'relaxed-simd', 'memchr::memmem::searcher::Searcher::find', 'of crate memchr',
    'Cure', 'probe: Node 20'] },
  { name: 'component', words: ['component', 'jco transpile'] },
  { name: 'over-budget', words: ['over the budget', "raise 'budget."] },
];

function write_demo(demo) {
  const from = `tests/cases/report/${demo.name}`, at = `${folder}/${demo.name}`;
  const env = { ...process.env, PATH: `${resolve('build')}:${process.env.PATH}`, SOURCE_DATE_EPOCH: '1795305600' };
  const run = () => {
    rmSync(at, { recursive: true, force: true });
    cpSync(from, at, { recursive: true });
    execFileSync('git', ['init', '-q'], { cwd: at });
    if (existsSync(`${at}/app.wat`)) execFileSync('wat2wasm', ['--enable-all', 'app.wat', '-o', 'app.wasm'], { cwd: at });
    try {
      execFileSync('sh', ['cmd'], { cwd: at, env, stdio: 'pipe' });
    } catch (error) {
      if (error.status !== 3) throw error;
    }
    return readFileSync(`${at}/page.html`, 'utf8');
  };
  delete env.GITHUB_ACTIONS;
  check(`${demo.name}: two runs write the same page`, run() === run() ? '' : 'they differ');
  cpSync(`${at}/page.html`, `${folder}/${demo.name}.html`);
}

function write_pages() {
  mkdirSync(folder, { recursive: true });
  const said = execFileSync('build/html-pages', [folder]).toString();
  console.log(said.trim());
  check('a large report is under 500 KB', statSync(`${folder}/large.html`).size < 500000 ? '' : 'it is larger');
  demos.forEach(write_demo);
}

// --- what holds for each page ---

async function open(browser, name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, deviceScaleFactor: 1, ...options });
  const page = await context.newPage();
  const address = pathToFileURL(`${folder}/${name}.html`).href;
  page.trouble = [];
  page.on('console', (message) => page.trouble.push(`console: ${message.text()}`));
  page.on('pageerror', (error) => page.trouble.push(`error: ${error.message}`));
  page.on('request', (request) => request.url().split('#')[0] === address || page.trouble.push(`request: ${request.url()}`));
  await page.goto(address);
  return page;
}

async function settle(page) {
  await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
}

/* The large page is built as `everything` is, and takes axe a minute. */
async function look(browser, name) {
  for (const colorScheme of SCHEMES) {
    const page = await open(browser, name, { colorScheme });
    for (const width of WIDTHS) {
      await page.setViewportSize({ width, height: 900 });
      await settle(page);
      check(`${name}: no horizontal scrolling at ${width} px`,
        await page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)));
      if (name === 'large') continue;
      if (width === 1280 || (width === 375 && ['everything', 'bench'].includes(name))) await measure(page, `${name}: axe, ${colorScheme}, ${width} px`);
    }
    check(`${name}: loads nothing, complains of nothing, ${colorScheme}`, page.trouble.join('; '));
    await page.context().close();
  }
}

async function measure(page, title) {
  await page.evaluate(axe);
  const found = await page.evaluate(() => window.axe.run(document, { resultTypes: ['violations'] }));
  check(title, found.violations.map((rule) => `${rule.id} ${rule.nodes.slice(0, 3).map((node) => node.html).join(' ')}`).join('; '));
}

/* Nothing is said only by the script. */
async function without_script(browser, name, words) {
  const page = await open(browser, name, { javaScriptEnabled: false });
  const text = await page.locator('body').innerText();
  for (const word of words)
    check(`${name}: without script it says '${word}'`, text.includes(word) ? '' : 'it does not');
  check(`${name}: without script there is no empty map`, await page.locator('.map:visible').count());
  await page.context().close();
}

// --- the keyboard ---

const here = (page) => page.evaluate(() => document.activeElement.textContent);

async function walk(browser) {
  const page = await open(browser, 'everything');
  await page.keyboard.press('Tab');
  check('keyboard: the first stop skips to the report', await here(page) === 'Skip to the report' ? '' : await here(page));
  await page.keyboard.press('Enter');
  check('keyboard: it leads there', await page.evaluate(() => document.activeElement.id === 'main') ? '' : 'it does not');
  for (let i = 0; i < 400 && !(await page.evaluate(() => document.activeElement.classList.contains('box'))); i++)
    await page.keyboard.press('Tab');
  const first = await here(page);
  check('keyboard: Tab reaches the map', / \d.*%/.test(first) ? '' : first);
  check('keyboard: the focus is seen', await page.evaluate(() =>
    parseFloat(getComputedStyle(document.activeElement).outlineWidth) >= 2) ? '' : 'there is no outline');
  const reached = await reach_all(page);
  check('keyboard: arrows reach every part', reached);
  await page.keyboard.press('Home');
  const outer = await here(page);
  await page.keyboard.press('Enter');
  const path = () => page.locator('.path li').count();
  check('keyboard: Enter opens a part', await path() === 2 ? '' : `the path has ${await path()} steps`);
  check('keyboard: the focus is inside', await page.evaluate(() => document.activeElement.classList.contains('box')) ? '' : 'it is lost');
  await page.keyboard.press('Enter');
  check('keyboard: Enter opens a part of that', await path() === 3 ? '' : `the path has ${await path()} steps`);
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  check('keyboard: Escape goes back', await path() === 1 ? '' : `the path has ${await path()} steps`);
  check('keyboard: the focus is where it was', await here(page) === outer ? '' : await here(page));
  await page.keyboard.press('Tab');
  check('keyboard: the map is one stop', await page.evaluate(() => !document.activeElement.classList.contains('box')) ? '' : 'it is not');
  check('keyboard: nothing is complained of', page.trouble.join('; '));
  await page.context().close();
}

/* Walks as a person would who wants to see all: every arrow from every part that was reached. */
async function reach_all(page) {
  return page.evaluate(() => {
    const boxes = [...document.querySelectorAll('.boxes .box')], seen = new Set(), open = [document.activeElement];
    while (open.length) {
      const box = open.pop();
      if (seen.has(box)) continue;
      seen.add(box);
      for (const key of ['ArrowLeft', 'ArrowRight', 'ArrowUp', 'ArrowDown']) {
        box.focus();
        box.dispatchEvent(new KeyboardEvent('keydown', { key, bubbles: true }));
        open.push(document.activeElement);
      }
    }
    const missed = boxes.filter((box) => !seen.has(box));
    return missed.map((box) => box.textContent).join('; ');
  });
}

// --- the map, other settings ---

async function map(browser) {
  const page = await open(browser, 'everything');
  const boxes = page.locator('.boxes .box');
  const sum = () => page.evaluate(() => [...document.querySelectorAll('.boxes .box:not(.inner)')]
    .reduce((all, box) => all + box.node.bytes, 0));
  check('map: its parts are the whole', Math.abs(await sum() - 1326700) < 40 ? '' : await sum());
  await boxes.filter({ hasText: 'regex_automata' }).first().click();
  check('map: a click opens a crate', (await page.locator('.path').innerText()).includes('regex_automata') ? '' : 'it does not');
  const crate = await page.evaluate(() => Number([...document.querySelectorAll('[data-level=crate] tbody tr')]
    .find((row) => row.textContent.includes('regex_automata')).dataset.bytes));
  check('map: the functions are the crate', Math.abs(await sum() - crate) < 40 ? '' : `${await sum()} of ${crate}`);
  await boxes.first().click();
  check('map: what was chosen is told in full', (await page.locator('.told').innerText()).includes('% of app.wasm') ? '' : 'it is not');
  await page.locator('.path button').first().click();
  check('map: its path leads back', await page.locator('.path li').count() - 1);
  check('map: every part has a name and bytes', await page.evaluate(() =>
    [...document.querySelectorAll('.box')].filter((box) => !/\S+ +[\d.]+ ([KM]i)?B, .*%/.test(box.textContent)).length));
  await page.context().close();
}

async function settings(browser) {
  let page = await open(browser, 'everything', { forcedColors: 'active' });
  check('forced colours: badges have a border', await page.evaluate(() =>
    getComputedStyle(document.querySelector('.badge')).borderTopWidth) === '1px' ? '' : 'they have none');
  await page.context().close();
  page = await open(browser, 'everything', { reducedMotion: 'reduce' });
  check('reduced motion: nothing glides', await page.evaluate(() =>
    getComputedStyle(document.documentElement).scrollBehavior) === 'auto' ? '' : 'it does');
  await page.context().close();
  page = await open(browser, 'everything');
  await page.emulateMedia({ media: 'print' });
  check('print: no contents list', await page.locator('.contents:visible').count());
  await page.evaluate(() => window.dispatchEvent(new Event('beforeprint')));
  check('print: all is unfolded', await page.locator('details:not([open])').count());
  await page.context().close();
}

// --- names that mean harm ---

async function hostile(browser, name) {
  const page = await open(browser, name);
  const state = await page.evaluate(() => ({
    broken: String(window.broken), scripts: document.scripts.length, styles: document.querySelectorAll('style').length,
    strangers: document.querySelectorAll('img, iframe, object, embed, form, input, link, base').length,
    handlers: [...document.querySelectorAll('*')].filter((element) =>
      [...element.attributes].some((attribute) => /^on|^style$|autofocus/i.test(attribute.name) &&
        !element.closest('.map'))).length,
    links: [...document.links].filter((link) => !/^(#|https:\/\/example\.com\/)/.test(link.getAttribute('href'))).length,
    alone: [...document.querySelectorAll('bdi')].length,
    title: document.title.includes('</script></style>'),
    bidi: /[\u202a-\u202e\u2066-\u2069\u200e\u200f\ufeff\u001b]/.test(document.documentElement.outerHTML),
  }));
  check('hostile: nothing of it ran', state.broken === 'undefined' ? '' : state.broken);
  check('hostile: one script, one style', state.scripts === 1 && state.styles === 1 ? '' : JSON.stringify(state));
  check('hostile: no strange elements', state.strangers);
  check('hostile: no handlers', state.handlers);
  check('hostile: no strange links', state.links);
  check('hostile: names stand alone in their direction', state.alone > (name === 'hostile' ? 10 : 3) ? '' : state.alone);
  check('hostile: the title is text', state.title || name !== 'hostile' ? '' : 'it is not');
  check('hostile: no control of direction is left', state.bidi ? 'there is' : '');
  await page.evaluate(() => {
    const script = document.createElement('script');
    script.textContent = 'window.broken = 2';
    document.body.append(script);
  });
  check('hostile: the policy stops a script that got in',
    await page.evaluate(() => window.broken) === undefined ? '' : 'it ran');
  await page.context().close();
}

// --- pictures ---

async function pictures(browser) {
  if (!process.env.FONTCONFIG_FILE) {
    console.log('SKIPPED: the pictures were taken with DejaVu fonts, which are not installed');
    skipped++;
    return;
  }
  for (const colorScheme of SCHEMES)
    for (const width of WIDTHS) {
      for (const [part, from, selector] of [['top', 'everything', 'body'], ['size', 'everything', '#size'], ['bench', 'bench', '#bench']]) {
        const page = await open(browser, from, { colorScheme, viewport: { width, height: 900 } });
        const name = `${part}-${width}-${colorScheme}`;
        const y = await page.evaluate((sought) => document.querySelector(sought).offsetTop, selector);
        const picture = await page.screenshot({ fullPage: true, clip: { x: 0, y, width, height: 1200 } });
        check(`picture ${name}`, await compare(browser, name, picture, update));
        await page.context().close();
      }
    }
}

const FACTS = ['incompatible', 'memchr::arch::wasm32::simd128::memchr::One::find_raw', 'of crate memchr', 'src/lib.rs:12',
  'wasm-opt --multi-memory-lowering', 'in part', 'unknown', '2,310', 'regex_automata', '431,000 bytes', '352,000 bytes',
  'Without the name section', 'rustc 1.81', '−310 bytes', 'Moving to nodejs24.x', 'refused',
  'multiple memories are not allowed', '400 further functions', 'as of 2026-11-22'];
const BENCH_FACTS = ['5.13 ms', '5.05 to 5.21', '-21.6 %', 'within the noise', '335 req/s', '1,199,310 bytes', 'not measured',
  'it answers no request', 'over an empty worker of 15.2 ms', 'none was found', 'ships as it is', 'over the budget of 5 ms'];
const args = ['--force-color-profile=srgb', '--hide-scrollbars', '--font-render-hinting=none'];
if (process.getuid() === 0) args.push('--no-sandbox');
write_pages();
const browser = await chromium.launch({ executablePath: process.env.BROWSER, args });
console.log(`Chromium ${browser.version()}`);
const parts = {
  look: async () => {
    for (const name of ['everything', 'hostile', 'large', 'bench', 'hostile-bench', ...demos.map((demo) => demo.name)]) await look(browser, name);
  },
  facts: async () => {
    await without_script(browser, 'everything', FACTS);
    await without_script(browser, 'bench', BENCH_FACTS);
    for (const demo of demos) await without_script(browser, demo.name, demo.words);
  },
  keyboard: () => walk(browser),
  map: () => map(browser),
  settings: () => settings(browser),
  hostile: async () => {
    for (const name of ['hostile', 'hostile-bench']) await hostile(browser, name);
  },
  pictures: () => pictures(browser),
};
const wanted = process.argv.slice(2).filter((word) => word in parts);
try {
  for (const part of Object.keys(parts)) if (wanted.length === 0 || wanted.includes(part)) await parts[part]();
} finally {
  await browser.close();
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
process.exit(failed ? 1 : 0);
