import { readFileSync } from "node:fs";
import { invert, start } from "./png.mjs";

start(new WebAssembly.Module(readFileSync(new URL("./squoosh_png_bg.wasm", import.meta.url))));
export async function handler(event) {
  const { request } = event.Records[0].cf;
  const picture = invert(Buffer.from(request.body.data, request.body.encoding));
  return {
    status: "200", headers: { "content-type": [{ key: "Content-Type", value: "image/png" }] },
    bodyEncoding: "base64", body: Buffer.from(picture).toString("base64"),
  };
}
