"""Nothing from outside the work tree is shipped, and nothing is written outside of it: what a
manifest names, what links lead to, what an archive holds."""
import io
import os
import pathlib
import tarfile
import zipfile

from trials import Project, check, holds

WORD = "word-of-another-place"
MAIN = "export default { fetch() { return new Response('x'); } };\n"
EDGE = {"platform": "cloudflare", "account_id": "0" * 32, "compatibility_date": "2026-11-01"}
LAMBDA = {"platform": "lambda-edge", "role": "arn:aws:iam::123456789012:role/edge",
          "distribution": "E2QWRUHAPOMQZL", "event": "origin-request"}
FAST = {"platform": "fastly", "domains": ["trial.edgecompute.app"]}


def outside(project):
    """A folder beside the work tree with a module, a script and a text, and links into it."""
    away = project.folder / "away"
    away.mkdir()
    (away / "app.wasm").write_bytes((project.work / "app.wasm").read_bytes() +
                                    b"\0\x17\1x" + WORD.encode())
    (away / "main.mjs").write_text(f"// {WORD}\n{MAIN}")
    (away / "text.txt").write_text(WORD)
    os.symlink(away, project.work / "linked")
    os.symlink(away / "app.wasm", project.work / "link.wasm")
    os.symlink(away / "main.mjs", project.work / "link.mjs")
    os.symlink(away / "text.txt", project.work / "link.txt")
    os.symlink("link.txt", project.work / "twice.txt")
    os.symlink("loop", project.work / "loop")
    (project.work / "main.mjs").write_text(MAIN)
    (project.work / "sub").mkdir()
    os.symlink("../../away", project.work / "sub" / "up")
    return away


def shipped(folder):
    """All bytes that `package` has written, archives opened."""
    data = b""
    for place, _, names in os.walk(folder):
        for name in names:
            path = pathlib.Path(place, name)
            data += path.read_bytes()
            if name.endswith(".zip"):
                with zipfile.ZipFile(path) as opened:
                    data += b"".join(opened.read(entry) for entry in opened.namelist())
            if name.endswith(".tar.gz"):
                with tarfile.open(path) as opened:
                    data += b"".join(opened.extractfile(entry).read()
                                     for entry in opened.getmembers() if entry.isfile())
    return data


def ships_nothing(target, what, code=2):
    with Project({"one": target}) as project:
        outside(project)
        project.manifest({"one": target})
        done = project.run("package", "-o", "out")
        check(done.code == code, f"{what}: exit {done.code}\n{done.all}")
        check(WORD.encode() not in shipped(project.work / "out"), f"{what}: it was shipped")
        check(WORD not in done.all, f"{what}: it was shown")


def modules():
    for path in ("../away/app.wasm", "sub/../../away/app.wasm", "linked/app.wasm", "link.wasm",
                 "sub/up/app.wasm", "./../away/app.wasm", "loop", "/dev/zero", "/etc/passwd",
                 "linked", ".."):
        for target in (EDGE, LAMBDA, FAST):
            ships_nothing({**target, "module": path}, f"module {path}")
    with Project({"one": EDGE}) as project:
        away = outside(project)
        for path in (str(away / "app.wasm"), f"{project.work}/../away/app.wasm"):
            project.manifest({"one": {**EDGE, "module": path}})
            done = project.run("check")
            check(done.code == 2, f"{path}: {done.all}")


def parts():
    """main, modules and files: a pattern that leads away finds nothing, a name is refused."""
    for target in (EDGE, LAMBDA):
        for main in ("../away/main.mjs", "linked/main.mjs", "link.mjs", "sub/up/main.mjs"):
            ships_nothing({**target, "main": main}, f"main {main}")
        for key in ("files", "modules"):
            for pattern in ("../away/*", "linked/*", "link.*", "sub/up/*", "twice.txt", "*/*.wasm",
                            "**/*.txt", "../*/*", "l*/../../away/*"):
                with Project({"one": target}) as project:
                    outside(project)
                    project.manifest({"one": {**target, "main": "main.mjs", key: [pattern]}})
                    done = project.run("package", "-o", "out")
                    check(done.code in (0, 2, 3), f"{key} {pattern}: {done.all}")
                    check(WORD.encode() not in shipped(project.work / "out"),
                          f"{key} {pattern}: it was shipped")


def repository_files():
    """What git keeps for itself (on CI a token stands in .git/config) is not shipped."""
    for pattern in (".git/*", ".git/config", "**/config", "*/config", ".GIT/config"):
        with Project({"one": LAMBDA}) as project:
            (project.work / "main.mjs").write_text("export const handler = async e => e;\n")
            with open(project.work / ".git" / "config", "a") as config:
                config.write(f"# {WORD}\n")
            project.manifest({"one": {**LAMBDA, "main": "main.mjs", "files": [pattern]}})
            done = project.run("package", "-o", "out")
            check(WORD.encode() not in shipped(project.work / "out"),
                  f"{pattern}: git's configuration was shipped\n{done.all}")


def archive(entries):
    """A tar.gz with bin/main.wasm and those: (name, bytes or a link's target, type)."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as tar:
        for name, content, kind in entries:
            info = tarfile.TarInfo(name)
            info.type = kind
            if kind == tarfile.REGTYPE:
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
            else:
                info.linkname = content
                tar.addfile(info)
    return out.getvalue()


def archives():
    """A ready package is only read: what its names or links say leads nowhere."""
    with Project({"one": FAST}) as project:
        module = (project.work / "app.wasm").read_bytes()
        toml = (b'manifest_version = 3\nname = "trial"\nlanguage = "other"\n'
                b'[scripts]\nbuild = "true"\n')
        fine = [("trial/fastly.toml", toml, tarfile.REGTYPE),
                ("trial/bin/main.wasm", module, tarfile.REGTYPE)]
        project.manifest({"one": {**FAST, "package": "p.tar.gz"}})
        (project.work / "p.tar.gz").write_bytes(archive(fine))
        done = project.run("package", "-o", "out")
        check(done.code == 0, done.all)
        for entry in (("../escaped", b"x", tarfile.REGTYPE), ("/tmp/escaped", b"x", tarfile.REGTYPE),
                      ("trial/../../escaped", b"x", tarfile.REGTYPE),
                      ("trial/link", "/etc/passwd", tarfile.SYMTYPE),
                      ("trial/hard", "/etc/passwd", tarfile.LNKTYPE),
                      ("trial/device", "", tarfile.CHRTYPE), ("trial/fifo", "", tarfile.FIFOTYPE),
                      ("trial/\x1b[31mred", b"x", tarfile.REGTYPE)):
            (project.work / "p.tar.gz").write_bytes(archive(fine + [entry]))
            done = project.run("package", "-o", "out2")
            check(done.code in (0, 2, 3), f"{entry[0]!r}: {done.all}")
            check("\x1b" not in done.all, "an escape reached the terminal")
            check(not list(project.folder.rglob("escaped")) and
                  not os.path.exists("/tmp/escaped"), f"{entry[0]!r} was written")
        (project.work / "p.tar.gz").write_bytes(archive(
            [("trial/fastly.toml", toml, tarfile.REGTYPE),
             ("trial/bin/main.wasm", "/etc/hostname", tarfile.SYMTYPE)]))
        check(project.run("package", "-o", "out3").code == 2, "a link as the module")
        bomb = archive(fine + [("trial/zeros", b"\0" * (300 << 20), tarfile.REGTYPE)])
        (project.work / "p.tar.gz").write_bytes(bomb)
        done = project.run("package", "-o", "out4")
        check(done.code == 2, done.all)
        check(done.rss < 400 << 20, f"{done.rss >> 20} MiB for an archive that is too large")


def outputs():
    """-o and reports: a link in the work tree is not written through to somewhere else."""
    with Project({"one": EDGE}) as project:
        away = outside(project)
        before = {path: path.read_bytes() for path in away.iterdir()}
        for path in ("link.txt", "twice.txt"):
            project.run("check", "--report", f"json={path}")
        project.run("optimize", "-o", "link.wasm")
        check({path: path.read_bytes() for path in away.iterdir()} == before,
              "a file beside the work tree was overwritten")


def long_and_odd_names():
    for path in ("a" * 5000 + ".wasm", "app.wasm/..", "app.wasm\nx", "\x1b[31m.wasm", "::error::x"):
        with Project({"one": {**EDGE, "module": path}}) as project:
            done = project.run("check")
            check(done.code == 2, f"{path[:40]!r}: {done.all}")
            check("\x1b" not in done.all and "\n::error" not in done.all, done.all)
            holds(done.errors, "edge-deploy: ")


TESTS = [modules, parts, repository_files, archives, outputs, long_and_odd_names]
