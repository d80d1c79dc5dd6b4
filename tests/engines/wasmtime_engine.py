"""Compiles, instantiates and calls every probe in Wasmtime, as node.cjs does in Node. It is set up as
Viceroy, Fastly's local runtime, sets it up: what is experimental is on."""
import base64
import json
import sys

import wasmtime


def link(store):
    linker = wasmtime.Linker(store.engine)
    i32, i64 = wasmtime.ValType.i32(), wasmtime.ValType.i64()
    for name, parameters, result, function in (
            ("i1", [], i32, lambda: 40), ("i2", [], i32, lambda: 2), ("asyncval", [], i32, lambda: 40),
            ("i64", [i64], i64, lambda x: x + 1)):
        linker.define_func("env", name, wasmtime.FuncType(parameters, [result]), function)
    linker.define_func("wasi_snapshot_preview1", "fd_write", wasmtime.FuncType([i32] * 4, [i32]), lambda *_: 42)
    answer = wasmtime.Global(store, wasmtime.GlobalType(i32, True), wasmtime.Val.i32(42))
    for module, name in (("env", "g"), ("a", "b")):
        linker.define(store, module, name, answer)
    return linker


def run(engine, module):
    store = wasmtime.Store(engine)
    try:
        exports = link(store).instantiate(store, wasmtime.Module(engine, module)).exports(store)
        answer = exports["run"](store) if "run" in exports else 42
    except wasmtime.WasmtimeError as error:
        return str(error).replace("\n", " ")
    return "runs" if answer == 42 else f"answers {answer}"


def main():
    config = wasmtime.Config()
    for name in ("wasm_gc", "wasm_function_references", "wasm_exceptions", "wasm_wide_arithmetic"):
        setattr(config, name, True)
    engine = wasmtime.Engine(config)
    probes = json.load(sys.stdin)
    answers = {name: run(engine, base64.b64decode(text)) for name, text in probes.items()}
    json.dump(answers, sys.stdout)


main()
