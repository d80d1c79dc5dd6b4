#!/usr/bin/env python3
"""Our reader of DWARF line programs against LLVM's: small programs are built with debug information, and for
each byte of their code our file and line must be those of llvm-symbolizer. C with every version of DWARF, linked
with what is unused left out, for 64 bits, and rewritten by wasm-opt; Rust with its standard library.

usage: lines.py [WORD...]    only modules whose name holds one of the words
Prints `N passed, N failed, N skipped`."""
import pathlib
import posixpath
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "tests" / "corpus" / "lines"
WORK = ROOT / "build" / "lines-corpus"


class Missing(Exception):
    pass


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Missing(f"{program} is not installed")


def run(*command, given=None):
    done = subprocess.run([str(word) for word in command], cwd=SOURCES, input=given, capture_output=True, text=True,
                          timeout=600, check=False)
    if done.returncode != 0:
        raise OSError(f"{command[0]}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


def c(flags, output, target="wasm32"):
    need("clang", "wasm-ld")
    objects = []
    for name in ("one.c", "two.c"):
        objects.append(output.with_suffix(f".{name}.o"))
        run("clang", f"--target={target}", "-msimd128", "-mnontrapping-fptoint", "-fdebug-compilation-dir=/src/app",
            *flags.split(), "-c", name, "-o", objects[-1])
    run("wasm-ld", "--no-entry", f"-m{target}", *objects, "-o", output)


def c_64(flags, output):
    c(flags, output, target="wasm64")


def rewritten(flags, output):
    need("wasm-opt")
    plain = output.with_suffix(".plain")
    c(flags, plain)
    run("wasm-opt", "-O2", "-g", "--enable-simd", "--enable-nontrapping-float-to-int", "--enable-bulk-memory",
        "--enable-sign-ext", "--enable-mutable-globals", plain, "-o", output)


def rust(flags, output):
    """Debian's: rustup's has no standard library for this target unless it is added."""
    for rustc in ("/usr/bin/rustc", shutil.which("rustc")):
        if rustc and pathlib.Path(rustc).exists():
            library = pathlib.Path(run(rustc, "--print", "sysroot").strip(), "lib", "rustlib", "wasm32-unknown-unknown")
            if library.exists():
                linker = "rust-lld" if shutil.which("rust-lld") else "wasm-ld"
                need(linker)
                run(rustc, "--target", "wasm32-unknown-unknown", "--crate-type", "cdylib", "-C", f"linker={linker}",
                    *flags.split(), "lib.rs", "-o", output)
                return
    raise Missing("no rustc has the target wasm32-unknown-unknown")


MODULES = [
    ("c-dwarf2", c, "-O1 -gdwarf-2"),
    ("c-dwarf3", c, "-O1 -gdwarf-3"),
    ("c-dwarf4", c, "-O1 -gdwarf-4"),
    ("c-dwarf5", c, "-O1 -gdwarf-5"),
    ("c-plain", c, "-O0 -gdwarf-5 -fno-inline"),
    ("c-sections", c, "-O2 -gdwarf-4 -gline-tables-only -ffunction-sections"),
    ("c-wasm64", c_64, "-O1 -gdwarf-5"),
    ("c-wasm-opt", rewritten, "-O1 -gdwarf-4"),
    ("rust", rust, "-C opt-level=2 -C debuginfo=2"),
    ("rust-lines", rust, "-C opt-level=s -C debuginfo=1 -C lto=fat"),
]


def theirs(path, count):
    """For each address (file, line), None where there is no row, line 0 where the row has none."""
    addresses = "".join(f"{address:#x}\n" for address in range(count))
    text = run("llvm-symbolizer", f"--obj={path}", "--output-style=GNU", "--functions=none", "--no-inlines", given=addresses)
    rows = []
    for line in text.splitlines():
        file, _, number = line.split(" (discriminator")[0].rpartition(":")
        rows.append(None if file == "??" else (posixpath.normpath(file), int(number)))
    if len(rows) != count:
        raise OSError(f"llvm-symbolizer answered {len(rows)} of {count}")
    return rows


def is_same_file(ours, full):
    """What we leave out is in front, and what stands there instead says what it is."""
    std = ours.startswith("rust std: ")
    rest = ours[len("rust std: "):] if std else ours
    return std == full.startswith(("/rustc/", "/usr/src/rustc-")) and (full == rest or full.endswith("/" + rest))


def code_size(path):
    data, at = path.read_bytes(), 8
    while at < len(data):
        kind, at = data[at], at + 1
        size = shift = 0
        while True:
            byte, at = data[at], at + 1
            size |= (byte & 127) << shift
            shift += 7
            if byte < 128:
                break
        if kind == 10:
            return size
        at += size
    return 0


def fault_of(path):
    count = code_size(path)
    expected = theirs(path, count)
    found = {}
    for line in run(ROOT / "build" / "lines", path).splitlines():
        address, _, place = line.partition(" ")
        file, _, number = place.rpartition(":")
        found[int(address, 16)] = (file, int(number))
    compared = 0
    for address, row in enumerate(expected):
        ours = found.get(address)
        if row is None and ours:
            return f"{address:#x}: {ours}, expected nothing"
        if row is None or row[1] == 0:
            continue  # theirs says no line; we say where the function begins
        compared += 1
        if not ours or ours[1] != row[1] or not is_same_file(ours[0], row[0]):
            return f"{address:#x}: {ours}, expected {row}"
    if compared < 50 or compared * 2 < count:
        return f"only {compared} of {count} bytes have a line"
    print(f"{path.stem}: {compared} of {count} bytes have a line, the same")
    return None


def main():
    WORK.mkdir(parents=True, exist_ok=True)
    passed = failed = skipped = 0
    for name, build, flags in MODULES:
        if sys.argv[1:] and not any(word in name for word in sys.argv[1:]):
            continue
        try:
            need("llvm-symbolizer")
            build(flags, WORK / f"{name}.wasm")
            fault = fault_of(WORK / f"{name}.wasm")
        except (Missing, OSError, subprocess.SubprocessError) as reason:
            print(f"SKIPPED: {name}: {reason}")
            skipped += 1
            continue
        if fault:
            print(f"FAIL {name}: {fault}")
        failed, passed = failed + bool(fault), passed + (not fault)
    print(f"lines: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
