// A Fastly application in JavaScript, for the js-compute toolchain.
async function answer(request) {
  const { pathname } = new URL(request.url);
  if (pathname !== "/crc") return new Response(`hello ${pathname}\n`, { status: 404 });
  let crc = ~0;
  for (const byte of new Uint8Array(await request.arrayBuffer())) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return new Response((~crc >>> 0).toString(16).padStart(8, "0"), { headers: { "Content-Type": "text/plain" } });
}

addEventListener("fetch", (event) => event.respondWith(answer(event.request)));
