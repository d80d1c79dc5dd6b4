"""Stands in for `cargo build` where only a rustc is: reads what it needs from Cargo.toml and .cargo/config.toml of the
sample, builds its library and the program asked for, and puts that where cargo would. Environment: RUSTC, RUST_LINKER."""
import argparse
import os
import re
import subprocess
import sys


def text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def profile():
    """[profile.release] as switches of rustc; strip is left to the linker's own words by rustc."""
    keys = {"opt-level": "opt-level", "lto": "lto", "codegen-units": "codegen-units", "panic": "panic", "strip": "strip"}
    section = text("Cargo.toml").split("[profile.release]")[1]
    found = re.findall(r'^([a-z-]+) = "?([a-z0-9]+)"?$', section, re.M)
    if {name for name, _ in found} != set(keys):
        sys.exit(f"cargo.py does not know this profile: {found}")
    return [f"-C{name}={'fat' if value == 'true' else value}" for name, value in found]


def flags(target):
    """RUSTFLAGS, else those of the target."""
    if "RUSTFLAGS" in os.environ:
        return os.environ["RUSTFLAGS"].split()
    section = text(".cargo/config.toml").split(f"[target.{target}]")[1].split("[")
    return re.findall(r'"([^"]*)"', section[1].split("]")[0])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["build"])
    parser.add_argument("--quiet", action="store_true")
    parser.add_argument("--release", action="store_true", required=True)
    parser.add_argument("--target-dir", default="target")
    parser.add_argument("--target", required=True)
    parser.add_argument("--bin", required=True)
    options = parser.parse_args()
    name = re.search(r'^name = "(.*)"$', text("Cargo.toml"), re.M).group(1).replace("-", "_")
    out = os.path.join(options.target_dir, options.target, "release")
    os.makedirs(out, exist_ok=True)
    library, program = os.path.join(out, f"lib{name}.rlib"), os.path.join(out, f"{options.bin}.wasm")
    older = {"wasm32-wasip1": "wasm32-wasi"}.get(options.target, options.target)
    settings = [word for word in profile() if not word.startswith("-Clto")]
    command = [os.environ["RUSTC"], "--edition=2021", f"--target={older}", *settings, *flags(options.target)]
    # -C lto is the last step's; the library keeps what it needs.
    subprocess.run([*command, "--crate-type=rlib", f"--crate-name={name}", "src/lib.rs", "-o", library], check=True)
    subprocess.run([*command, "-Clto=fat", f"-Clinker={os.environ['RUST_LINKER']}", f"--crate-name={options.bin}",
                    f"--extern={name}={library}", f"src/bin/{options.bin}.rs", "-o", program], check=True)


main()
