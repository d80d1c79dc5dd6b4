// Pictures are compared small: each is scaled down to a sixth, so that a reference takes a few
// kilobytes, and a font that is drawn a little differently does not count, but a part that is missing,
// moved or of another colour does.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';

const FOLDER = 'tests/html/pictures';
const SCALE = 6;
const MOST_MEAN = 5; // of 255, over all points
const MOST_FAR = 0.02; // part of the points that differ by more than FAR
const FAR = 60;

/* In a page of its own: the browser knows how to read, scale and write PNG. */
async function in_browser(browser, work, argument) {
  const context = await browser.newContext();
  const page = await context.newPage();
  const result = await page.evaluate(work, argument);
  await context.close();
  return result;
}

const shrink = (browser, picture) => in_browser(browser, async ([data, scale]) => {
  const image = await createImageBitmap(await (await fetch(data)).blob());
  const canvas = new OffscreenCanvas(Math.round(image.width / scale), Math.round(image.height / scale));
  const context = canvas.getContext('2d');
  context.imageSmoothingQuality = 'high';
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  const bytes = new Uint8Array(await (await canvas.convertToBlob({ type: 'image/png' })).arrayBuffer());
  return Array.from(bytes);
}, [`data:image/png;base64,${picture.toString('base64')}`, SCALE]);

const difference = (browser, a, b, far) => in_browser(browser, async ([first, second, limit]) => {
  const points = async (data) => {
    const image = await createImageBitmap(await (await fetch(data)).blob());
    const context = new OffscreenCanvas(image.width, image.height).getContext('2d');
    context.drawImage(image, 0, 0);
    return { width: image.width, height: image.height, data: context.getImageData(0, 0, image.width, image.height).data };
  };
  const one = await points(first), two = await points(second);
  if (one.width !== two.width || one.height !== two.height) return { size: `${one.width}x${one.height}, was ${two.width}x${two.height}` };
  let sum = 0, count = 0;
  for (let i = 0; i < one.data.length; i += 4) {
    const off = Math.max(...[0, 1, 2].map((c) => Math.abs(one.data[i + c] - two.data[i + c])));
    sum += off;
    count += off > limit;
  }
  return { mean: sum / (one.data.length / 4), far: count / (one.data.length / 4) };
}, [a, b, far].map((x) => (typeof x === 'number' ? x : `data:image/png;base64,${x.toString('base64')}`)));

/* What is wrong with the picture, or ''. */
export async function compare(browser, name, picture, update) {
  const file = `${FOLDER}/${name}.png`, small = Buffer.from(await shrink(browser, picture));
  mkdirSync('build/html/pictures', { recursive: true });
  writeFileSync(`build/html/pictures/${name}.png`, picture);
  if (update) {
    mkdirSync(FOLDER, { recursive: true });
    writeFileSync(file, small);
    return '';
  }
  if (!existsSync(file)) return 'there is no reference: sh tests/html/run.sh --update';
  const found = await difference(browser, small, readFileSync(file), FAR);
  if (found.size) return `its size is ${found.size}`;
  if (found.mean <= MOST_MEAN && found.far <= MOST_FAR) return '';
  return `differs by ${found.mean.toFixed(1)} on average, ${(100 * found.far).toFixed(1)} % by much: ` +
    `look at build/html/pictures/${name}.png; if it is right: sh tests/html/run.sh --update`;
}
