// WASI preview1 for one run of a command: arguments, environment, stdin, stdout, stderr, clocks, randomness.
// There are no files and no sockets: a call on one answers EBADF, so every program links, and learns it in its own
// words. Source: WASI preview1 witx (snapshot-01); all 46 functions. Included in the glue of each JavaScript platform.

const WASI = { SUCCESS: 0, BADF: 8, FAULT: 21, INVAL: 28, NOSYS: 52, NOTSOCK: 57, NOTSUP: 58, SPIPE: 70 };

class WasiExit extends Error {
  constructor(code) {
    super(`exit ${code}`);
    this.code = code;
  }
}

const utf8 = (text) => new TextEncoder().encode(text);

function joinBytes(chunks) {
  const out = new Uint8Array(chunks.reduce((size, chunk) => size + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

// host: {random(bytes), sleep(milliseconds), log(line)}; what it has of time is Date and performance.
// environment: [[name, bytes]]
class Wasi {
  constructor(host, { args, environment, stdin, limit }) {
    this.host = host;
    this.args = args.map((text) => utf8(`${text}\0`));
    this.environment = environment.map(([name, value]) => joinBytes([utf8(`${name}=`), value, Uint8Array.of(0)]));
    this.stdin = stdin;
    this.position = 0;
    this.stdout = [];
    this.stdoutSize = 0;
    this.limit = limit;
    this.stderr = "";
    this.decoder = new TextDecoder();
    this.closed = new Set();
    this.exited = undefined;
    this.start = performance.now();
  }

  // Runs _start and answers the exit code; what traps is thrown on.
  run(module) {
    const instance = new WebAssembly.Instance(module, { wasi_snapshot_preview1: this.imports() });
    this.memory = instance.exports.memory;
    try {
      instance.exports._start();
    } catch (error) {
      if (!(error instanceof WasiExit)) throw error;
    } finally {
      if (this.stderr) this.host.log(this.stderr);
    }
    return this.exited === undefined ? 0 : this.exited;
  }

  // Fresh each time: a grown memory has a new buffer.
  view() {
    return new DataView(this.memory.buffer);
  }

  slice(pointer, size) {
    if (pointer + size > this.memory.buffer.byteLength) throw new RangeError("outside memory");
    return new Uint8Array(this.memory.buffer, pointer, size);
  }

  // [pointer, size] of each buffer; all inside memory.
  vectors(pointer, count) {
    const out = [];
    for (let i = 0; i < count; i++) {
      const view = this.view();
      out.push(this.slice(view.getUint32(pointer + 8 * i, true), view.getUint32(pointer + 8 * i + 4, true)));
    }
    return out;
  }

  strings(list, table, data) {
    for (const text of list) {
      this.view().setUint32(table, data, true);
      this.slice(data, text.length).set(text);
      table += 4;
      data += text.length;
    }
    return WASI.SUCCESS;
  }

  sizes(list, count, size) {
    this.view().setUint32(count, list.length, true);
    this.view().setUint32(size, list.reduce((sum, text) => sum + text.length, 0), true);
    return WASI.SUCCESS;
  }

  isOpen(fd) {
    return fd >= 0 && fd <= 2 && !this.closed.has(fd);
  }

  // What stdio answers to a call that has no meaning for it; another descriptor is not open.
  stdio(errno) {
    return (fd) => (this.isOpen(fd) ? errno : WASI.BADF);
  }

  time(id) {
    if (id === 0) return BigInt(Date.now()) * 1000000n;
    const since = id === 1 ? 0 : this.start;
    return BigInt(Math.round((performance.now() - since) * 1e6));
  }

  write(fd, vectors) {
    let size = 0;
    for (const vector of vectors) {
      size += vector.length;
      if (fd === 1) this.stdout.push(vector.slice());
      else this.log(vector.slice());
    }
    if (fd === 1) this.stdoutSize += size;
    if (this.stdoutSize > 2 * this.limit) throw new OutputLimit(this.limit); // half may be headers that go
    return size;
  }

  log(bytes) {
    const lines = (this.stderr + this.decoder.decode(bytes, { stream: true })).split("\n");
    this.stderr = lines.pop();
    for (const line of lines) this.host.log(line);
  }

  read(vectors) {
    let size = 0;
    for (const vector of vectors) {
      const part = this.stdin.subarray(this.position, this.position + vector.length);
      vector.set(part);
      this.position += part.length;
      size += part.length;
    }
    return size;
  }

  // One event of poll_oneoff. Stdio is always ready; a clock is when the others have waited for it.
  event(out, userdata, errno, type, size) {
    this.slice(out, 32).fill(0);
    const view = this.view();
    view.setBigUint64(out, userdata, true);
    view.setUint16(out + 8, errno, true);
    view.setUint8(out + 10, type);
    view.setBigUint64(out + 16, BigInt(size), true);
  }

  subscription(at) {
    const view = this.view();
    const out = { userdata: view.getBigUint64(at, true), type: view.getUint8(at + 8), errno: WASI.SUCCESS, size: 0 };
    if (out.type === 0) {
      const id = view.getUint32(at + 16, true);
      const timeout = view.getBigUint64(at + 24, true);
      const isAbsolute = view.getUint16(at + 40, true) & 1;
      out.wait = isAbsolute ? timeout - this.time(id) : timeout;
      if (out.wait < 0n) out.wait = 0n;
      if (id > 3) out.errno = WASI.INVAL;
    } else {
      const fd = view.getUint32(at + 16, true);
      out.size = fd === 0 ? this.stdin.length - this.position : 0;
      out.errno = this.isOpen(fd) ? WASI.SUCCESS : WASI.BADF;
    }
    return out;
  }

  // Sleeps only when all wait for a clock, for the nearest.
  poll(subscriptions, events, count, written) {
    if (count === 0) return WASI.INVAL;
    const list = [];
    for (let i = 0; i < count; i++) list.push(this.subscription(subscriptions + 48 * i));
    let ready = list.filter((each) => each.type !== 0 || each.errno !== WASI.SUCCESS);
    if (ready.length === 0) {
      const wait = list.reduce((least, each) => (each.wait < least ? each.wait : least), list[0].wait);
      this.host.sleep(Number(wait / 1000000n));
      ready = list.filter((each) => each.wait === wait);
    }
    ready.forEach((each, i) => this.event(events + 32 * i, each.userdata, each.errno, each.type, each.size));
    this.view().setUint32(written, ready.length, true);
    return WASI.SUCCESS;
  }

  // fdstat: filetype unknown, as a pipe has, so that no C library takes it for a terminal.
  fdstat(fd, out) {
    if (!this.isOpen(fd)) return WASI.BADF;
    this.slice(out, 24).fill(0);
    const right = fd === 0 ? 1n << 1n : 1n << 6n;
    this.view().setBigUint64(out + 8, right | (1n << 21n) | (1n << 27n), true);
    return WASI.SUCCESS;
  }

  functions() {
    const bad = () => WASI.BADF;
    return {
      args_get: (table, data) => this.strings(this.args, table, data),
      args_sizes_get: (count, size) => this.sizes(this.args, count, size),
      environ_get: (table, data) => this.strings(this.environment, table, data),
      environ_sizes_get: (count, size) => this.sizes(this.environment, count, size),
      clock_res_get: (id, out) => this.clock(id, out, () => 1000000n),
      clock_time_get: (id, precision, out) => this.clock(id, out, () => this.time(id)),
      fd_close: (fd) => (this.isOpen(fd) ? (this.closed.add(fd), WASI.SUCCESS) : WASI.BADF),
      fd_fdstat_get: (fd, out) => this.fdstat(fd, out),
      fd_fdstat_set_flags: this.stdio(WASI.SUCCESS),
      fd_fdstat_set_rights: this.stdio(WASI.SUCCESS),
      fd_filestat_get: (fd, out) => (this.isOpen(fd) ? (this.slice(out, 64).fill(0), WASI.SUCCESS) : WASI.BADF),
      fd_read: (fd, pointer, count, out) => {
        if (fd !== 0 || !this.isOpen(fd)) return WASI.BADF;
        this.view().setUint32(out, this.read(this.vectors(pointer, count)), true);
        return WASI.SUCCESS;
      },
      fd_write: (fd, pointer, count, out) => {
        if (fd === 0 || !this.isOpen(fd)) return WASI.BADF;
        this.view().setUint32(out, this.write(fd, this.vectors(pointer, count)), true);
        return WASI.SUCCESS;
      },
      fd_seek: this.stdio(WASI.SPIPE), fd_tell: this.stdio(WASI.SPIPE),
      fd_pread: this.stdio(WASI.SPIPE), fd_pwrite: this.stdio(WASI.SPIPE),
      fd_advise: this.stdio(WASI.SPIPE), fd_allocate: this.stdio(WASI.NOTSUP),
      fd_datasync: this.stdio(WASI.SUCCESS), fd_sync: this.stdio(WASI.SUCCESS),
      fd_filestat_set_size: this.stdio(WASI.INVAL), fd_filestat_set_times: this.stdio(WASI.NOTSUP),
      fd_readdir: this.stdio(WASI.INVAL), fd_renumber: this.stdio(WASI.NOTSUP),
      fd_prestat_get: bad, fd_prestat_dir_name: bad,
      path_create_directory: bad, path_filestat_get: bad, path_filestat_set_times: bad, path_link: bad,
      path_open: bad, path_readlink: bad, path_remove_directory: bad, path_rename: bad, path_symlink: bad,
      path_unlink_file: bad,
      poll_oneoff: (from, to, count, written) => this.poll(from, to, count, written),
      proc_exit: (code) => {
        this.exited = code;
        throw new WasiExit(code);
      },
      proc_raise: () => WASI.NOSYS,
      sched_yield: () => WASI.SUCCESS,
      random_get: (pointer, size) => {
        const out = this.slice(pointer, size);
        for (let at = 0; at < size; at += 65536) {
          const part = new Uint8Array(Math.min(65536, size - at));
          this.host.random(part);
          out.set(part, at);
        }
        return WASI.SUCCESS;
      },
      sock_accept: this.stdio(WASI.NOTSOCK), sock_recv: this.stdio(WASI.NOTSOCK),
      sock_send: this.stdio(WASI.NOTSOCK), sock_shutdown: this.stdio(WASI.NOTSOCK),
    };
  }

  clock(id, out, read) {
    if (id > 3) return WASI.INVAL;
    this.view().setBigUint64(out, read(), true);
    return WASI.SUCCESS;
  }

  // i32 comes signed from wasm; a pointer outside memory is EFAULT. A program that caught the exit does not go on.
  imports() {
    const out = {};
    for (const [name, call] of Object.entries(this.functions())) {
      out[name] = (...words) => {
        if (this.exited !== undefined) throw new WasiExit(this.exited);
        try {
          return call(...words.map((word) => (typeof word === "number" ? word >>> 0 : word)));
        } catch (error) {
          if (error instanceof RangeError) return WASI.FAULT;
          throw error;
        }
      };
    }
    return out;
  }
}
