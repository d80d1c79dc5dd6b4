import codec from "./squoosh_png_bg.wasm";
import { invert, start } from "./png.mjs";

start(codec);
export default {
  async fetch(request) {
    const picture = invert(new Uint8Array(await request.arrayBuffer()));
    return new Response(picture, { headers: { "Content-Type": "image/png" } });
  },
};
